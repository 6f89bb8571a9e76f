import ArgumentParser
import ChangeSets
import CredentialStore
import Credentialing
import HybridTime
import Merging
import ReplicaStore

extension Conflicts {
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One case: who wrote what, when and where, and what each answer would mean.",
            discussion: """
                EXAMPLE
                  assay conflicts show 9f3c0d5b

                Scores are not shown: whoever adjudicates must see neither.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: ArgumentHelp("The case's name, or the beginning of it.", valueName: "case")) var name: String

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    let found = try store.looking { try CaseFinder($0, $1).find(name) }
                    let documents: [RecordName]
                    switch found {
                    case .standing(let one): documents = one.violation.documents
                    case .closed: documents = []
                    }
                    var history: [ChangeSet] = []
                    for document in documents { history += try store.history(of: document).changeSets }
                    try store.looking { records in
                        let sheet = CaseSheet(
                            records: records, words: Words(records, store.replica.identity), history: history)
                        switch found {
                        case .standing(let one):
                            if output.json {
                                Console.json(try sheet.json(one))
                            } else {
                                try sheet.lines(one).forEach { Console.print($0) }
                            }
                        case .closed(let one):
                            let decided = try Decided(one, records)
                            if output.json {
                                Console.json(decided.json)
                            } else {
                                decided.lines.forEach { Console.print($0) }
                                try sheet.decisions(decided.resolutions).forEach { Console.print($0) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A case with everything that bears on it.
struct CaseSheet {
    let records: StoredRecords
    let words: Words
    /// What the journal has of the documents concerned.
    let history: [ChangeSet]

    /// How many of a record's latest changes are worth reading.
    private static let changesMax = 4

    func lines(_ found: StandingCase) throws -> [String] {
        let violation = found.violation
        let (standing, role) = CaseWords.standing(found.standing)
        var lines = Layout.wrapped("case \(found.name.caseLabel), \(violation.rule), \(standing)", hanging: 2)
            .map { Console.styled($0, role) }
        lines += Layout.wrapped(violation.text)
        if found.isWaiting {
            lines += Layout.wrapped("Until it is decided, \(CaseWords.until(violation.safeDefault)).")
        }
        let claims = try CaseClaims(violation, records, words).choices
        for (index, claim) in claims.enumerated() {
            lines += [""] + Layout.heading("\(index + 1)  \(claim.text)" + (claim.isShown ? "  (shown now)" : ""))
            lines += Layout.wrapped("   " + (try origin(claim)), hanging: 3)
        }
        if claims.isEmpty {
            for member in violation.members { lines += try self.lines(member) }
        }
        lines += try decisions(try records.records(in: found.name, Resolution.kind))
        return lines + [""] + (found.isWaiting ? advice(found, claims) : [])
    }

    private func origin(_ claim: CaseClaims.Claim) throws -> String {
        guard let set = history.first(where: { $0.dot == claim.dot }) else {
            let when = claim.stamp.map { ", about \(LocalTime.text($0.milliseconds))" } ?? ""
            return "on \(words.replica(claim.dot.origin))\(when); whose work it was is not in this journal"
        }
        return try origin(set)
    }

    private func origin(_ set: ChangeSet) throws -> String {
        "\(set.intent) by \(try words.actor(set.actor.string)) on \(words.replica(set.dot.origin)), "
            + LocalTime.text(set.time, seconds: true)
    }

    /// A record that a rule is about, and the last that was done with it.
    private func lines(_ name: RecordName) throws -> [String] {
        guard let (view, kind) = try member(name) else { return ["", "\(name) is not here: sync, then look again."] }
        let person = try records.record(view.document, Person.kind)
        let whose = person.map { "\(DisplayName($0)) (\(Words.number($0)))" } ?? view.document.description
        var lines = [""] + Layout.heading(kind.tag == Person.kind.tag ? whose : "\(Words.noun(kind)) of \(whose)")
        for field in CaseSheet.telling(kind) where view[field] != .null {
            lines += Layout.entry(
                "   " + Words.spaced(field.name), try words.value(view[field], field), labelColumns: 20)
        }
        for set in history.filter({ $0.changes.contains { $0.record == name } }).suffix(CaseSheet.changesMax) {
            lines += Layout.wrapped("   " + (try origin(set)), hanging: 5).map { Console.styled($0, .dim) }
        }
        return lines
    }

    private func member(_ name: RecordName) throws -> (RecordView, RecordKind)? {
        for kind in CredentialingSchema.schema.records {
            if let view = try records.record(name, kind) { return (view, kind) }
        }
        return nil
    }

    /// The fields that help to decide; a score is not among them.
    private static func telling(_ kind: RecordKind) -> [Field] {
        switch kind.tag {
        case Person.kind.tag: [Person.dateOfBirth, Person.address, Person.phone, Person.isWalkIn]
        case Booking.kind.tag:
            [
                Booking.examSession, Booking.ticketCode, Booking.seat, Booking.arrival, Booking.cancellation,
                Booking.transferredTo,
            ]
        case Sitting.kind.tag: [Sitting.state, Sitting.nullity, Sitting.startedAt, Sitting.finishedAt]
        case ScoreEntry.kind.tag: [ScoreEntry.role, ScoreEntry.enteredBy, ScoreEntry.enteredAt]
        default: []
        }
    }

    func decisions(_ resolutions: [RecordView]) throws -> [String] {
        try resolutions.flatMap { resolution -> [String] in
            let who = try words.actor(resolution.text(Resolution.decidedBy) ?? "somebody")
            let when = resolution.integer(Resolution.decidedAt).map { LocalTime.text($0) } ?? ""
            let decision = resolution.text(Resolution.decision) ?? ""
            let word = decision.hasPrefix("chose ") ? "a value was chosen" : decision
            return [""] + Layout.wrapped("decided: \(word)", hanging: 3).map { Console.styled($0, .good) }
                + Layout.wrapped("   by \(who) on \(words.replica(resolution.name.origin)), \(when)", hanging: 3)
                + Layout.wrapped("   \(resolution.text(Resolution.reason) ?? "")", hanging: 3)
        }
    }

    private func advice(_ found: StandingCase, _ claims: [CaseClaims.Claim]) -> [String] {
        let command = "assay conflicts resolve \(found.name.caseLabel)"
        if !claims.isEmpty {
            return Layout.wrapped("Choosing a number writes that value for everybody; the others stay in the history.")
                + ["  \(command) --choose 1 \\", "    --reason \"…\" --as WHO"]
        }
        if found.violation.rule == "X7" {
            return Layout.wrapped("It ends when a third person, who sees neither, has keyed the score:")
                + ["  assay score enter TICKET --role adjudicator --raw N --as WHO"]
        }
        let suggestions = CaseWords.suggestions(found.violation.rule)
        return Layout.wrapped("A decision is written down and ends the question; it changes no record by itself:")
            + suggestions.flatMap { Layout.entry("  \($0.word)", $0.meaning, labelColumns: 20) }
            + ["  \(command) --decide \(suggestions.first?.word ?? "WORD") \\", "    --reason \"…\" --as WHO"]
    }

    func json(_ found: StandingCase) throws -> JSONValue {
        let violation = found.violation
        let claims = try CaseClaims(violation, records, words).choices.enumerated().map { index, claim -> JSONValue in
            let set = history.first { $0.dot == claim.dot }
            return [
                "number": JSONValue(index + 1), "value": .text(claim.text), "shown": .flag(claim.isShown),
                "changeSet": .text(claim.dot.description), "actor": JSONValue(set?.actor.string),
                "replica": .text(claim.dot.origin.description), "deviceTime": JSONValue(set?.time),
            ]
        }
        let members = violation.members.map { name -> JSONValue in
            let sets = history.filter { $0.changes.contains { $0.record == name } }.suffix(CaseSheet.changesMax)
            return [
                "id": .text(name.description),
                "changes": .list(
                    sets.map {
                        [
                            "changeSet": .text($0.dot.description), "intent": .text($0.intent.string),
                            "actor": .text($0.actor.string), "replica": .text($0.dot.origin.description),
                            "deviceTime": .number($0.time),
                        ]
                    }),
            ]
        }
        let resolutions = try records.records(in: found.name, Resolution.kind).map { resolution -> JSONValue in
            [
                "decision": JSONValue(resolution.text(Resolution.decision)),
                "reason": JSONValue(resolution.text(Resolution.reason)),
                "decidedBy": JSONValue(resolution.text(Resolution.decidedBy)),
                "decidedAt": JSONValue(resolution.integer(Resolution.decidedAt)),
            ]
        }
        return [
            "case": found.json, "choices": .list(claims), "members": .list(members), "decisions": .list(resolutions),
            "suggestions": .list(CaseWords.suggestions(violation.rule).map { .text($0.word) }),
        ]
    }
}
