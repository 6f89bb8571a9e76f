import ChangeSets
import Merging

/// Takes back that somebody did not come, or was turned away: the booking is open again.
public struct ReopenBooking: Command {
    public static let intent: Text = "reopen-booking"

    public var booking: RecordName

    public init(booking: RecordName) { self.booking = booking }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.standingBooking(booking)
        let session = try look.openSession(view.reference(Booking.examSession))
        switch view.arrival {
        case .noShow, .turnedAway: break
        case .checkedIn:
            throw CommandRefusal(
                .alreadyCheckedIn, "This person has been admitted: void the check-in first.", records: [booking])
        case .booked: throw CommandRefusal(.nothingToDo, "The booking is open: nothing was changed.")
        }
        var record = RecordBuilder(booking, Booking.kind)
        record.set(Booking.arrival, Arrival.booked)
        let scopes = DossierScopes.adding(session, to: view.document)
        return [view.dossierDraft(Self.intent, actor, [scopes, record.change].compactMap { $0 })]
    }
}

/// Takes the last step of a sitting back: finished becomes started, and started becomes admitted.
public struct TakeBackSittingStep: Command {
    public static let intent: Text = "take-back-sitting-step"

    public var sitting: RecordName

    public init(sitting: RecordName) { self.sitting = sitting }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.countingSitting(sitting)
        _ = try look.openSession(view.reference(Sitting.examSession))
        let entries = try look.list(view.document, ScoreEntry.kind)
            .filter { $0.reference(ScoreEntry.sitting) == sitting }
        guard entries.isEmpty else {
            throw CommandRefusal(
                .alreadyDecided, "This sitting has scores: report an incident, headquarters decides.",
                records: [sitting])
        }
        var record = RecordBuilder(sitting, Sitting.kind)
        switch view.word(Sitting.state, as: SittingState.self) {
        case .finished:
            record.set(Sitting.state, SittingState.started)
            record.put(Sitting.finishedAt, .null)
        case .started:
            record.set(Sitting.state, SittingState.admitted)
            record.put(Sitting.startedAt, .null)
        default: throw CommandRefusal(.nothingToDo, "The sitting has not begun: nothing was changed.")
        }
        return [view.dossierDraft(Self.intent, actor, [record.change])]
    }
}
