import CTerminal

/// How one style looks on a terminal with so many colours.
struct Look: Equatable {
    /// 0-15 in the order of ANSI, or -1 for the terminal's own.
    let foreground: Int
    /// The shim's attribute bits.
    let attributes: Int

    /// With fewer than 8 colours the roles differ by weight, reversal and underline alone.
    init(_ style: Style, colors: Int) {
        let isColored = colors >= 8
        func look(_ color: Int, _ colored: Int, _ mono: Int) -> (Int, Int) {
            isColored ? (color, colored) : (-1, mono)
        }
        let bold = Int(CT_BOLD)
        let dim = Int(CT_DIM)
        let reverse = Int(CT_REVERSE)
        let underline = Int(CT_UNDERLINE)
        (foreground, attributes) =
            switch style {
            case .normal: (-1, 0)
            case .dim: (-1, dim)
            case .heading: look(6, bold, bold)
            case .good: look(2, 0, 0)
            case .warning: look(3, bold, bold)
            case .bad: look(1, bold, reverse | bold)
            case .selected: (-1, reverse)
            case .hint: look(6, 0, 0)
            case .input: (-1, underline)
            }
    }
}
