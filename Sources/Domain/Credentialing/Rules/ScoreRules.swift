import Merging

/// X7: the keyings of a score differ. The text names no score: whoever adjudicates sees neither.
public struct EntriesDiffer: Rule {
    public let id: RuleID = "X7"
    public let meaning = "The two keyings of a score differ."
    public let kinds = [ScoreEntry.kind, Sitting.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        try ScoreKeys.touched(id, record, reading)
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard key.names.count == 2 else { return nil }
        let (result, entries) = try DoubleEntry.read(
            sitting: key.names[0], component: key.names[1], reading: reading)
        let differing: [RecordName]
        let question: String
        switch result.outcome {
        case .needsAdjudication(let names):
            (differing, question) = (names, "were keyed differently: a third person has to key it")
        case .disputed(let names):
            (differing, question) = (names, "were adjudicated differently: look at the paper together")
        case .void, .pending, .agreed: return nil
        }
        let views = entries.filter { differing.contains($0.name) }
        guard let dossier = views.first?.document else { return nil }
        return Violation(
            key, about: views, text: "The scores of \(try Evidence.person(dossier, reading)) \(question).",
            safeDefault: .provisional, facts: Facts(views, [ScoreEntry.raw, ScoreEntry.enteredBy]))
    }
}

/// X8: one person made both entries; the second does not count.
public struct EntriesByOnePerson: Rule {
    public let id: RuleID = "X8"
    public let meaning = "One person keyed the same score twice."
    public let kinds = [ScoreEntry.kind, Sitting.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        try ScoreKeys.touched(id, record, reading)
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard key.names.count == 2 else { return nil }
        let (result, entries) = try DoubleEntry.read(
            sitting: key.names[0], component: key.names[1], reading: reading)
        guard result.outcome != .void, !result.repeated.isEmpty else { return nil }
        let repeaters = Set(entries.filter { result.repeated.contains($0.name) }.map { $0[ScoreEntry.enteredBy] })
        let live = Set(result.repeated + result.counted)
        let views = entries.filter { live.contains($0.name) && repeaters.contains($0[ScoreEntry.enteredBy]) }
        guard let dossier = views.first?.document else { return nil }
        let who = repeaters.compactMap { if case .text(let text) = $0 { text.string } else { nil } }.sorted()
        return Violation(
            key, about: views,
            text: "\(who.joined(separator: " and ")) keyed a score of \(try Evidence.person(dossier, reading)) twice: "
                + "somebody else has to key it.",
            safeDefault: .doesNotCount, facts: Facts(views, [ScoreEntry.role, ScoreEntry.enteredBy]))
    }
}

/// X16: somebody who did not come has a score.
public struct AbsentWithScore: Rule {
    public let id: RuleID = "X16"
    public let meaning = "Somebody who is marked as absent has a score."
    public let kinds = [Booking.kind, Sitting.kind, ScoreEntry.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        let booking: RecordName?
        switch record.kind.tag {
        case Booking.kind.tag: return record.arrival == .noShow ? [RuleKey(id, [record.name])] : []
        case Sitting.kind.tag: booking = record.reference(Sitting.booking)
        default:
            guard let name = record.reference(ScoreEntry.sitting) else { return [] }
            booking = try reading.record(name, Sitting.kind)?.reference(Sitting.booking)
        }
        guard let booking, try reading.record(booking, Booking.kind)?.arrival == .noShow else { return [] }
        return [RuleKey(id, [booking])]
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard let name = key.names.first, let booking = try reading.record(name, Booking.kind),
            booking.arrival == .noShow
        else { return nil }
        var scores: [RecordView] = []
        for sitting in try reading.records(Sitting.kind, where: Sitting.booking, equals: .reference(name)) {
            let entries = try reading.records(
                ScoreEntry.kind, where: ScoreEntry.sitting, equals: .reference(sitting.name))
            for component in Set(entries.compactMap { $0.reference(ScoreEntry.component) }).sorted() {
                let part = entries.filter { $0.reference(ScoreEntry.component) == component }
                let counted = Set(DoubleEntry(part).counted)
                scores += part.filter { counted.contains($0.name) }
            }
        }
        guard !scores.isEmpty else { return nil }
        return Violation(
            key, about: [booking] + scores,
            text:
                "\(try Evidence.person(booking.document, reading)) is marked as absent and has a score: which is right?",
            safeDefault: .hold,
            facts: {
                var facts = Facts([booking], [Booking.arrival])
                for score in scores { facts.note(score, [ScoreEntry.raw]) }
                return facts
            }())
    }
}

/// The keys of rules about the entries of one component of one sitting. One entry alone breaks no rule.
enum ScoreKeys {
    static func touched(
        _ rule: RuleID, _ record: RecordView, _ reading: some RecordReading
    ) throws(ReadingFailure) -> [RuleKey] {
        guard record.kind.tag == Sitting.kind.tag else {
            guard let sitting = record.reference(ScoreEntry.sitting),
                let component = record.reference(ScoreEntry.component)
            else { return [] }
            let entries = try reading.records(
                ScoreEntry.kind,
                matching: [
                    Match(ScoreEntry.sitting, .reference(sitting)), Match(ScoreEntry.component, .reference(component)),
                ])
            return entries.count < 2 ? [] : [RuleKey(rule, [sitting, component])]
        }
        // A sitting that is voided, or no longer, changes what its entries come to.
        let entries = try reading.records(ScoreEntry.kind, where: ScoreEntry.sitting, equals: .reference(record.name))
        guard entries.count >= 2 else { return [] }
        return Set(entries.compactMap { $0.reference(ScoreEntry.component) }).sorted()
            .map { RuleKey(rule, [record.name, $0]) }
    }
}
