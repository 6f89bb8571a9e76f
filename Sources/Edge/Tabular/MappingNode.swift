import Yams

/// Strict access to the YAML of a mapping: every complaint names the line and column that it is about.
struct MappingNode {
    let node: Node
    let file: String

    var place: MappingPlace {
        MappingPlace(line: max(1, node.mark?.line ?? 1), column: max(1, node.mark?.column ?? 1))
    }

    func refused(_ code: TabularError.Code, _ problem: String, advice: String) -> TabularError {
        TabularError(code, file: file, line: place.line, column: place.column, problem, advice: advice)
    }

    /// Parses YAML. Throws `yaml` where it is not well-formed and `limit` where it is too large or too deep.
    static func parsed(_ text: String, file: String) throws(TabularError) -> MappingNode {
        guard text.utf8.count <= ImportLimits.mappingBytesMax else {
            throw TabularError(
                .limit, file: file, "the mapping has more than \(ImportLimits.mappingBytesMax) bytes",
                advice: "Check that it is the right file.")
        }
        try refuseAliases(text, file: file)
        let composed: Node?
        do {
            composed = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw translated(error, file: file)
        } catch {
            throw TabularError(.yaml, file: file, "the YAML cannot be read", advice: "Check it with a YAML linter.")
        }
        guard let root = composed else {
            throw TabularError(.yaml, file: file, "the mapping is empty", advice: "Write `assay-mapping: 1` and go on.")
        }
        let result = MappingNode(node: root, file: file)
        var budget = ImportLimits.mappingNodesMax
        try result.spend(&budget, depth: 0)
        return result
    }

    /// Refuses aliases before the parser meets them. It hashes every key whole, so some thirty lines of aliases of aliases
    /// that end as a key (`? *a30 : 1`) would keep it busy for years; nothing in a mapping needs one.
    private static func refuseAliases(_ text: String, file: String) throws(TabularError) {
        var line = 1
        var before: UInt8 = 0x20
        let utf8 = Array(text.utf8)
        for (index, byte) in utf8.enumerated() {
            if byte == 0x0A { line += 1 }
            // An alias begins where a token may begin; within words and right behind a quote an asterisk is text.
            if byte == 0x2A, !isInsideText(before), index + 1 < utf8.count, isWord(utf8[index + 1]) {
                throw TabularError(
                    .limit, file: file, line: line, "the mapping has an alias, a word behind an asterisk",
                    advice: "Write the value out, or put a text that begins with an asterisk in quotes.")
            }
            before = byte
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2D: true
        default: false
        }
    }

    /// Whether a byte before an asterisk shows that no token begins there.
    private static func isInsideText(_ byte: UInt8) -> Bool {
        isWord(byte) && byte != 0x2D || byte == 0x22 || byte == 0x27 || byte == 0x2E || byte == 0x2F || byte == 0x2A
    }

    /// Visits every node once per use, so that nothing grows without end.
    private func spend(_ budget: inout Int, depth: Int) throws(TabularError) {
        budget -= 1
        guard budget > 0, depth < ImportLimits.mappingDepthMax else {
            throw refused(.limit, "the mapping has too many or too deep values", advice: "Split it into two mappings.")
        }
        switch node {
        case .mapping(let mapping):
            for pair in mapping {
                try MappingNode(node: pair.key, file: file).spend(&budget, depth: depth + 1)
                try MappingNode(node: pair.value, file: file).spend(&budget, depth: depth + 1)
            }
        case .sequence(let sequence):
            for item in sequence { try MappingNode(node: item, file: file).spend(&budget, depth: depth + 1) }
        default: break
        }
    }

    private static func translated(_ error: YamlError, file: String) -> TabularError {
        let advice = "Mend the YAML at this place; indent with spaces."
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return TabularError(.yaml, file: file, line: mark.line, column: mark.column, problem, advice: advice)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.sorted().joined(separator: ", ")
            return TabularError(
                .yaml, file: file, line: context.mark.line, column: context.mark.column, "keys twice: \(names)",
                advice: "Remove all but one of each.")
        case .reader(let problem, _, _, _): return TabularError(.yaml, file: file, problem, advice: advice)
        default: return TabularError(.yaml, file: file, "the YAML cannot be read", advice: advice)
        }
    }

    // MARK: Values

    /// The text of a scalar; `what` names it in the complaint.
    func text(_ what: String) throws(TabularError) -> String {
        guard case .scalar(let scalar) = node else {
            throw refused(.wrongValue, "\(what) must be a text", advice: "Write one value, in quotes if need be.")
        }
        return scalar.string
    }

    func nonEmptyText(_ what: String) throws(TabularError) -> String {
        let text = try text(what)
        guard !text.isEmpty else { throw refused(.wrongValue, "\(what) is empty", advice: "Give it a value.") }
        return text
    }

    func flag(_ what: String) throws(TabularError) -> Bool {
        switch try text(what) {
        case "true": return true
        case "false": return false
        default: throw refused(.wrongValue, "\(what) must be true or false", advice: "Write true or false.")
        }
    }

    /// One value of a closed set of words.
    func word<Word: RawRepresentable & CaseIterable>(_ type: Word.Type, _ what: String) throws(TabularError) -> Word
    where Word.RawValue == String {
        let text = try text(what)
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw refused(.wrongValue, "\"\(text)\" is no \(what)", advice: "Use one of: \(words).")
        }
        return word
    }

    func list(_ what: String) throws(TabularError) -> [MappingNode] {
        guard case .sequence(let sequence) = node else {
            throw refused(.wrongValue, "\(what) must be a list", advice: "Write it as [a, b] or as lines with hyphens.")
        }
        return sequence.map { MappingNode(node: $0, file: file) }
    }

    /// A text or a list of texts.
    func texts(_ what: String) throws(TabularError) -> [String] {
        if case .scalar = node { return [try text(what)] }
        var texts: [String] = []
        for item in try list(what) { texts.append(try item.text(what)) }
        return texts
    }

    /// The keys and values of a mapping, in order.
    func pairs(_ what: String) throws(TabularError) -> [(key: String, keyNode: MappingNode, value: MappingNode)] {
        guard case .mapping(let mapping) = node else {
            throw refused(.wrongValue, "\(what) must have keys", advice: "Write it as `key: value` lines.")
        }
        var pairs: [(key: String, keyNode: MappingNode, value: MappingNode)] = []
        for pair in mapping {
            let keyNode = MappingNode(node: pair.key, file: file)
            pairs.append((try keyNode.text("a key of \(what)"), keyNode, MappingNode(node: pair.value, file: file)))
        }
        return pairs
    }

    /// The values of a mapping whose keys are all among those allowed.
    func record(_ what: String, keys allowed: [String]) throws(TabularError) -> MappingRecord {
        var values: [String: MappingNode] = [:]
        for pair in try pairs(what) {
            guard allowed.contains(pair.key) else {
                throw pair.keyNode.refused(
                    .unknownKey, "\(what) has no key \"\(pair.key)\"",
                    advice: "Use only: \(allowed.joined(separator: ", ")).")
            }
            values[pair.key] = pair.value
        }
        return MappingRecord(what: what, owner: self, values: values)
    }
}

/// The values of a YAML mapping by key.
struct MappingRecord {
    let what: String
    let owner: MappingNode
    let values: [String: MappingNode]

    subscript(key: String) -> MappingNode? { values[key] }

    func required(_ key: String) throws(TabularError) -> MappingNode {
        guard let value = values[key] else {
            throw owner.refused(.missingKey, "\(what) lacks the key \"\(key)\"", advice: "Add `\(key):` to it.")
        }
        return value
    }
}
