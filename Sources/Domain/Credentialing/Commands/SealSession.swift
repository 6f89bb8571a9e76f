import ByteCoding
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

extension Reconciliation {
    /// The bookings and the end of each, in canonical bytes: equal wherever merged state is. Grammar: count (name end)*
    /// in the order of names; end = the place in ``BookingEnd`` from 1, or 0 for a gap.
    public var manifest: [UInt8] {
        var lines: [(RecordName, UInt8)] = gaps.map { ($0, 0) }
        for (place, end) in BookingEnd.allCases.enumerated() {
            lines += (ends[end] ?? []).map { ($0, UInt8(place + 1)) }
        }
        var writer = ByteWriter()
        writer.count(lines.count)
        for (name, end) in lines.sorted(by: { $0.0 < $1.0 }) {
            Facts.write(name, &writer)
            writer.byte(end)
        }
        return writer.bytes
    }
}
