import TerminalCells

/// One line of text being typed. Positions count grapheme clusters.
public struct TextField: Hashable, Sendable {
    public private(set) var text: String
    public private(set) var cursor: Int
    /// A suggestion: the first character that is typed replaces it all.
    public private(set) var isSuggestion: Bool

    /// Characters that a field holds; more are refused.
    public static let charactersMax = 120

    public init(_ text: String = "", isSuggestion: Bool = false) {
        self.text = text
        self.isSuggestion = isSuggestion
        cursor = text.count
    }

    /// What was typed, without white space around it.
    public var trimmed: String {
        var rest = text[...]
        while rest.first?.isWhitespace == true { rest.removeFirst() }
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }

    /// Takes an editing key; false where the key means nothing to a field.
    mutating func press(_ key: Key) -> Bool {
        switch key {
        case .character(let character): insert(String(character))
        case .paste(let pasted): insert(TextField.firstLine(pasted))
        case .backspace: remove(before: true)
        case .delete: remove(before: false)
        case .left: move(to: cursor - 1)
        case .right: move(to: cursor + 1)
        case .home: move(to: 0)
        case .end: move(to: text.count)
        case .control("u"): self = TextField()
        default: return false
        }
        return true
    }

    private static func firstLine(_ pasted: String) -> String {
        let trimmed = pasted.drop { $0.isNewline }
        return String(trimmed.prefix { !$0.isNewline })
    }

    private mutating func insert(_ inserted: String) {
        if isSuggestion { self = TextField() }
        let at = text.index(text.startIndex, offsetBy: cursor)
        var head = String(text[..<at])
        head += inserted
        let joined = head + text[at...]
        guard joined.count <= TextField.charactersMax, joined.unicodeScalars.count <= 4 * TextField.charactersMax
        else { return }
        text = joined
        // A combining mark joins what stands before it: the count tells, not the number of key strokes.
        cursor = min(head.count, text.count)
    }

    private mutating func remove(before: Bool) {
        if isSuggestion { return self = TextField() }
        let offset = before ? cursor - 1 : cursor
        guard offset >= 0, offset < text.count else { return }
        text.remove(at: text.index(text.startIndex, offsetBy: offset))
        // What stood around the removed character may have joined.
        cursor = min(offset, text.count)
    }

    private mutating func move(to position: Int) {
        isSuggestion = false
        cursor = min(max(position, 0), text.count)
    }

    /// The text before the cursor, whose columns tell where the cursor shows.
    var head: String { String(text.prefix(cursor)) }
}
