import Credentialing
import HybridTime
import Merging
import SampleData
import Tabular

/// Bookings, and the sittings of those who came.
extension Importer {
    func booking(_ key: String) throws -> KnownBooking? {
        if let known = bookings[Text(key)] { return known }
        return try find(Booking.kind, Booking.externalKey, key).map { remember($0, key) }
    }

    private func remember(_ view: RecordView, _ key: String?) -> KnownBooking {
        let known = KnownBooking(
            view.name, document: view.document, session: view.reference(Booking.examSession) ?? view.name,
            arrival: view.arrival, stands: !view.isCancelled && view[Booking.transferredTo] == .null, batch: 0)
        if let key { bookings[Text(key)] = known }
        return known
    }

    func takeBooking(_ row: ImportRow) throws -> Outcome {
        let key = try row.checkedKey()
        let personKey = try row.required(.person, "person")
        let sessionKey = try row.required(.session, "session")
        let ticket = try row.line(.ticket, "ticket code")
        guard let person = try person(personKey) else {
            throw RowRefusal.unknown("person", personKey, "import the people first, or correct the key")
        }
        guard let session = try session(sessionKey) else {
            throw RowRefusal.unknown("session", sessionKey, "import the sessions first, or correct the key")
        }
        if let known = try booking(key) {
            if known.batch == batchNumber { try settle() }
            guard known.document == person.name else { throw RowRefusal.fixed("booking", key, "person") }
            guard known.session == session.name else { throw RowRefusal.fixed("booking", key, "session") }
            return try updateBooking(row, key, known, session, ticket)
        }
        return try makeBooking(row, key, person, session, ticket)
    }

    private func makeBooking(
        _ row: ImportRow, _ key: String, _ person: KnownPerson, _ session: KnownSession, _ ticket: String?
    ) throws -> Outcome {
        if person.isBarred {
            throw RowRefusal("person-barred", "this person is barred; only headquarters can lift that")
        }
        if session.isClosed {
            throw RowRefusal("session-closed", "the session is closed; book into another one")
        }
        if person.bookings.contains(where: { $0.session == session.name }) {
            throw RowRefusal(
                "already-booked", "this person is booked into the session already; use that booking's key")
        }
        if let ticket {
            guard !batchTickets.contains(Text(ticket)), try find(Booking.kind, Booking.ticketCode, ticket) == nil else {
                throw RowRefusal("already-there", "the ticket code \(RowRefusal.quoted(ticket)) is taken; make another")
            }
        }
        let seat = try seat(row, session, for: nil)
        if let ticket { batchTickets.insert(Text(ticket)) }
        if let seat { batchSeats.insert([session.name, seat]) }
        // Also where they are there: a removal elsewhere takes away what it saw.
        var scopes = RecordWrites(person.name, Person.kind)
        scopes.add(Person.scopes, session.scopes.map(\.string))
        if !scopes.isEmpty {
            person.batch = batchNumber
            batch.amend(scopes.change, in: person.name, CredentialingSchema.dossier)
        }
        let arrival = row.text(.arrival).flatMap { Arrival(rawValue: $0) } ?? .booked
        let name = batch.makeName(in: person.name, CredentialingSchema.dossier)
        var record = RecordWrites(name, Booking.kind)
        record.set(Booking.examSession, session.name)
        record.set(
            Booking.ticketCode,
            ticket ?? CrockfordBase32.checked(.random(in: 0..<(1 << 60)), digits: CrockfordBase32.digitsMax))
        record.set(Booking.externalKey, key)
        record.set(Booking.seat, seat)
        record.set(Booking.arrival, word: arrival)
        record.set(Booking.cancellation, word: Cancellation.none)
        batch.add(record.change, to: person.name, CredentialingSchema.dossier)
        let known = KnownBooking(
            name, document: person.name, session: session.name, arrival: arrival, stands: true, batch: batchNumber)
        known.sitting = .some(nil)
        known.entries = []
        bookings[Text(key)] = known
        person.bookings.append((session.name, name))
        if arrival == .checkedIn { makeSitting(known) }
        return .made
    }

    /// Whoever came has a sitting. Another system's word makes one without a check-in of ours: no desk of this organisation
    /// looked at a document, and none is made up.
    func makeSitting(_ booking: KnownBooking) {
        let name = batch.makeName(in: booking.document, CredentialingSchema.dossier)
        var record = RecordWrites(name, Sitting.kind)
        record.set(Sitting.booking, booking.name)
        record.set(Sitting.examSession, booking.session)
        record.set(Sitting.state, word: SittingState.finished)
        record.set(Sitting.nullity, word: Nullity.none)
        batch.add(record.change, to: booking.document, CredentialingSchema.dossier)
        booking.sitting = .some(name)
        booking.sittingIsFinished = true
        booking.entries = []
        booking.batch = batchNumber
    }

    /// The seat that a row names; nil where it names none.
    private func seat(_ row: ImportRow, _ session: KnownSession, for booking: RecordName?) throws -> RecordName? {
        guard let text = try row.line(.seat, "seat") else { return nil }
        let site = try site(named: session.site)
        let label = try row.line(.room, "room").map { Importer.seatLabel(room: $0, seat: text) } ?? text
        guard let seat = site?.seats[Text(label)] else {
            throw RowRefusal.unknown("seat", label, "import the site's rooms first, or correct the seat")
        }
        if batchSeats.contains([session.name, seat]) { try settle() }
        let there = try find(
            Booking.kind, Match(Booking.examSession, .reference(session.name)), Match(Booking.seat, .reference(seat)))
        guard !there.contains(where: { $0.name != booking && $0.occupiesSeat }) else {
            throw RowRefusal("seat-taken", "the seat \(RowRefusal.quoted(label)) is taken; choose another")
        }
        return seat
    }

    private func updateBooking(
        _ row: ImportRow, _ key: String, _ known: KnownBooking, _ session: KnownSession, _ ticket: String?
    ) throws -> Outcome {
        guard let view = try find(known.name, Booking.kind) else {
            throw RowRefusal.unknown("booking", key, "import the row again")
        }
        if let ticket, view[Booking.ticketCode] != .text(ticket) {
            throw RowRefusal.fixed("booking", key, "ticket code")
        }
        var record = RecordWrites(known.name, Booking.kind)
        if row[.seat] == .cleared {
            if view[Booking.seat] != .null { record.put(Booking.seat, .null) }
        } else if let seat = try seat(row, session, for: known.name), view.reference(Booking.seat) != seat {
            record.set(Booking.seat, seat)
            batchSeats.insert([session.name, seat])
        }
        let wanted = row.text(.arrival).flatMap { Arrival(rawValue: $0) }
        if let wanted, wanted != .booked, view.arrival == .booked {
            record.set(Booking.arrival, word: wanted)
            known.arrival = wanted
            if wanted == .checkedIn, try sitting(known) == nil { makeSitting(known) }
        }
        guard !record.isEmpty else { return .same }
        known.batch = batchNumber
        batch.amend(record.change, in: known.document, CredentialingSchema.dossier)
        return .changed
    }

    /// The sitting of a booking that counts.
    func sitting(_ booking: KnownBooking) throws -> RecordName? {
        if let known = booking.sitting { return known }
        let view = try find(Sitting.kind, Match(Sitting.booking, .reference(booking.name))).first(where: \.counts)
        booking.sittingIsFinished = view?.isFinished ?? true
        booking.sitting = .some(view?.name)
        return view?.name
    }
}
