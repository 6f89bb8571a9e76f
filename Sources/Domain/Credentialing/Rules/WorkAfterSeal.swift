import Merging

/// X21: what a sealed session came to is another now than when it was sealed: somebody worked on it afterwards, or the
/// work came in late. Headquarters looks.
public struct WorkAfterSeal: Rule {
    public let id: RuleID = "X21"
    public let meaning = "A session was sealed, and its bookings came to another end afterwards."
    public let kinds = [Booking.kind, Sitting.kind, ExamSession.kind, SealManifest.kind]

    public init() {}

    public func keys(touchedBy record: RecordView, reading: some RecordReading) throws(ReadingFailure) -> [RuleKey] {
        let session: RecordName? =
            switch record.kind.tag {
            // A booking that nothing happened to leads nowhere: imports make them by the thousand.
            case Booking.kind.tag: record.arrival == .booked ? nil : record.reference(Booking.examSession)
            case Sitting.kind.tag: record.reference(Sitting.examSession)
            default: record.document
            }
        guard let session, try reading.record(session, ExamSession.kind).map(isSealed) == true else { return [] }
        return [RuleKey(id, [session])]
    }

    private func isSealed(_ session: RecordView) -> Bool {
        session.word(ExamSession.state, as: SessionState.self) == .sealed
    }

    public func evaluate(_ key: RuleKey, reading: some RecordReading) throws(ReadingFailure) -> Violation? {
        guard let name = key.names.first, let session = try reading.record(name, ExamSession.kind), isSealed(session)
        else { return nil }
        let manifests = try reading.records(in: name, SealManifest.kind).compactMap { $0.bytes(SealManifest.manifest) }
        let now = try Reconciliation(session: name, reading: reading)
        guard !manifests.isEmpty, !manifests.contains(where: now.agrees(with:)) else { return nil }
        let bookings = try reading.records(Booking.kind, where: Booking.examSession, equals: .reference(name))
        return Violation(
            key, about: [session],
            text: "The session was sealed, and its bookings are not as they were then: what happened afterwards?",
            safeDefault: .hold,
            facts: Facts(bookings, [Booking.arrival, Booking.cancellation]))
    }
}
