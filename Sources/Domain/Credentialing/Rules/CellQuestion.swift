import HybridTime
import Merging

/// A unit of one or more fields of a record that was written differently at the same time: a name, a date of birth, a seat.
/// It ends with a write that has seen every sibling.
public struct CellQuestion: Rule {
    public let id: RuleID
    public let meaning: String
    public let kinds: [RecordKind]
    /// The fields that one write decides together.
    public let unit: [Field]
    private let noun: String
    private let isFault: Bool

    init(_ kind: RecordKind, _ name: String, _ unit: [Field]) {
        id = RuleID("Q-\(kind.name).\(name)")
        kinds = [kind]
        self.unit = unit
        noun = name.split(separator: "_").joined(separator: " ")
        isFault = unit.contains { $0.policy == .fixed }
        meaning =
            isFault
            ? "The \(noun) of a record can only be one, and there are two."
            : "The \(noun) was written differently in two places."
    }

    /// A question for every unit that a person is asked about: each field under `review` or `fixed`, the legal name's three
    /// fields as one.
    public static func all(of schema: Schema) -> [any Rule] {
        schema.records.flatMap { kind -> [any Rule] in
            let isPerson = kind.tag == Person.kind.tag
            let names = Set(isPerson ? Person.legalName.map(\.tag) : [])
            let fields = kind.fields.filter { ($0.policy == .review || $0.policy == .fixed) && !names.contains($0.tag) }
            let whole = isPerson ? [CellQuestion(kind, "legal_name", Person.legalName)] : []
            return whole + fields.map { CellQuestion(kind, $0.name, [$0]) }
        }
    }

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        guard !record.provisional.isEmpty, unit.contains(where: record.isProvisional) else { return [] }
        return [RuleKey(id, [record.name])]
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard let name = key.names.first, let kind = kinds.first, let view = try reading.record(name, kind),
            unit.contains(where: view.isProvisional)
        else { return nil }
        var claims: [String] = []
        for choice in Choice.all(in: view, unit) {
            if kind.tag == Person.kind.tag, unit == Person.legalName {
                func part(_ index: Int) -> String {
                    if case .text(let text) = choice.values[index] { text.string } else { "" }
                }
                claims.append(DisplayName(given: part(0), family: part(1), script: part(2)).description)
            } else {
                for value in choice.values { claims.append(try CellQuestion.words(value, reading)) }
            }
        }
        let listed = Set(claims).sorted().joined(separator: " or ")
        let text = "The \(noun) of \(try owner(view, reading)): is it \(listed)?"
        return Violation(
            key, about: [view], text: text, safeDefault: isFault ? .flag : .provisional,
            facts: Facts([view], unit), cells: unit.map(\.tag))
    }

    private func owner(_ view: RecordView, _ reading: some RecordReading) throws(ReadingFailure) -> String {
        guard let person = try reading.record(view.document, Person.kind) else { return "this \(view.kind.name)" }
        if let number = person.text(Person.candidateNumber) { return "candidate \(number)" }
        return DisplayName(person).description
    }

    private static func words(_ value: Value, _ reading: some RecordReading) throws(ReadingFailure) -> String {
        switch value {
        case .null: "nothing"
        case .integer(let number): String(number)
        case .text(let text): text.string
        case .bytes(let bytes): "\(bytes.count) bytes"
        case .reference(let name): try reading.record(name, Seat.kind)?.text(Seat.label) ?? name.description
        }
    }
}

/// One of the answers to a question about a unit of fields: what one change set wrote.
public struct Choice: Hashable, Sendable {
    /// The change set that wrote it.
    public let dot: Dot
    /// One for each field of the unit.
    public let values: [Value]

    /// The answers that a record's unit holds, in the order of their dots. A field that all agree on has its value in each.
    public static func all(in view: RecordView, _ unit: [Field]) -> [Choice] {
        let dots = Set(unit.flatMap { view.siblings(of: $0).map(\.dot) }).sorted()
        return dots.map { dot in
            Choice(
                dot: dot,
                values: unit.map { field in
                    view.siblings(of: field).first { $0.dot == dot }?.value ?? view[field]
                })
        }
    }
}
