import Merging

/// A place for a person in a session. Rescheduling is a cancellation and a new booking.
public enum Booking {
    public static let examSession = Field(1, "exam_session", .reference, .fixed)
    /// Printed as a bar code on the ticket.
    public static let ticketCode = Field(2, "ticket_code", .text, .fixed)
    public static let externalKey = Field(3, "external_key", .text, .fixed)
    /// The seat that is planned, then the one that is taken.
    public static let seat = Field(4, "seat", .reference, .review)
    public static let arrival = Field(5, "arrival", .enumeration(Arrival.words), .ranked(Arrival.words))
    public static let cancellation = Field(
        6, "cancellation", .enumeration(Cancellation.words), .ranked(Cancellation.words))
    /// The booking that takes this one's place, in the same dossier.
    public static let transferredTo = Field(7, "transferred_to", .reference, .review)

    public static let kind = RecordKind(
        3, "booking", indexes: [["exam_session", "seat"], ["ticket_code"], ["external_key"]],
        [examSession, ticketCode, externalKey, seat, arrival, cancellation, transferredTo])
}

/// What became of a booking on the day. Evidence of presence stands further right: it beats evidence of absence.
public enum Arrival: String, CaseIterable, Sendable {
    case booked
    case noShow = "no_show"
    case turnedAway = "turned_away"
    case checkedIn = "checked_in"
    public static let words = allCases.map(\.rawValue)
}

/// Whether a booking stands.
public enum Cancellation: String, CaseIterable, Sendable {
    case none, cancelled
    public static let words = allCases.map(\.rawValue)
}

/// What happened at the desk, as it happened: never written again. A mistake is voided by a ``CheckInVoid``.
public enum CheckIn {
    public static let booking = Field(1, "booking", .reference, .once)
    public static let station = Field(2, "station", .text, .once)
    public static let operatorName = Field(3, "operator_name", .text, .once)
    public static let deviceTime = Field(4, "device_time", .timestamp, .once)
    public static let documentType = Field(5, "document_type", .enumeration(DocumentType.words), .once)
    public static let documentVerified = Field(6, "document_verified", .boolean, .once)
    public static let nameResult = Field(7, "name_result", .enumeration(NameResult.words), .once)
    public static let supplementaryDocument = Field(8, "supplementary_document", .text, .once)
    public static let dateOfBirthMatch = Field(9, "date_of_birth_match", .boolean, .once)
    public static let minutesLate = Field(10, "minutes_late", .integer, .once)
    public static let rulesAcknowledged = Field(11, "rules_acknowledged", .boolean, .once)
    public static let waiverReason = Field(12, "waiver_reason", .text, .once)
    public static let waiverApprover = Field(13, "waiver_approver", .text, .once)
    public static let decision = Field(14, "decision", .enumeration(CheckInDecision.words), .once)
    public static let seat = Field(15, "seat", .reference, .once)
    /// When it happened, where it was typed later from paper; ``deviceTime`` is when it was typed.
    public static let seenAt = Field(18, "seen_at", .timestamp, .once)

    public static let kind = RecordKind(
        4, "check_in", isAppendOnly: true, indexes: [["booking"]],
        [
            booking, station, operatorName, deviceTime, documentType, documentVerified, nameResult,
            supplementaryDocument, dateOfBirthMatch, minutesLate, rulesAcknowledged, waiverReason, waiverApprover,
            decision, seat, seenAt,
        ])
}

/// How the name on the document compares with the booking.
public enum NameResult: String, CaseIterable, Sendable {
    case exact, minor, documented, mismatch
    public static let words = allCases.map(\.rawValue)
}

/// What the desk decided.
public enum CheckInDecision: String, CaseIterable, Sendable {
    case admit, refuse, refer
    public static let words = allCases.map(\.rawValue)
}

/// Somebody's word that a check-in was a mistake.
public enum CheckInVoid {
    public static let checkIn = Field(1, "check_in", .reference, .once)
    public static let reason = Field(2, "reason", .text, .once)
    public static let voidedBy = Field(3, "voided_by", .text, .once)
    public static let deviceTime = Field(4, "device_time", .timestamp, .once)

    public static let kind = RecordKind(
        5, "check_in_void", isAppendOnly: true, indexes: [["check_in"]], [checkIn, reason, voidedBy, deviceTime])
}
