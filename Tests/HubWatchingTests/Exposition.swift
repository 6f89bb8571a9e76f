import Testing

/// What a collector reads out of the text format, version 0.0.4. Written from the format's description, and strict: what
/// it does not know is an error.
struct Exposition {
    struct Malformed: Error, Equatable { let line: String }

    private(set) var values: [String: Double] = [:]
    private(set) var kinds: [String: String] = [:]
    private(set) var helped: Set<String> = []
    /// Families in the order of their lines.
    private(set) var order: [String] = []

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Malformed(line: "the end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# ") { try comment(line) } else { try sample(line) }
        }
    }

    private mutating func comment(_ line: Substring) throws {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard words.count == 4, !words[3].isEmpty else { throw Malformed(line: String(line)) }
        let name = String(words[2])
        switch words[1] {
        case "HELP": guard helped.insert(name).inserted else { throw Malformed(line: String(line)) }
        case "TYPE":
            guard kinds[name] == nil, ["counter", "gauge", "histogram"].contains(words[3]) else {
                throw Malformed(line: String(line))
            }
            kinds[name] = String(words[3])
            order.append(name)
        default: throw Malformed(line: String(line))
        }
    }

    private mutating func sample(_ line: Substring) throws {
        let name = line.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == ":") }
        let rest = line[name.endIndex...]
        guard let blank = rest.lastIndex(of: " "), let value = Exposition.number(rest[rest.index(after: blank)...]),
            let family = order.last, name == family || kinds[family] == "histogram" && name.hasPrefix(family),
            labelsAreWhole(rest[..<blank]), values.updateValue(value, forKey: String(line[..<blank])) == nil
        else { throw Malformed(line: String(line)) }
    }

    private static func number(_ text: Substring) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: Double(text)
        }
    }

    /// `{name="value",…}` with only `\\`, `\"` and `\n` behind a backslash, or nothing.
    private func labelsAreWhole(_ text: Substring) -> Bool {
        text.isEmpty
            || text.wholeMatch(of: /\{[a-z_]+="(?:[^"\\]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\]|\\[\\"n])*")*\}/) != nil
    }

    subscript(_ series: String) -> Double? { values[series] }
}
