import Merging

/// Somebody was marked as absent, or turned away, where at the same time somebody else admitted them. Presence is shown;
/// a write that has seen both ends the question.
public struct ArrivalContradicted: Rule {
    public let id: RuleID = "Q-booking.arrival"
    public let meaning = "One place admitted somebody whom another marked as absent or turned away."
    public let kinds = [Booking.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        record.isProvisional(Booking.arrival) ? [RuleKey(id, [record.name])] : []
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard let name = key.names.first, let booking = try reading.record(name, Booking.kind) else { return nil }
        let claims = booking.claims(of: Booking.arrival).compactMap { value -> Arrival? in
            if case .text(let text) = value { Arrival(rawValue: text.string) } else { nil }
        }
        guard claims.contains(.checkedIn), claims.contains(.noShow) || claims.contains(.turnedAway) else { return nil }
        let absence = claims.contains(.noShow) ? "marked as absent" : "turned away"
        return Violation(
            key, about: [booking],
            text: "\(try Evidence.person(booking.document, reading)) was \(absence) and admitted: which is right?",
            safeDefault: .hold, facts: Facts([booking], [Booking.arrival]), cells: [Booking.arrival.tag])
    }
}

/// A booking was cancelled while the person was admitted under it.
public struct CancelledButPresent: Rule {
    public let id: RuleID = "Q-booking.cancelled_present"
    public let meaning = "A booking was cancelled and the person was admitted."
    public let kinds = [Booking.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        holds(record) ? [RuleKey(id, [record.name])] : []
    }

    private func holds(_ booking: RecordView) -> Bool { booking.isCancelled && booking.arrival == .checkedIn }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard let name = key.names.first, let booking = try reading.record(name, Booking.kind), holds(booking)
        else { return nil }
        return Violation(
            key, about: [booking],
            text: "The booking of \(try Evidence.person(booking.document, reading)) was cancelled, and the person was "
                + "admitted: does the sitting count?",
            safeDefault: .hold, facts: Facts([booking], [Booking.cancellation, Booking.arrival]))
    }
}

/// A booking was transferred while its old site marked the person as absent, turned them away or admitted them.
public struct TransferredButSeen: Rule {
    public let id: RuleID = "Q-booking.transferred_seen"
    public let meaning = "A booking was transferred and its old site dealt with it."
    public let kinds = [Booking.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        holds(record) ? [RuleKey(id, [record.name])] : []
    }

    private func holds(_ booking: RecordView) -> Bool {
        booking[Booking.transferredTo] != .null && booking.arrival != .booked
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard let name = key.names.first, let booking = try reading.record(name, Booking.kind), holds(booking)
        else { return nil }
        let end =
            switch booking.arrival {
            case .noShow: "marked as absent"
            case .turnedAway: "turned away"
            case .checkedIn, .booked: "admitted"
            }
        return Violation(
            key, about: [booking],
            text: "\(try Evidence.person(booking.document, reading)) was transferred, and \(end) at the old site: "
                + "does that count?",
            safeDefault: booking.arrival == .checkedIn ? .hold : .doesNotCount,
            facts: Facts([booking], [Booking.transferredTo, Booking.arrival]))
    }
}
