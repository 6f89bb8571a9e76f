import ChangeSets
import Merging

/// Seals a closed session: what it came to is written down, and work on it from then on makes a case (rule X21). The
/// people present, their sittings and the scripts have to be as many (rule X19).
public struct SealSession: Command {
    public static let intent: Text = "seal-session"

    public var session: RecordName
    /// Scripts counted by hand.
    public var scripts: Int64
    /// Why the scripts are more or fewer than the finished sittings; nil refuses to.
    public var differenceReason: String?

    public init(session: RecordName, scripts: Int64, differenceReason: String? = nil) {
        self.session = session
        self.scripts = scripts
        self.differenceReason = differenceReason
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let view = try Lookup(reading).get(session, ExamSession.kind, "session")
        switch view.word(ExamSession.state, as: SessionState.self) {
        case .closed: break
        case .sealed: throw CommandRefusal(.alreadyDecided, "The session is sealed already: nothing was changed.")
        default: throw CommandRefusal(.tooEarly, "The session is not closed: close it first.")
        }
        let count: Reconciliation
        do { count = try Reconciliation(session: session, reading: reading) } catch { throw .unreadable(error) }
        let finished = Int64(count.ends[.finished]?.count ?? 0)
        let reason = try Checks.optional(differenceReason, "reason", limit: Checks.narrativeBytesMax)
        if scripts != finished, reason == nil {
            throw CommandRefusal(
                .sessionGaps,
                "\(finished) sittings are finished and \(scripts) scripts are here: count again, or give a reason.")
        }
        var manifest = RecordBuilder(.pending(ordinal: 1), SealManifest.kind)
        manifest.set(SealManifest.manifest, count.manifest)
        manifest.set(SealManifest.sealedBy, actor.id)
        manifest.set(SealManifest.deviceTime, now)
        manifest.set(SealManifest.scripts, scripts)
        if scripts != finished { manifest.set(SealManifest.differenceReason, reason) }
        var record = RecordBuilder(session, ExamSession.kind)
        record.set(ExamSession.state, SessionState.sealed)
        return [view.sessionDraft(Self.intent, actor, [record.change, manifest.change])]
    }
}
