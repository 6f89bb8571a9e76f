import ChangeSets
import Merging

/// Keys a score. Nothing that it says tells what somebody else has keyed.
public struct EnterScore: Command {
    public static let intent: Text = "enter-score"

    public var sitting: RecordName
    public var component: RecordName
    public var role: ScoreRole
    /// Nil withdraws the entry that is superseded.
    public var raw: Int64?
    /// This person's own earlier entry.
    public var supersedes: RecordName?
    public var externalKey: String?

    public init(
        sitting: RecordName, component: RecordName, role: ScoreRole, raw: Int64?, supersedes: RecordName? = nil,
        externalKey: String? = nil
    ) {
        self.sitting = sitting
        self.component = component
        self.role = role
        self.raw = raw
        self.supersedes = supersedes
        self.externalKey = externalKey
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.countingSitting(sitting)
        switch view.word(Sitting.state, as: SittingState.self) {
        case .finished, .submitted: break
        default: throw CommandRefusal(.notFinished, "This sitting is not finished: finish it, then key the score.")
        }
        let part = try look.get(component, Component.kind, "component")
        if let name = view.reference(Sitting.examSession), let session = try look.find(name, ExamSession.kind),
            session.reference(ExamSession.component) != component
        {
            throw CommandRefusal(.notKnown, "This component was not sat in that session: choose the one that was.")
        }
        try checkRange(part)
        let external = try Checks.optional(externalKey, "external key")
        try look.checkUnused(external, ScoreEntry.kind, ScoreEntry.externalKey, "external key")
        let entries = try look.find(
            ScoreEntry.kind, Match(ScoreEntry.sitting, .reference(sitting)),
            Match(ScoreEntry.component, .reference(component)))
        if let supersedes {
            try checkSuperseding(supersedes, entries, actor)
        } else {
            try checkNew(entries, actor)
        }
        var record = RecordBuilder(.pending(ordinal: 1), ScoreEntry.kind)
        record.set(ScoreEntry.sitting, sitting)
        record.set(ScoreEntry.component, component)
        record.set(ScoreEntry.role, role)
        record.set(ScoreEntry.raw, raw)
        record.set(ScoreEntry.enteredBy, actor.id)
        record.set(ScoreEntry.supersedes, supersedes)
        record.set(ScoreEntry.externalKey, external)
        record.set(ScoreEntry.enteredAt, now)
        return [view.dossierDraft(Self.intent, actor, [record.change])]
    }

    private func checkRange(_ component: RecordView) throws(CommandRefusal) {
        guard let raw else {
            if supersedes != nil { return }
            throw CommandRefusal(.missing, "The score is missing: key it.")
        }
        let least = component.integer(Component.rawMinimum) ?? 0
        let greatest = component.integer(Component.rawMaximum) ?? Int64.max
        guard raw >= least, raw <= greatest else {
            throw CommandRefusal(
                .scoreOutOfRange, "\(raw) is not between \(least) and \(greatest): look at the paper again.")
        }
    }

    private func checkSuperseding(
        _ old: RecordName, _ entries: [RecordView], _ actor: ActorIdentity
    ) throws(CommandRefusal) {
        guard let entry = entries.first(where: { $0.name == old }) else {
            throw CommandRefusal(.notKnown, "The entry to correct is not of this sitting: look it up again.")
        }
        guard entry.text(ScoreEntry.enteredBy) == actor.id else {
            throw CommandRefusal(.notYours, "Somebody else made this entry: only they can correct it.")
        }
        guard entry.text(ScoreEntry.role) == role.rawValue else {
            throw CommandRefusal(.roleTaken, "The entry to correct has another role: correct it in its own.")
        }
        if entries.contains(where: { $0.reference(ScoreEntry.supersedes) == old }) {
            throw CommandRefusal(.alreadyDecided, "This entry has been corrected already: correct the later one.")
        }
    }

    private func checkNew(_ entries: [RecordView], _ actor: ActorIdentity) throws(CommandRefusal) {
        let result = DoubleEntry(entries)
        let live = Set(result.counted + result.repeated)
        let standing = entries.filter { live.contains($0.name) }
        if let own = standing.first(where: { $0.text(ScoreEntry.enteredBy) == actor.id }) {
            throw CommandRefusal(
                .samePersonTwice, "You have keyed this score: somebody else has to key it again.", records: [own.name])
        }
        if role == .adjudicator {
            switch result.outcome {
            case .needsAdjudication, .disputed: return
            default:
                throw CommandRefusal(.nothingToDo, "There is nothing to adjudicate here: key a score only if asked to.")
            }
        }
        if let other = standing.first(where: { $0.text(ScoreEntry.role) == role.rawValue }) {
            throw CommandRefusal(
                .roleTaken, "The \(role.rawValue) entry has been made: make the other one.", records: [other.name])
        }
    }
}
