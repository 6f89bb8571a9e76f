import Merging

/// Every rule that this build knows, and the way to run them after a merge.
///
/// The store does three things with the records that a merge touched: it collects their keys and those of the violations
/// it keeps that concern one of their documents (a record that leaves a violation behind no longer leads to its key, and
/// the text names people); evaluates each; and keeps or drops the violation under the key.
public struct RuleBook: Sendable {
    public let rules: [any Rule]
    private let byID: [RuleID: any Rule]
    private let byKind: [UInt32: [any Rule]]
    /// The questions about cells, apart: they concern only records with a cell that is in question, which are few.
    private let cellsByKind: [UInt32: [any Rule]]

    public static let standard = RuleBook(
        [
            SamePersonTwice(), OverlappingAdmissions(), SeatGivenTwice(), EntriesDiffer(), EntriesByOnePerson(),
            AbsentWithScore(), AdmittedTwice(), ArrivalContradicted(), CancelledButPresent(), TransferredButSeen(),
            WorkAfterSeal(),
        ] + CellQuestion.all(of: CredentialingSchema.schema))

    public init(_ rules: [any Rule]) {
        self.rules = rules
        byID = Dictionary(uniqueKeysWithValues: rules.map { ($0.id, $0) })
        var byKind: [UInt32: [any Rule]] = [:]
        var cellsByKind: [UInt32: [any Rule]] = [:]
        for rule in rules {
            for kind in rule.kinds {
                if rule is CellQuestion {
                    cellsByKind[kind.tag, default: []].append(rule)
                } else {
                    byKind[kind.tag, default: []].append(rule)
                }
            }
        }
        self.byKind = byKind
        self.cellsByKind = cellsByKind
    }

    public func rule(_ id: RuleID) -> (any Rule)? { byID[id] }

    /// The keys to evaluate because of one record, in any order and perhaps more than once.
    public func keys(
        touchedBy record: RecordView, reading: some RecordReading
    ) throws(ReadingFailure) -> [RuleKey] {
        var keys: [RuleKey] = []
        for rule in byKind[record.kind.tag] ?? [] { keys += try rule.keys(touchedBy: record, reading: reading) }
        guard !record.provisional.isEmpty else { return keys }
        for rule in cellsByKind[record.kind.tag] ?? [] { keys += try rule.keys(touchedBy: record, reading: reading) }
        return keys
    }

    /// All keys to evaluate after a merge, ascending, each once.
    /// - Parameter standing: the keys of the kept violations that have one of the touched records' documents among
    ///   their ``Violation/documents``.
    public func keys(
        touched: [RecordView], standing: [RuleKey], reading: some RecordReading
    ) throws(ReadingFailure) -> [RuleKey] {
        var keys = Set(standing)
        for record in touched { keys.formUnion(try self.keys(touchedBy: record, reading: reading)) }
        return keys.sorted()
    }

    /// What holds under a key; nil also for a rule that this build does not know.
    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard let rule = byID[key.rule] else { return nil }
        return try rule.evaluate(key, reading: reading)
    }
}

/// Small look-ups that rules share.
enum Evidence {
    /// The name that a dossier is known by; its number where the person's record is not held here.
    static func person(_ dossier: RecordName, _ reading: some RecordReading) throws(ReadingFailure) -> String {
        guard let person = try reading.record(dossier, Person.kind) else { return dossier.description }
        let name = DisplayName(person).description
        return person.text(Person.candidateNumber).map { "\(name) (\($0))" } ?? name
    }

    /// Every pair of `one` with each of `others`, as keys with ascending names.
    static func pairs(_ rule: RuleID, _ one: RecordName, _ others: some Sequence<RecordName>) -> [RuleKey] {
        others.filter { $0 != one }.map { RuleKey(rule, [one, $0].sorted()) }
    }
}
