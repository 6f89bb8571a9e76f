/// What can be taken back, as new work: nothing that was written goes.
public struct TakeBack: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// An admission; its sitting becomes void.
        case admission
        /// A no-show, or somebody turned away.
        case absence
        /// The start or the end of a sitting.
        case step
    }

    public let kind: Kind
    public let booking: String
    /// What was done, such as `Admitted to seat 3: Zoë Nguyễn`.
    public let words: String

    public init(_ kind: Kind, booking: String, words: String) {
        self.kind = kind
        self.booking = booking
        self.words = words
    }
}

/// Work on a session beyond checking in: each is asked for by the confirming key of a form and saved whole.
public enum DeskAct: Hashable, Sendable {
    case openDoors
    /// Lets the exam begin, and the sittings of these bookings with it.
    case begin(bookings: [String])
    case finish(bookings: [String])
    case goOut(booking: String, kind: String)
    /// - minutes: working time that is given back.
    case comeBack(booking: String, minutes: Int)
    /// Empty bookings: everybody.
    case interrupt(cause: String, bookings: [String])
    /// Nil minutes: as many as were lost.
    case resume(interruption: String, minutes: Int?)
    case report(booking: String?, type: String, severity: String, narrative: String)
    /// Seats by booking; two people who change places are in it both.
    case seat([String: String])
    case swap(String, String)
    case seatService(seat: String, isOut: Bool)
    case walkIn(given: String, family: String, birthDate: String)
    /// An empty reason where nobody is missing.
    case close(reason: String)
    case seal(scripts: Int, reason: String)
    case takeBack(TakeBack, reason: String)
}

/// A stop of the work in a session.
public struct DeskInterruption: Hashable, Sendable {
    public let id: String
    public let cause: String
    public let beganMs: Int64
    /// Nil while it lasts.
    public let endedMs: Int64?
    public let minutesReturned: Int
    public let isForAll: Bool

    public init(
        id: String, cause: String, beganMs: Int64, endedMs: Int64? = nil, minutesReturned: Int = 0,
        isForAll: Bool = true
    ) {
        self.id = id
        self.cause = cause
        self.beganMs = beganMs
        self.endedMs = endedMs
        self.minutesReturned = minutesReturned
        self.isForAll = isForAll
    }
}

/// A seat of the plan.
public struct DeskSeat: Hashable, Sendable {
    public let label: String
    public let isInService: Bool

    public init(label: String, isInService: Bool) {
        self.label = label
        self.isInService = isInService
    }
}
