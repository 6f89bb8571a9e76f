import Merging

/// The keyings of one component of one sitting, and what they come to. Scores are keyed twice by two people who do not see
/// each other's: that takes keying errors from about 0.37 to 0.046 in a thousand fields (doi 10.1371/journal.pone.0035087).
///
/// Everything here is a function of the set of entries; neither their order nor any time matters.
public struct DoubleEntry: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// So many people have keyed it, and one more has to.
        case pending(keyed: Int)
        /// These entries differ: the score is provisional, and a third person adjudicates, seeing neither.
        case needsAdjudication([RecordName])
        /// These adjudications differ: one of the adjudicators has to supersede theirs.
        case disputed([RecordName])
        case agreed(raw: Int64)
        /// The sitting does not count.
        case void
    }

    public let outcome: Outcome
    /// The entries that count, ascending.
    public let counted: [RecordName]
    /// Entries by a person who made another one that counts, ascending: rule X8.
    public let repeated: [RecordName]

    private struct Entry {
        let view: RecordView
        let role: ScoreRole
        let raw: Int64
        let person: Text
    }

    /// - Parameters:
    ///   - entries: the score entries of the sitting and the component, in any order.
    ///   - isVoid: whether the sitting is void or abandoned.
    public init(_ entries: [RecordView], isVoid: Bool = false) {
        let live = DoubleEntry.live(entries)
        var keyings: [Entry] = []
        var adjudications: [Entry] = []
        var extra: [Entry] = []
        var keyers = Set<Text>()
        // A first entry counts before a second by the same person; between two of one role the name decides.
        for role in [ScoreRole.first, .second] {
            for entry in live where entry.role == role {
                if keyers.insert(entry.person).inserted { keyings.append(entry) } else { extra.append(entry) }
            }
        }
        var adjudicators = keyers
        for entry in live where entry.role == .adjudicator {
            if adjudicators.insert(entry.person).inserted { adjudications.append(entry) } else { extra.append(entry) }
        }
        counted = (keyings + adjudications).map(\.view.name).sorted()
        repeated = extra.map(\.view.name).sorted()
        outcome = isVoid ? .void : DoubleEntry.outcome(keyings, adjudications)
    }

    /// The entries that nobody took back, ascending by name. Only the person who made an entry supersedes it.
    private static func live(_ entries: [RecordView]) -> [Entry] {
        let makers = Dictionary(
            entries.map { ($0.name, $0[ScoreEntry.enteredBy]) }, uniquingKeysWith: { first, _ in first })
        let superseded = Set(
            entries.compactMap { entry -> RecordName? in
                guard let old = entry.reference(ScoreEntry.supersedes), makers[old] == entry[ScoreEntry.enteredBy]
                else { return nil }
                return old
            })
        return entries.sorted { $0.name < $1.name }.compactMap { view in
            guard !superseded.contains(view.name), let raw = view.integer(ScoreEntry.raw),
                let role = view.word(ScoreEntry.role, as: ScoreRole.self),
                case .text(let person) = view[ScoreEntry.enteredBy]
            else { return nil }
            return Entry(view: view, role: role, raw: raw, person: person)
        }
    }

    private static func outcome(_ keyings: [Entry], _ adjudications: [Entry]) -> Outcome {
        func names(_ entries: [Entry]) -> [RecordName] { entries.map(\.view.name).sorted() }
        if let first = adjudications.first {
            return adjudications.allSatisfy { $0.raw == first.raw }
                ? .agreed(raw: first.raw) : .disputed(names(adjudications))
        }
        guard let first = keyings.first, keyings.count >= 2 else { return .pending(keyed: keyings.count) }
        return keyings.allSatisfy { $0.raw == first.raw }
            ? .agreed(raw: first.raw) : .needsAdjudication(names(keyings))
    }
}

extension DoubleEntry {
    /// The entries of a component of a sitting as they stand, with two look-ups.
    public static func read(
        sitting: RecordName, component: RecordName, reading: some RecordReading
    ) throws(ReadingFailure) -> (result: DoubleEntry, entries: [RecordView]) {
        let entries = try reading.records(
            ScoreEntry.kind,
            matching: [
                Match(ScoreEntry.sitting, .reference(sitting)), Match(ScoreEntry.component, .reference(component)),
            ])
        let counts = try reading.record(sitting, Sitting.kind)?.counts ?? true
        return (DoubleEntry(entries, isVoid: !counts), entries)
    }
}
