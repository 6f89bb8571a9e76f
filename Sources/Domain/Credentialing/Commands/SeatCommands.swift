import ChangeSets
import Merging

/// Gives somebody another seat, planned or taken.
public struct MoveSeat: Command {
    public static let intent: Text = "move-seat"

    public var booking: RecordName
    public var seat: RecordName
    /// The dossier's context when the plan was opened, where a sync may have come in since.
    public var seen: Context?

    public init(booking: RecordName, to seat: RecordName, seen: Context? = nil) {
        self.booking = booking
        self.seat = seat
        self.seen = seen
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.standingBooking(booking)
        let session = try look.openSession(view.reference(Booking.examSession))
        if view.reference(Booking.seat) == seat, !view.isProvisional(Booking.seat) {
            throw CommandRefusal(.nothingToDo, "That is this person's seat already: nothing was changed.")
        }
        try look.checkSeat(seat, in: session, for: booking)
        return [view.seatDraft(Self.intent, actor, seat, seen)]
    }
}

/// Lets two people of one session change seats: both are written together.
public struct SwapSeats: Command {
    public static let intent: Text = "swap-seats"

    public var first: RecordName
    public var second: RecordName

    public init(_ first: RecordName, _ second: RecordName) {
        self.first = first
        self.second = second
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let one = try look.standingBooking(first)
        let other = try look.standingBooking(second)
        let session = one.reference(Booking.examSession)
        _ = try look.openSession(session)
        guard first != second, session == other.reference(Booking.examSession),
            let mine = one.reference(Booking.seat), let theirs = other.reference(Booking.seat), mine != theirs
        else {
            throw CommandRefusal(.nothingToDo, "Choose two people of one session who have different seats.")
        }
        return [
            one.seatDraft(Self.intent, actor, theirs, nil), other.seatDraft(Self.intent, actor, mine, nil),
        ]
    }
}

/// Takes a seat out of service, or puts it back.
public struct SetSeatService: Command {
    public static let intent: Text = "set-seat-service"

    public var seat: RecordName
    public var service: SeatService

    public init(seat: RecordName, _ service: SeatService) {
        self.seat = seat
        self.service = service
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let view = try Lookup(reading).get(seat, Seat.kind, "seat")
        guard view.word(Seat.service, as: SeatService.self) ?? .inService != service else {
            throw CommandRefusal(.nothingToDo, "The seat is so already: nothing was changed.")
        }
        var record = RecordBuilder(seat, Seat.kind)
        record.set(Seat.service, service)
        return [
            Draft(
                .document(view.document), documentKind: CredentialingSchema.site.tag, actor: actor.text,
                intent: Self.intent, changes: [record.change])
        ]
    }
}

extension RecordView {
    fileprivate func seatDraft(
        _ intent: Text, _ actor: ActorIdentity, _ seat: RecordName, _ seen: Context?
    ) -> Draft {
        var record = RecordBuilder(name, Booking.kind)
        record.set(Booking.seat, seat)
        return Draft(
            .document(document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text, intent: intent,
            seen: seen, changes: [record.change])
    }
}
