import ChangeSets
import Merging

/// Opens the doors, or begins the exam: a session goes from planned over open to running.
public struct AdvanceSession: Command {
    public static let intent: Text = "advance-session"

    public enum Step: Hashable, Sendable { case open, run }

    public var session: RecordName
    public var step: Step

    public init(session: RecordName, to step: Step) {
        self.session = session
        self.step = step
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let view = try Lookup(reading).openSession(session)
        let state: SessionState = step == .open ? .open : .running
        let now = view.word(ExamSession.state, as: SessionState.self) ?? .planned
        guard now == .planned || now == .open && step == .run else {
            throw CommandRefusal(.nothingToDo, "The session has come that far already: nothing was changed.")
        }
        var record = RecordBuilder(session, ExamSession.kind)
        record.set(ExamSession.state, state)
        return [view.sessionDraft(Self.intent, actor, [record.change])]
    }
}

/// Reports something that went wrong.
public struct ReportIncident: Command {
    public static let intent: Text = "report-incident"

    public var session: RecordName
    public var incidentType: IncidentType
    public var severity: IncidentSeverity
    public var narrative: String
    public var witnesses: [String] = []
    /// Whom it concerns; nil for the whole room.
    public var booking: RecordName?
    /// When it happened, by the device's clock; nil for now.
    public var occurredAt: Int64?

    public init(session: RecordName, incidentType: IncidentType, severity: IncidentSeverity, narrative: String) {
        self.session = session
        self.incidentType = incidentType
        self.severity = severity
        self.narrative = narrative
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        // An incident is reported whenever it comes out, also after the session closed.
        let view = try look.get(session, ExamSession.kind, "session")
        if let booking {
            guard try look.booking(booking).reference(Booking.examSession) == session else {
                throw CommandRefusal(
                    .notKnown, "This booking is of another session: report it there.", records: [booking])
            }
        }
        var incident = RecordBuilder(.pending(ordinal: 1), Incident.kind)
        incident.set(Incident.incidentType, incidentType)
        incident.set(Incident.severity, severity)
        incident.set(
            Incident.narrative, try Checks.required(narrative, "report", limit: Checks.narrativeBytesMax))
        incident.add(Incident.witnesses, witnesses)
        incident.set(Incident.state, IncidentState.open)
        incident.set(Incident.occurredAt, occurredAt ?? now)
        incident.set(Incident.reportedBy, actor.id)
        incident.set(Incident.booking, booking)
        return [view.sessionDraft(Self.intent, actor, [incident.change])]
    }
}

/// Closes a session. Every booking must have come to exactly one end, or somebody answers for the gaps.
public struct CloseSession: Command {
    public static let intent: Text = "close-session"

    public var session: RecordName
    /// Why the session is closed although bookings are not accounted for; nil refuses to.
    public var gapReason: String?

    public init(session: RecordName, gapReason: String? = nil) {
        self.session = session
        self.gapReason = gapReason
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.openSession(session)
        let count: Reconciliation
        do { count = try Reconciliation(session: session, reading: reading) } catch { throw .unreadable(error) }
        let reason = try Checks.optional(gapReason, "reason", limit: Checks.narrativeBytesMax)
        if !count.gaps.isEmpty, reason == nil {
            throw CommandRefusal(
                .sessionGaps,
                "\(count.gaps.count) of \(count.total) bookings are not accounted for: deal with each, or give a reason.",
                records: count.gaps)
        }
        var closure = RecordBuilder(.pending(ordinal: 1), SessionClosure.kind)
        closure.set(SessionClosure.closedBy, actor.id)
        closure.set(SessionClosure.closedAt, now)
        let fields: [(Field, BookingEnd)] = [
            (SessionClosure.finished, .finished), (SessionClosure.noShow, .noShow),
            (SessionClosure.turnedAway, .turnedAway), (SessionClosure.transferred, .transferred),
            (SessionClosure.cancelled, .cancelled),
        ]
        for (field, end) in fields { closure.set(field, Int64(count.ends[end]?.count ?? 0)) }
        closure.set(SessionClosure.gaps, Int64(count.gaps.count))
        if !count.gaps.isEmpty { closure.set(SessionClosure.gapReason, reason) }
        var record = RecordBuilder(session, ExamSession.kind)
        record.set(ExamSession.state, SessionState.closed)
        return [view.sessionDraft(Self.intent, actor, [record.change, closure.change])]
    }
}

extension RecordView {
    func sessionDraft(_ intent: Text, _ actor: ActorIdentity, _ changes: [RecordChange]) -> Draft {
        Draft(
            .document(document), documentKind: CredentialingSchema.session.tag, actor: actor.text, intent: intent,
            changes: changes)
    }
}
