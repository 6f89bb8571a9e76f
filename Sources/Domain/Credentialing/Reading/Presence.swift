import Merging

/// Who of those who sit is out of the room: a sitting's events in the order in which they were seen. A clock that is off
/// may put them in a wrong order, and a name decides between equal times; the events themselves stay as they were noted.
public struct Presence: Hashable, Sendable {
    /// Whether the last thing seen was that the person went out.
    public let isOut: Bool
    /// When they went out, in milliseconds since 1970; nil for whoever is in.
    public let outSince: Int64?
    public let breakKind: BreakKind?
    /// Working time given back for breaks, in minutes.
    public let minutesReturned: Int64
    /// How often they were out.
    public let breaks: Int

    public init(_ events: [RecordView]) {
        func seen(_ event: RecordView) -> Int64 { event.integer(PresenceEvent.seenAt) ?? 0 }
        let ordered = events.sorted { (seen($0), $0.name) < (seen($1), $1.name) }
        let last = ordered.last
        isOut = last?.word(PresenceEvent.direction) == PresenceDirection.out
        outSince = isOut ? last.map(seen) : nil
        breakKind = isOut ? last?.word(PresenceEvent.breakKind) : nil
        breaks = ordered.count { $0.word(PresenceEvent.direction) == PresenceDirection.out }
        minutesReturned = ordered.reduce(0) { sum, event in
            // Foreign numbers: the sum must not trap.
            sum.addingReportingOverflow(max(0, event.integer(PresenceEvent.minutesReturned) ?? 0)).partialValue
        }
    }

    /// With one look-up.
    public static func read(
        _ sitting: RecordName, reading: some RecordReading
    ) throws(ReadingFailure) -> Presence {
        Presence(try reading.records(PresenceEvent.kind, where: PresenceEvent.sitting, equals: .reference(sitting)))
    }
}

extension RecordView {
    /// Whether an interruption concerns a booking.
    public func interrupts(_ booking: RecordName) -> Bool {
        let named = sets[Interruption.bookings.tag] ?? []
        return named.isEmpty || named.contains(.reference(booking))
    }

    /// The whole minutes between two moments, begun ones counted; 0 where the later one comes first.
    static func minutes(from began: Int64, to ended: Int64) -> Int64 {
        let (length, isFar) = ended.subtractingReportingOverflow(began)
        return isFar || length <= 0 ? 0 : length / 60_000 + (length % 60_000 == 0 ? 0 : 1)
    }
}
