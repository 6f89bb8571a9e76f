import ByteCoding
import HybridTime
import Merging

/// The stable name of a rule, such as `X3` or `Q-person.legal_name`.
public struct RuleID: Hashable, Sendable, Comparable, ExpressibleByStringLiteral, CustomStringConvertible {
    public let raw: String

    public init(_ raw: String) { self.raw = raw }

    public init(stringLiteral value: String) { raw = value }

    public var description: String { raw }

    public static func < (left: Self, right: Self) -> Bool { left.raw < right.raw }
}

/// Where a rule looks: the rule and the records that span the question. A key holds at most one violation at a time.
public struct RuleKey: Hashable, Sendable, Comparable {
    public let rule: RuleID
    public let names: [RecordName]

    public init(_ rule: RuleID, _ names: [RecordName]) {
        self.rule = rule
        self.names = names
    }

    /// For example `X3 9f3c0d5b12aa7e01-42.1 9f3c0d5b12aa7e01-7.3`: what the store keeps it as.
    public var text: String { ([rule.raw] + names.map(\.description)).joined(separator: " ") }

    public init?(_ text: String) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard let rule = words.first, !rule.isEmpty else { return nil }
        let names = words.dropFirst().compactMap { RecordName(String($0)) }
        guard names.count == words.count - 1 else { return nil }
        self.init(RuleID(String(rule)), names)
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.rule != right.rule
            ? left.rule < right.rule : left.names.lexicographicallyPrecedes(right.names)
    }
}

/// What holds until somebody decides.
public enum SafeDefault: String, Hashable, Sendable {
    /// Shown, and nothing else changes.
    case flag
    /// Results that depend on it are not released.
    case hold
    /// The value is shown but counts as not yet known.
    case provisional
    /// The later piece of work does not count.
    case doesNotCount = "does_not_count"
}

/// A rule that merged state breaks. Violations are derived by every replica for itself and never replicated; what people
/// decide about them is, as ``Resolution`` records.
public struct Violation: Hashable, Sendable {
    public let key: RuleKey
    /// The records involved, ascending.
    public let members: [RecordName]
    /// The documents of the members, ascending. Whenever one of them changes, the key is evaluated again.
    public let documents: [RecordName]
    /// One line for people.
    public let text: String
    public let safeDefault: SafeDefault
    /// What the fields concerned say now, in canonical bytes: equal wherever merged state is.
    public let facts: [UInt8]
    /// The cells of the one member that a person has to choose in; empty for rules across records.
    public let cells: [FieldTag]

    public init(
        _ key: RuleKey, about concerned: [RecordView], text: String, safeDefault: SafeDefault, facts: Facts,
        cells: [FieldTag] = []
    ) {
        self.key = key
        members = Set(concerned.map(\.name)).sorted()
        documents = Set(concerned.map(\.document)).sorted()
        self.text = text
        self.safeDefault = safeDefault
        self.facts = facts.bytes
        self.cells = cells
    }

    public var rule: RuleID { key.rule }

    /// The name of the case document: a hash of the rule and the members, so that every replica opens the same one.
    public func caseName(_ digesting: Digesting) -> RecordName { Violation.caseName(rule, members, digesting) }

    /// The name of the case of a rule about these members, ascending.
    public static func caseName(_ rule: RuleID, _ members: [RecordName], _ digesting: Digesting) -> RecordName {
        var writer = ByteWriter()
        writer.text("assay case 1")
        writer.text(rule.raw)
        writer.count(members.count)
        for member in members { Facts.write(member, &writer) }
        return RecordName(hashed: digesting(writer.bytes))
    }

    /// What a decision keeps of the facts: a hash bound to the case, so that no name and no score lives on in a case after
    /// the dossier was erased.
    public func factsDigest(_ digesting: Digesting) -> [UInt8] {
        var writer = ByteWriter()
        writer.text("assay facts 1")
        Facts.write(caseName(digesting), &writer)
        writer.raw(facts)
        return digesting(writer.bytes).bytes
    }
}
