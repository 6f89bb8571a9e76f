import Merging

/// One person's attempt at one component. Admission makes it: whoever was let in has a sitting, even if the paper is never
/// opened.
public enum Sitting {
    public static let booking = Field(1, "booking", .reference, .fixed)
    /// The booking's session, kept here too so that a session's sittings are one look-up.
    public static let examSession = Field(2, "exam_session", .reference, .fixed)
    /// The check-in that admitted.
    public static let checkIn = Field(3, "check_in", .reference, .fixed)
    public static let state = Field(4, "state", .enumeration(SittingState.words), .ranked(SittingState.words))
    public static let nullity = Field(5, "nullity", .enumeration(Nullity.words), .ranked(Nullity.words))
    /// By the desk's clock: evidence, not order.
    public static let startedAt = Field(6, "started_at", .timestamp, .latest)
    public static let finishedAt = Field(7, "finished_at", .timestamp, .latest)

    public static let kind = RecordKind(
        6, "sitting", indexes: [["booking"], ["exam_session"]],
        [booking, examSession, checkIn, state, nullity, startedAt, finishedAt])
}

/// How far a sitting has come.
public enum SittingState: String, CaseIterable, Sendable {
    case admitted, started, finished, submitted
    public static let words = allCases.map(\.rawValue)
}

/// Whether a sitting counts.
public enum Nullity: String, CaseIterable, Sendable {
    case none, abandoned, void
    public static let words = allCases.map(\.rawValue)
}

/// Somebody left the room or came back, as it happened: never written again.
public enum PresenceEvent {
    public static let sitting = Field(1, "sitting", .reference, .once)
    public static let direction = Field(2, "direction", .enumeration(PresenceDirection.words), .once)
    /// Of those who go out.
    public static let breakKind = Field(3, "break_kind", .enumeration(BreakKind.words), .once)
    /// Of those who come back.
    public static let identityRechecked = Field(4, "identity_rechecked", .boolean, .once)
    /// When it was typed, by the desk's clock.
    public static let deviceTime = Field(5, "device_time", .timestamp, .once)
    /// When it was seen: the same, or earlier where it comes from paper.
    public static let seenAt = Field(6, "seen_at", .timestamp, .once)
    public static let recordedBy = Field(7, "recorded_by", .text, .once)
    /// Working time that is given back for this break; of those who come back.
    public static let minutesReturned = Field(8, "minutes_returned", .integer, .once)

    public static let kind = RecordKind(
        13, "presence_event", isAppendOnly: true, indexes: [["sitting"]],
        [sitting, direction, breakKind, identityRechecked, deviceTime, seenAt, recordedBy, minutesReturned])
}

/// Which way somebody went through the door.
public enum PresenceDirection: String, CaseIterable, Sendable {
    case out
    case back
    public static let words = allCases.map(\.rawValue)
}

/// Why somebody leaves the room during the exam.
public enum BreakKind: String, CaseIterable, Sendable {
    case toilet, medical, scheduled, other
    public static let words = allCases.map(\.rawValue)
}

/// One keying of one score, by one person who saw no other.
public enum ScoreEntry {
    public static let sitting = Field(1, "sitting", .reference, .once)
    public static let component = Field(2, "component", .reference, .once)
    public static let role = Field(3, "role", .enumeration(ScoreRole.words), .once)
    /// Points times one. Null in an entry that only withdraws the one that it supersedes.
    public static let raw = Field(4, "raw", .integer, .once)
    public static let enteredBy = Field(5, "entered_by", .text, .once)
    /// The same person's earlier entry that this one corrects.
    public static let supersedes = Field(6, "supersedes", .reference, .once)
    public static let externalKey = Field(7, "external_key", .text, .once)
    public static let enteredAt = Field(8, "entered_at", .timestamp, .once)

    public static let kind = RecordKind(
        7, "score_entry", isAppendOnly: true, indexes: [["sitting", "component"], ["external_key"]],
        [sitting, component, role, raw, enteredBy, supersedes, externalKey, enteredAt])
}

/// What a keying is for.
public enum ScoreRole: String, CaseIterable, Sendable {
    case first, second, adjudicator
    public static let words = allCases.map(\.rawValue)
}
