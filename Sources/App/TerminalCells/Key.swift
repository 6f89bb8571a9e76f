/// One thing that a keyboard, a scanner or the window did.
public enum Key: Hashable, Sendable {
    case character(Character)
    case enter, escape, tab, backTab, backspace, delete
    case up, down, left, right, home, end, pageUp, pageDown
    /// A function key, from 1.
    case function(Int)
    /// A letter held with Ctrl, in lower case.
    case control(Character)
    /// The window has a new size, in cells.
    case resize(columns: Int, rows: Int)
    /// Text that was pasted as one piece, as it came.
    case paste(String)
}
