import Merging

/// How a booking can end.
public enum BookingEnd: String, CaseIterable, Sendable {
    case finished
    case noShow = "no_show"
    case turnedAway = "turned_away"
    case transferred, cancelled
}

/// The count of a session's bookings: which end each came to, and which came to none or to more than one.
public struct Reconciliation: Hashable, Sendable {
    /// The bookings of each end, ascending.
    public private(set) var ends: [BookingEnd: [RecordName]] = [:]
    /// The bookings that are not at exactly one end, ascending.
    public private(set) var gaps: [RecordName] = []
    public private(set) var total = 0

    /// Takes one look-up for the session and one for each admitted booking.
    public init(session: RecordName, reading: some RecordReading) throws(ReadingFailure) {
        let bookings = try reading.records(Booking.kind, where: Booking.examSession, equals: .reference(session))
        for booking in bookings {
            total += 1
            var reached: [BookingEnd] = []
            if booking.isCancelled { reached.append(.cancelled) }
            if booking[Booking.transferredTo] != .null { reached.append(.transferred) }
            switch booking.arrival {
            case .booked: break
            case .noShow: reached.append(.noShow)
            case .turnedAway: reached.append(.turnedAway)
            case .checkedIn:
                let sittings = try reading.records(
                    Sitting.kind, where: Sitting.booking, equals: .reference(booking.name)
                ).filter(\.counts)
                let isFinished = sittings.count == 1 && sittings.allSatisfy(\.isFinished)
                guard isFinished else {
                    gaps.append(booking.name)
                    continue
                }
                reached.append(.finished)
            }
            if let end = reached.first, reached.count == 1 {
                ends[end, default: []].append(booking.name)
            } else {
                gaps.append(booking.name)
            }
        }
    }
}

extension RecordView {
    /// Whether a sitting came to its end.
    public var isFinished: Bool {
        switch word(Sitting.state, as: SittingState.self) {
        case .finished, .submitted: true
        default: false
        }
    }
}
