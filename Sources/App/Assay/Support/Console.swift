import Foundation

/// A value on its way to JSON, keys in the order in which they were written.
indirect enum JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    case null
    case text(String)
    case number(Int64)
    case flag(Bool)
    case list([JSONValue])
    case object([(String, JSONValue)])

    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int64) { self = .number(value) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: JSONValue...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }

    init(_ value: Int) { self = .number(Int64(value)) }
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    init(_ number: Int64?) { self = number.map { .number($0) } ?? .null }

    var encoded: String {
        switch self {
        case .null: "null"
        case .text(let text): JSONValue.quoted(text)
        case .number(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .list(let list): "[" + list.map(\.encoded).joined(separator: ", ") + "]"
        case .object(let pairs):
            "{" + pairs.map { "\(JSONValue.quoted($0.0)): \($0.1.encoded)" }.joined(separator: ", ") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        guard let data = try? JSONEncoder().encode(text), let quoted = String(data: data, encoding: .utf8) else {
            return "\"\""
        }
        return quoted
    }
}

/// The standard output and error, as people and scripts see them.
enum Console {
    static let isTerminal = isatty(STDOUT_FILENO) != 0
    static let errorIsTerminal = isatty(STDERR_FILENO) != 0
    private static let plain = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false

    /// What a colour means, not which one it is.
    enum Role: String {
        case good = "32"
        case warning = "33"
        case bad = "31"
        case dim = "2"
        case heading = "1"
    }

    static func styled(_ text: String, _ role: Role) -> String {
        isTerminal && !plain ? "\u{1B}[\(role.rawValue)m\(text)\u{1B}[0m" : text
    }

    static func print(_ line: String = "") { write(line + "\n", to: .standardOutput) }

    /// Writes a line of a stream that goes on.
    /// - Returns: false where nobody reads it any more.
    static func tryPrint(_ line: String) -> Bool { control(line + "\n") }

    /// Writes sequences for the terminal itself.
    /// - Returns: false where it is gone.
    static func control(_ sequence: String) -> Bool {
        (try? FileHandle.standardOutput.write(contentsOf: Data(sequence.utf8))) != nil
    }

    static func json(_ value: JSONValue) { print(value.encoded) }

    static func warn(_ line: String) { write(line + "\n", to: .standardError) }

    /// A reader that has gone away, such as `head`, ends the output and nothing else.
    private static func write(_ text: String, to handle: FileHandle) { try? handle.write(contentsOf: Data(text.utf8)) }

    /// A line that replaces itself while long work goes on; silent where nobody watches.
    static func progress(_ line: String) {
        guard errorIsTerminal else { return }
        write("\r\u{1B}[K\(line)", to: .standardError)
    }

    static func endProgress() {
        guard errorIsTerminal else { return }
        write("\r\u{1B}[K", to: .standardError)
    }
}
