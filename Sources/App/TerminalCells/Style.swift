/// What a piece of text is for. The painter decides how each role looks on the terminal at hand, so that a screen means
/// the same with colours, under NO_COLOR and on a monochrome terminal. Words must say what a colour says.
public enum Style: UInt8, Sendable, CaseIterable {
    case normal, dim, heading, good, warning, bad, selected, hint, input
}
