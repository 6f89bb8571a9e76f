import Merging

/// X1: two dossiers that are, or may be, one person's. Each pair is a question of its own, so that a third dossier leaves
/// the answers about the first two standing.
public struct SamePersonTwice: Rule {
    public let id: RuleID = "X1"
    public let meaning = "Two dossiers seem to be of the same person."
    public let kinds = [Person.kind, IdentityDocument.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        if record.kind.tag == IdentityDocument.kind.tag {
            guard record[IdentityDocument.keyedHash] != .null else { return [] }
            let same = try reading.records(
                IdentityDocument.kind, where: IdentityDocument.keyedHash, equals: record[IdentityDocument.keyedHash])
            return Evidence.pairs(id, record.document, Set(same.map(\.document)))
        }
        // People born on one day are few, even among a million.
        guard record[Person.dateOfBirth] != .null, let key = record.text(Person.nameKey) else { return [] }
        let born = try reading.records(
            Person.kind, where: Person.dateOfBirth, equals: record[Person.dateOfBirth])
        let near = born.filter { NameFolding.isNear(key, $0.text(Person.nameKey) ?? "") }
        return Evidence.pairs(id, record.name, near.map(\.name))
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard key.names.count == 2, let one = try reading.record(key.names[0], Person.kind),
            let other = try reading.record(key.names[1], Person.kind)
        else { return nil }
        let mine = try reading.records(in: one.document, IdentityDocument.kind)
        let theirs = try reading.records(in: other.document, IdentityDocument.kind)
        func hashes(_ documents: [RecordView]) -> Set<Value> {
            Set(documents.map { $0[IdentityDocument.keyedHash] }.filter { $0 != .null })
        }
        let shared = hashes(mine).intersection(hashes(theirs))
        let bothBorn = one[Person.dateOfBirth] != .null && one[Person.dateOfBirth] == other[Person.dateOfBirth]
        let isNear =
            bothBorn && NameFolding.isNear(one.text(Person.nameKey) ?? "", other.text(Person.nameKey) ?? "")
        guard !shared.isEmpty || isNear else { return nil }
        var facts = Facts([one, other], Person.legalName + [Person.dateOfBirth])
        for document in mine + theirs where shared.contains(document[IdentityDocument.keyedHash]) {
            facts.note(document, [IdentityDocument.keyedHash])
        }
        let names = "\(try Evidence.person(one.name, reading)) and \(try Evidence.person(other.name, reading))"
        let text =
            shared.isEmpty
            ? "\(names) have like names and the same date of birth: are they one person?"
            : "\(names) showed the same identity document: are they one person?"
        return Violation(key, about: [one, other], text: text, safeDefault: .flag, facts: facts)
    }
}
