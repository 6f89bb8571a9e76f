import ChangeSets
import Merging

/// What somebody at a desk wants done.
///
/// A command refuses only what this person can still put right here and now. What happened elsewhere is never refused: it
/// arrives as change sets, and rules make cases of what does not fit.
public protocol Command: Sendable {
    /// The name under which change sets of this command are known, such as `check-in`.
    static var intent: Text { get }

    /// The change sets to commit together, in order.
    /// - Parameters:
    ///   - reading: one snapshot of the store.
    ///   - now: the device's time in milliseconds since 1970; evidence, not order.
    func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft]
}

/// Who does something, and where.
public struct ActorIdentity: Hashable, Sendable {
    /// The name that change sets carry.
    public let id: String
    /// The desk's name.
    public let station: String

    public init(_ id: String, station: String = "") {
        self.id = id
        self.station = station
    }

    var text: Text { Text(id) }
}

/// Why a command was not carried out, in the words of the person's work and with what to do next. Nothing was written.
public struct CommandRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable: scripts and translations go by it.
    public enum Code: String, CaseIterable, Sendable {
        case alreadyBooked = "already-booked"
        case alreadyCheckedIn = "already-checked-in"
        case alreadyDecided = "already-decided"
        case alreadyThere = "already-there"
        case approvalMissing = "approval-missing"
        case badDate = "bad-date"
        case bookingCancelled = "booking-cancelled"
        case bookingTransferred = "booking-transferred"
        case missing
        case nameMismatch = "name-mismatch"
        case notAdmitted = "not-admitted"
        case notFinished = "not-finished"
        case notKnown = "not-known"
        case notYours = "not-yours"
        case nothingToDo = "nothing-to-do"
        case personBarred = "person-barred"
        case roleTaken = "role-taken"
        case samePersonTwice = "same-person-twice"
        case scoreOutOfRange = "score-out-of-range"
        case seatOutOfService = "seat-out-of-service"
        case seatTaken = "seat-taken"
        case seatUnknown = "seat-unknown"
        case sessionClosed = "session-closed"
        case sessionGaps = "session-gaps"
        case sittingVoid = "sitting-void"
        case storeUnreadable = "store-unreadable"
        case tooEarly = "too-early"
        case tooLong = "too-long"
        case tooMany = "too-many"
        case walkInRefused = "walk-in-refused"
    }

    public let code: Code
    /// One line: what stands in the way, then what to do.
    public let text: String
    /// The records that stand in the way, such as the bookings that a session cannot close over.
    public let records: [RecordName]

    public init(_ code: Code, _ text: String, records: [RecordName] = []) {
        self.code = code
        self.text = text
        self.records = records
    }

    public var description: String { text }
}
