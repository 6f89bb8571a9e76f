import ChangeSets
import Merging

/// Books a person into a session.
public struct Book: Command {
    public static let intent: Text = "book"

    public var person: RecordName
    public var session: RecordName
    /// Printed on the ticket; made by whoever calls, as this layer has no randomness.
    public var ticketCode: String
    public var seat: RecordName?
    public var externalKey: String?

    public init(
        person: RecordName, session: RecordName, ticketCode: String, seat: RecordName? = nil, externalKey: String? = nil
    ) {
        self.person = person
        self.session = session
        self.ticketCode = ticketCode
        self.seat = seat
        self.externalKey = externalKey
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let person = try look.get(person, Person.kind, "person")
        let changes = try changes(look, person: person, booking: .pending(ordinal: 1))
        return [
            Draft(
                .document(person.document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text,
                intent: Self.intent, changes: changes)
        ]
    }

    /// The new booking, and the scopes that let its site see the dossier; ``TransferBooking`` makes them too. They are
    /// added also where they are there: a removal elsewhere takes away what it saw, and this booking needs its own.
    func changes(
        _ look: Lookup<some RecordReading>, person: RecordView, booking name: RecordName
    ) throws(CommandRefusal) -> [RecordChange] {
        if person.word(Person.hold, as: Hold.self) == .barred {
            throw CommandRefusal(.personBarred, "This person is barred: only headquarters can lift that.")
        }
        let session = try look.openSession(session)
        let ticket = try Checks.required(ticketCode, "ticket code")
        let external = try Checks.optional(externalKey, "external key")
        try look.checkUnused(ticket, Booking.kind, Booking.ticketCode, "ticket code")
        try look.checkUnused(external, Booking.kind, Booking.externalKey, "external key")
        for other in try look.list(person.document, Booking.kind)
        where other.reference(Booking.examSession) == session.name && !other.isCancelled
            && other[Booking.transferredTo] == .null
        {
            throw CommandRefusal(
                .alreadyBooked, "This person is booked into the session already: use that booking.",
                records: [other.name])
        }
        if let seat { try look.checkSeat(seat, in: session, for: nil) }
        var booking = RecordBuilder(name, Booking.kind)
        booking.set(Booking.examSession, session.name)
        booking.set(Booking.ticketCode, ticket)
        booking.set(Booking.externalKey, external)
        booking.set(Booking.seat, seat)
        booking.set(Booking.arrival, Arrival.booked)
        booking.set(Booking.cancellation, Cancellation.none.rawValue)
        return [DossierScopes.adding(session, to: person.name), booking.change].compactMap { $0 }
    }
}

/// Takes a booking back.
public struct CancelBooking: Command {
    public static let intent: Text = "cancel-booking"

    public var booking: RecordName
    /// The dossier's context when the form was opened, where a sync may have come in since.
    public var seen: Context?

    public init(booking: RecordName, seen: Context? = nil) {
        self.booking = booking
        self.seen = seen
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.standingBooking(booking)
        if view.arrival == .checkedIn {
            throw CommandRefusal(
                .alreadyCheckedIn, "This person has been admitted: void the check-in first.", records: [booking])
        }
        var record = RecordBuilder(booking, Booking.kind)
        record.set(Booking.cancellation, Cancellation.cancelled)
        let scopes = try DossierScopes.change(look, view.document, without: [booking])
        return [
            Draft(
                .document(view.document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text,
                intent: Self.intent, seen: seen, changes: [scopes, record.change].compactMap { $0 })
        ]
    }
}

/// Moves a person to another session: the new booking takes the old one's place.
public struct TransferBooking: Command {
    public static let intent: Text = "transfer-booking"

    public var booking: RecordName
    public var session: RecordName
    public var ticketCode: String
    public var seat: RecordName?

    public init(booking: RecordName, to session: RecordName, ticketCode: String, seat: RecordName? = nil) {
        self.booking = booking
        self.session = session
        self.ticketCode = ticketCode
        self.seat = seat
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let old = try look.standingBooking(booking)
        if old.arrival == .checkedIn {
            throw CommandRefusal(
                .alreadyCheckedIn, "This person has been admitted: void the check-in first.", records: [booking])
        }
        let person = try look.get(old.document, Person.kind, "person")
        let new = RecordName.pending(ordinal: 1)
        let changes = try Book(person: person.name, session: session, ticketCode: ticketCode, seat: seat)
            .changes(look, person: person, booking: new)
        var record = RecordBuilder(booking, Booking.kind)
        record.set(Booking.transferredTo, new)
        let scopes = try DossierScopes.change(look, old.document, without: [booking], and: [session])
        return [
            Draft(
                .document(old.document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text,
                intent: Self.intent,
                changes: [scopes].compactMap { $0 } + changes.filter { $0.record == new } + [record.change])
        ]
    }
}
