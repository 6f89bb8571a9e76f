import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Decides a case. A choice among siblings writes the chosen values, having seen all of them; every decision is written on
/// the case document with what it rests on.
public struct ResolveCase: Command {
    public static let intent: Text = "resolve-case"

    public enum Answer: Hashable, Sendable {
        /// The values that this change set wrote, of ``Choice/all(in:_:)``.
        case choose(Dot)
        /// A word that stands for a decision on a rule across records, such as `same-person` or `seat-stands`.
        case decide(String)
    }

    /// As it was shown to whoever decides.
    public var violation: Violation
    public var answer: Answer
    public var reason: String
    private let digesting: Digesting

    public init(violation: Violation, answer: Answer, reason: String, digesting: Digesting) {
        self.violation = violation
        self.answer = answer
        self.reason = reason
        self.digesting = digesting
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let current: Violation?
        do { current = try RuleBook.standard.evaluate(violation.key, reading: reading) } catch {
            throw .unreadable(error)
        }
        guard let current else {
            throw CommandRefusal(.alreadyDecided, "There is nothing left to decide here: close the case's window.")
        }
        // Deciding on facts that have changed would settle nothing; this person can look again.
        guard current.facts == violation.facts, current.members == violation.members else {
            throw CommandRefusal(.alreadyDecided, "The case has changed since you opened it: look again, then decide.")
        }
        var drafts: [Draft] = []
        let decision: String
        switch answer {
        case .choose(let dot):
            drafts.append(try choice(look, dot, actor))
            decision = "chose \(dot)"
        case .decide(let word):
            guard violation.cells.isEmpty else {
                throw CommandRefusal(.missing, "This question is about a value: choose one of those that are shown.")
            }
            decision = try Checks.required(word, "decision")
        }
        drafts.append(try resolution(look, decision, actor, now))
        return drafts
    }

    private func choice(
        _ look: Lookup<some RecordReading>, _ dot: Dot, _ actor: ActorIdentity
    ) throws(CommandRefusal) -> Draft {
        guard let member = violation.members.first, !violation.cells.isEmpty, let kind = memberKind,
            let document = CredentialingSchema.schema.documents.first(where: { $0.records.contains(kind) })
        else { throw CommandRefusal(.missing, "This case has no values to choose from: write down a decision.") }
        let view = try look.get(member, kind, "record")
        let unit = kind.fields.filter { violation.cells.contains($0.tag) }
        guard let choice = Choice.all(in: view, unit).first(where: { $0.dot == dot }) else {
            throw CommandRefusal(.notKnown, "This value is not among those that are shown: choose one of them.")
        }
        var record = RecordBuilder(member, kind)
        for (field, value) in zip(unit, choice.values) { record.put(field, value) }
        if unit.contains(Person.givenName), kind.tag == Person.kind.tag {
            func part(_ field: Field) -> String? {
                guard let index = unit.firstIndex(of: field), case .text(let text) = choice.values[index] else {
                    return nil
                }
                return text.string
            }
            record.set(Person.nameKey, NameFolding.key(given: part(Person.givenName), family: part(Person.familyName)))
        }
        return Draft(
            .document(view.document), documentKind: document.tag, actor: actor.text, intent: Self.intent,
            changes: [record.change])
    }

    private var memberKind: RecordKind? {
        RuleBook.standard.rule(violation.rule)?.kinds.first
    }

    private func resolution(
        _ look: Lookup<some RecordReading>, _ decision: String, _ actor: ActorIdentity, _ now: Int64
    ) throws(CommandRefusal) -> Draft {
        let caseName = violation.caseName(digesting)
        var changes: [RecordChange] = []
        var file = RecordBuilder(caseName, CaseFile.kind)
        let existing = try look.find(caseName, CaseFile.kind)
        do throws(ReadingFailure) { try violation.setScopes(&file, existing, reading: look.reading) } catch {
            throw .unreadable(error)
        }
        if existing == nil {
            file.set(CaseFile.rule, violation.rule.raw)
            file.set(CaseFile.members, violation.members.map(\.description).joined(separator: " "))
        }
        if !file.isEmpty { changes.append(file.change) }
        var seen = [caseName: try look.context(caseName)]
        for document in violation.documents { seen[document] = try look.context(document) }
        var record = RecordBuilder(.pending(draft: draftNumber, ordinal: 1), Resolution.kind)
        record.set(Resolution.decision, decision)
        record.set(Resolution.reason, try Checks.required(reason, "reason", limit: Checks.narrativeBytesMax))
        record.set(Resolution.decidedBy, actor.id)
        record.set(Resolution.decidedAt, now)
        record.set(Resolution.facts, violation.factsDigest(digesting))
        record.set(Resolution.seen, SeenContexts(seen).bytes)
        changes.append(record.change)
        return Draft(
            .document(caseName), documentKind: CredentialingSchema.caseFile.tag, actor: actor.text, intent: Self.intent,
            changes: changes)
    }

    /// The resolution's place in the group: after the write that it explains.
    private var draftNumber: Int {
        if case .choose = answer { 1 } else { 0 }
    }
}
