import Merging

/// X2: one person admitted to two sessions that overlap.
public struct OverlappingAdmissions: Rule {
    public let id: RuleID = "X2"
    public let meaning = "One person was admitted to two sessions that overlap."
    public let kinds = [Booking.kind, ExamSession.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        if record.kind.tag == Booking.kind.tag {
            guard record.arrival == .checkedIn else { return [] }
            return try pairs(of: record, reading)
        }
        // A session may arrive after the dossiers of those who sat it.
        var keys: [RuleKey] = []
        let bookings = try reading.records(Booking.kind, where: Booking.examSession, equals: .reference(record.name))
        for booking in bookings where booking.arrival == .checkedIn { keys += try pairs(of: booking, reading) }
        return keys
    }

    private func pairs(
        of booking: RecordView, _ reading: some RecordReading
    ) throws(ReadingFailure) -> [RuleKey] {
        guard let mine = try time(of: booking, reading) else { return [] }
        var overlapping: [RecordName] = []
        for other in try reading.records(in: booking.document, Booking.kind)
        where other.name != booking.name && other.arrival == .checkedIn {
            if try time(of: other, reading)?.overlaps(mine) == true { overlapping.append(other.name) }
        }
        return Evidence.pairs(id, booking.name, overlapping)
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard key.names.count == 2, let one = try reading.record(key.names[0], Booking.kind),
            let other = try reading.record(key.names[1], Booking.kind), one.document == other.document,
            one.arrival == .checkedIn, other.arrival == .checkedIn,
            let first = try time(of: one, reading), let second = try time(of: other, reading), first.overlaps(second)
        else { return nil }
        let person = try Evidence.person(one.document, reading)
        return Violation(
            key, about: [one, other], text: "\(person) was admitted to two sessions that overlap: which one counts?",
            safeDefault: .hold, facts: Facts([one, other], [Booking.examSession, Booking.arrival]))
    }

    private func time(
        of booking: RecordView, _ reading: some RecordReading
    ) throws(ReadingFailure) -> Range<Int64>? {
        guard let name = booking.reference(Booking.examSession),
            let session = try reading.record(name, ExamSession.kind),
            let start = session.integer(ExamSession.startTime),
            let minutes = session.integer(ExamSession.durationMinutes)
        else { return nil }
        // Foreign numbers: neither may trap.
        let (length, long) = minutes.multipliedReportingOverflow(by: 60_000)
        let (end, late) = start.addingReportingOverflow(length)
        return long || late || end <= start ? nil : start..<end
    }
}

/// X3: one seat of a session given to two people. Nobody is moved after the fact.
public struct SeatGivenTwice: Rule {
    public let id: RuleID = "X3"
    public let meaning = "One seat of a session was given to two people."
    public let kinds = [Booking.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        guard record.occupiesSeat, let session = record.reference(Booking.examSession),
            let seat = record.reference(Booking.seat)
        else { return [] }
        return [RuleKey(id, [session, seat])]
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard key.names.count == 2 else { return nil }
        let there = try reading.records(
            Booking.kind,
            matching: [
                Match(Booking.examSession, .reference(key.names[0])), Match(Booking.seat, .reference(key.names[1])),
            ]
        ).filter(\.occupiesSeat)
        guard there.count >= 2 else { return nil }
        var people: [String] = []
        for booking in there { people.append(try Evidence.person(booking.document, reading)) }
        let label = try reading.record(key.names[1], Seat.kind)?.text(Seat.label) ?? key.names[1].description
        return Violation(
            key, about: there, text: "Seat \(label) was given to \(people.joined(separator: " and ")): who sat where?",
            safeDefault: .flag, facts: Facts(there, [Booking.seat, Booking.arrival]))
    }
}

/// X24: two sittings that count under one booking, as when two desks admit the same person. Headquarters' list of rules
/// ends at X23; this one follows from admission making the sitting.
public struct AdmittedTwice: Rule {
    public let id: RuleID = "X24"
    public let meaning = "One booking has two sittings that count."
    public let kinds = [Sitting.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        guard let booking = record.reference(Sitting.booking),
            try reading.records(Sitting.kind, where: Sitting.booking, equals: .reference(booking)).count >= 2
        else { return [] }
        return [RuleKey(id, [booking])]
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard let booking = key.names.first else { return nil }
        let sittings = try reading.records(Sitting.kind, where: Sitting.booking, equals: .reference(booking))
            .filter(\.counts)
        guard sittings.count >= 2, let dossier = sittings.first?.document else { return nil }
        return Violation(
            key, about: sittings,
            text:
                "\(try Evidence.person(dossier, reading)) was admitted \(sittings.count) times: which sitting counts?",
            safeDefault: .hold, facts: Facts(sittings, [Sitting.checkIn, Sitting.nullity]))
    }
}
