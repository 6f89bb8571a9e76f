import CTerminal

/// Why the terminal could not be taken.
public enum ScreenError: Error, Equatable, CustomStringConvertible {
    /// Standard input or output is a file or a pipe.
    case notATerminal
    /// TERM names a terminal that this machine does not describe.
    case unknownTerminal
    /// The operating system refused a pipe or the terminal's modes.
    case systemError

    /// One line that says what to do next.
    public var description: String {
        switch self {
        case .notATerminal: "The desk needs a terminal: run it from one, without redirecting its input or output."
        case .unknownTerminal: "This machine does not know the terminal named by TERM: try again with TERM=xterm."
        case .systemError: "The system did not hand over the terminal: open another one and try again."
        }
    }
}

/// The real terminal: paints grids and hands out keys. It belongs to the one thread that opened it.
public final class Screen {
    /// What ended a wait.
    public struct Wait: Sendable {
        public var keys: [Key] = []
        /// The window's keyboard is gone, or a signal asked the program to end.
        public var asksToEnd = false
    }

    private var painted: CellGrid?
    private var decoder = KeyDecoder()

    /// Takes the terminal until `close`. Throws `ScreenError`.
    public init() throws(ScreenError) {
        switch Int(ct_open()) {
        case Int(CT_OPENED): break
        case Int(CT_NOT_A_TERMINAL): throw .notATerminal
        case Int(CT_UNKNOWN_TERMINAL): throw .unknownTerminal
        default: throw .systemError
        }
        for style in Style.allCases {
            let look = Look(style, colors: Int(ct_color_count()))
            ct_define_style(Int32(style.rawValue), Int32(look.foreground), Int32(look.attributes))
        }
    }

    /// Gives the terminal back as it was found.
    public func close() { ct_close() }

    /// The window's size now, in cells.
    public func size() -> (columns: Int, rows: Int) {
        var rows: Int32 = 0
        var columns: Int32 = 0
        ct_take_size(&rows, &columns)
        return (Int(columns), Int(rows))
    }

    /// Waits for keys, a new size, a `wake` or the passing of `milliseconds`, and takes every key that is there.
    public func wait(milliseconds: Int) -> Wait {
        let seen = Int(ct_wait(Int32(clamping: milliseconds)))
        var wait = Wait()
        if seen & Int(CT_RESIZED) != 0 {
            let size = size()
            painted = nil
            wait.keys.append(.resize(columns: size.columns, rows: size.rows))
        }
        if seen & Int(CT_INPUT) != 0 { wait.keys += readKeys() }
        // A closed terminal polls as readable for ever and gives nothing.
        let isGone = seen & Int(CT_INPUT_GONE) != 0
        wait.asksToEnd = isGone || seen & Int(CT_ASKED_TO_END) != 0
        return wait
    }

    /// Ends the wait that is going on, or the next one. Callable from every thread.
    public static func wake() { ct_wake() }

    /// Keys taken in one go, so that a flood of them still lets the screen be painted.
    private static let keysPerWaitMax = 512

    private func readKeys() -> [Key] {
        var keys: [Key] = []
        while keys.count < Screen.keysPerWaitMax {
            var value: UInt32 = 0
            switch Int(ct_read(&value)) {
            case Int(CT_SCALAR): keys += decoder.decode(.scalar(value))
            case Int(CT_NAMED_KEY): keys += decoder.decode(.named(Int(value)))
            default: return keys
            }
        }
        // More may be left in ncurses' own queue, where poll does not see it.
        Screen.wake()
        return keys
    }

    /// Shows `grid`, writing only the cells that differ from what was painted last.
    public func paint(_ grid: CellGrid) {
        for change in grid.changes(since: painted) {
            let scalars = change.cell.text.unicodeScalars.map(\.value)
            ct_put_cell(
                Int32(change.position.row), Int32(change.position.column), scalars, Int32(scalars.count),
                Int32(change.cell.style.rawValue))
        }
        ct_place_cursor(Int32(grid.cursor?.row ?? -1), Int32(grid.cursor?.column ?? 0))
        ct_present()
        painted = grid
    }

    /// Makes the next `paint` draw everything anew, after another program wrote over the screen.
    public func forget() {
        painted = nil
        ct_forget_screen()
    }
}
