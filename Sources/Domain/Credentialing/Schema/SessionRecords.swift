import Merging

/// One component sat at one site at one time.
public enum ExamSession {
    public static let scopes = CredentialingSchema.scopes
    public static let externalKey = Field(2, "external_key", .text, .fixed)
    public static let site = Field(3, "site", .reference, .fixed)
    public static let component = Field(4, "component", .reference, .fixed)
    public static let startTime = Field(5, "start_time", .timestamp, .fixed)
    public static let durationMinutes = Field(6, "duration_minutes", .integer, .fixed)
    public static let state = Field(7, "state", .enumeration(SessionState.words), .ranked(SessionState.words))
    /// The scheme version's tolerance at the time of planning: the desk may not hold the scheme.
    public static let lateMinutes = Field(8, "late_minutes", .integer, .fixed)

    public static let kind = RecordKind(
        60, "exam_session", indexes: [["site"], ["external_key"]],
        [scopes, externalKey, site, component, startTime, durationMinutes, state, lateMinutes])
}

/// How far a session has come; work on one that is closed needs somebody to look at it.
public enum SessionState: String, CaseIterable, Sendable {
    case planned, open, running, closed, sealed
    public static let words = allCases.map(\.rawValue)
}

/// Something that went wrong in a session.
public enum Incident {
    public static let incidentType = Field(1, "incident_type", .enumeration(IncidentType.words), .fixed)
    public static let severity = Field(
        2, "severity", .enumeration(IncidentSeverity.words), .ranked(IncidentSeverity.words))
    public static let narrative = Field(3, "narrative", .text, .fixed)
    public static let witnesses = Field(4, "witnesses", .text, .addWins)
    /// Reopening wins over closing.
    public static let state = Field(5, "state", .enumeration(IncidentState.words), .ranked(IncidentState.words))
    public static let occurredAt = Field(6, "occurred_at", .timestamp, .fixed)
    public static let reportedBy = Field(7, "reported_by", .text, .fixed)
    /// Whom it concerns; none where it concerns the whole room.
    public static let booking = Field(8, "booking", .reference, .fixed)

    public static let kind = RecordKind(
        61, "incident", indexes: [["booking"]],
        [incidentType, severity, narrative, witnesses, state, occurredAt, reportedBy, booking])
}

/// What kind of thing went wrong.
public enum IncidentType: String, CaseIterable, Sendable {
    case evacuation, technical, medical, misconduct, identity, materials, other
    public static let words = allCases.map(\.rawValue)
}

/// How bad it was.
public enum IncidentSeverity: String, CaseIterable, Sendable {
    case minor, major, critical
    public static let words = allCases.map(\.rawValue)
}

/// Whether somebody still has to deal with it.
public enum IncidentState: String, CaseIterable, Sendable {
    case closed, open
    public static let words = allCases.map(\.rawValue)
}

/// The work stopped, for everybody or for some, and the time is given back.
public enum Interruption {
    public static let beganAt = Field(1, "began_at", .timestamp, .fixed)
    /// None while it lasts.
    public static let endedAt = Field(2, "ended_at", .timestamp, .latest)
    public static let cause = Field(3, "cause", .enumeration(InterruptionCause.words), .fixed)
    /// Whole minutes by which everybody concerned works on for longer.
    public static let minutesReturned = Field(4, "minutes_returned", .integer, .review)
    /// Whom it concerns; empty where it concerns everybody.
    public static let bookings = Field(5, "bookings", .reference, .addWins)
    public static let reportedBy = Field(6, "reported_by", .text, .fixed)

    public static let kind = RecordKind(
        63, "interruption", indexes: [], [beganAt, endedAt, cause, minutesReturned, bookings, reportedBy])
}

/// Why the work stopped.
public enum InterruptionCause: String, CaseIterable, Sendable {
    case alarm, power, technical, noise, medical, other
    public static let words = allCases.map(\.rawValue)
}

/// What was sealed: after it, the session's work is compared with this.
public enum SealManifest {
    /// ``Reconciliation/manifest``.
    public static let manifest = Field(1, "manifest", .bytes, .once)
    public static let sealedBy = Field(2, "sealed_by", .text, .once)
    public static let deviceTime = Field(3, "device_time", .timestamp, .once)
    /// Scripts counted by hand.
    public static let scripts = Field(4, "scripts", .integer, .once)
    /// Why the count of scripts is another than that of finished sittings.
    public static let differenceReason = Field(5, "difference_reason", .text, .once)

    public static let kind = RecordKind(
        65, "seal_manifest", isAppendOnly: true, indexes: [],
        [manifest, sealedBy, deviceTime, scripts, differenceReason])
}

/// The count at the end of a session: every booking is exactly one of these, or a gap that somebody answered for.
public enum SessionClosure {
    public static let closedBy = Field(1, "closed_by", .text, .once)
    public static let closedAt = Field(2, "closed_at", .timestamp, .once)
    public static let finished = Field(3, "finished", .integer, .once)
    public static let noShow = Field(4, "no_show", .integer, .once)
    public static let turnedAway = Field(5, "turned_away", .integer, .once)
    public static let transferred = Field(6, "transferred", .integer, .once)
    public static let cancelled = Field(7, "cancelled", .integer, .once)
    public static let gaps = Field(8, "gaps", .integer, .once)
    public static let gapReason = Field(9, "gap_reason", .text, .once)

    public static let kind = RecordKind(
        62, "session_closure", isAppendOnly: true, indexes: [],
        [closedBy, closedAt, finished, noShow, turnedAway, transferred, cancelled, gaps, gapReason])
}
