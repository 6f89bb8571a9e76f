import ChangeSets
import Merging

/// The look-ups that commands share, with a refusal in plain words where something is not there.
struct Lookup<Reading: RecordReading> {
    let reading: Reading

    init(_ reading: Reading) { self.reading = reading }

    func find(_ name: RecordName, _ kind: RecordKind) throws(CommandRefusal) -> RecordView? {
        do { return try reading.record(name, kind) } catch { throw .unreadable(error) }
    }

    func find(
        _ kind: RecordKind, _ matches: Match...
    ) throws(CommandRefusal) -> [RecordView] {
        do { return try reading.records(kind, matching: matches) } catch { throw .unreadable(error) }
    }

    func list(_ document: RecordName, _ kind: RecordKind) throws(CommandRefusal) -> [RecordView] {
        do { return try reading.records(in: document, kind) } catch { throw .unreadable(error) }
    }

    func context(_ document: RecordName) throws(CommandRefusal) -> Context {
        do { return try reading.documentContext(document) } catch { throw .unreadable(error) }
    }

    /// The record, or a refusal that names it as people do.
    func get(_ name: RecordName, _ kind: RecordKind, _ noun: String) throws(CommandRefusal) -> RecordView {
        guard let view = try find(name, kind) else {
            throw CommandRefusal(
                .notKnown, "This \(noun) is not known here: sync, then look it up again.", records: [name])
        }
        return view
    }

    func booking(_ name: RecordName) throws(CommandRefusal) -> RecordView {
        try get(name, Booking.kind, "booking")
    }

    /// A booking that stands: neither cancelled nor transferred.
    func standingBooking(_ name: RecordName) throws(CommandRefusal) -> RecordView {
        let view = try booking(name)
        if view.isCancelled {
            throw CommandRefusal(
                .bookingCancelled, "This booking is cancelled: ask headquarters, or book anew.", records: [name])
        }
        if let other = view.reference(Booking.transferredTo) {
            throw CommandRefusal(
                .bookingTransferred, "This booking was transferred: use the new booking.", records: [name, other])
        }
        return view
    }

    /// The session that a booking or a sitting points at; refuses one that is closed or sealed.
    func openSession(_ name: RecordName?) throws(CommandRefusal) -> RecordView {
        guard let name else { throw CommandRefusal(.notKnown, "The session is not known here: sync, then try again.") }
        let session = try get(name, ExamSession.kind, "session")
        switch session.word(ExamSession.state, as: SessionState.self) {
        case .closed, .sealed:
            throw CommandRefusal(
                .sessionClosed, "The session is closed: report what happened as an incident to headquarters.",
                records: [name])
        default: return session
        }
    }

    /// Refuses a seat of another site, one that is out of service, and one where somebody else sits or is to sit.
    func checkSeat(_ seat: RecordName, in session: RecordView, for booking: RecordName?) throws(CommandRefusal) {
        guard let view = try find(seat, Seat.kind), view.document == session.reference(ExamSession.site) else {
            throw CommandRefusal(.seatUnknown, "This site has no such seat: choose one from the plan.", records: [seat])
        }
        let label = view.text(Seat.label) ?? ""
        if view.word(Seat.service, as: SeatService.self) == .out {
            throw CommandRefusal(.seatOutOfService, "Seat \(label) is out of service: choose another.", records: [seat])
        }
        let there = try find(
            Booking.kind, Match(Booking.examSession, .reference(session.name)), Match(Booking.seat, .reference(seat)))
        if let other = there.first(where: { $0.name != booking && $0.occupiesSeat }) {
            throw CommandRefusal(.seatTaken, "Seat \(label) is taken: choose another.", records: [other.name])
        }
    }

    /// Refuses a key that an index says is there.
    func checkUnused(_ key: String?, _ kind: RecordKind, _ field: Field, _ noun: String) throws(CommandRefusal) {
        guard let key, let other = try find(kind, Match(field, .text(key))).first else { return }
        throw CommandRefusal(
            .alreadyThere, "The \(noun) \(key) is taken: open that record instead.", records: [other.name])
    }
}

extension CommandRefusal {
    static func unreadable(_ failure: ReadingFailure) -> CommandRefusal {
        CommandRefusal(.storeUnreadable, "The data on this device could not be read: \(failure.detail)")
    }
}

extension RecordView {
    /// Whether a booking was cancelled.
    public var isCancelled: Bool { word(Booking.cancellation, as: Cancellation.self) == .cancelled }
    /// What became of a booking on the day.
    public var arrival: Arrival { word(Booking.arrival) ?? .booked }

    /// Whether a booking takes its seat from others.
    public var occupiesSeat: Bool {
        !isCancelled && self[Booking.transferredTo] == .null && arrival != .noShow && arrival != .turnedAway
    }
}
