import ChangeSets
import Merging

/// Says that somebody did not come.
public struct MarkNoShow: Command {
    public static let intent: Text = "mark-no-show"

    public var booking: RecordName
    /// The dossier's context when the list was opened, where a sync may have come in since.
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
        switch view.arrival {
        case .checkedIn:
            throw CommandRefusal(
                .alreadyCheckedIn, "This person has been admitted: void the check-in first.", records: [booking])
        case .turnedAway, .noShow:
            throw CommandRefusal(.alreadyDecided, "This booking is dealt with already: nothing was changed.")
        case .booked: break
        }
        let session = try look.openSession(view.reference(Booking.examSession))
        guard now >= session.integer(ExamSession.startTime) ?? now else {
            throw CommandRefusal(.tooEarly, "The session has not begun: wait until it has.")
        }
        var record = RecordBuilder(booking, Booking.kind)
        record.set(Booking.arrival, Arrival.noShow)
        return [
            Draft(
                .document(view.document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text,
                intent: Self.intent, seen: seen, changes: [record.change])
        ]
    }
}

/// Begins a sitting.
public struct StartSitting: Command {
    public static let intent: Text = "start-sitting"

    public var sitting: RecordName

    public init(sitting: RecordName) { self.sitting = sitting }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.countingSitting(sitting)
        _ = try look.openSession(view.reference(Sitting.examSession))
        guard view.word(Sitting.state, as: SittingState.self) == .admitted else {
            throw CommandRefusal(.alreadyDecided, "This sitting has begun already: nothing was changed.")
        }
        var record = RecordBuilder(sitting, Sitting.kind)
        record.set(Sitting.state, SittingState.started)
        record.set(Sitting.startedAt, now)
        return [view.dossierDraft(Self.intent, actor, [record.change])]
    }
}

/// Ends a sitting.
public struct FinishSitting: Command {
    public static let intent: Text = "finish-sitting"

    public var sitting: RecordName

    public init(sitting: RecordName) { self.sitting = sitting }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.countingSitting(sitting)
        _ = try look.openSession(view.reference(Sitting.examSession))
        switch view.word(Sitting.state, as: SittingState.self) {
        case .started: break
        case .finished, .submitted:
            throw CommandRefusal(.alreadyDecided, "This sitting is finished already: nothing was changed.")
        default: throw CommandRefusal(.notAdmitted, "This sitting has not begun: start it first.")
        }
        var record = RecordBuilder(sitting, Sitting.kind)
        record.set(Sitting.state, SittingState.finished)
        record.set(Sitting.finishedAt, now)
        return [view.dossierDraft(Self.intent, actor, [record.change])]
    }
}

/// Says that a check-in was a mistake: the booking is open again, and what sitting it made is void.
public struct VoidCheckIn: Command {
    public static let intent: Text = "void-check-in"

    public var checkIn: RecordName
    public var reason: String

    public init(checkIn: RecordName, reason: String) {
        self.checkIn = checkIn
        self.reason = reason
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let event = try look.get(checkIn, CheckIn.kind, "check-in")
        guard try look.find(CheckInVoid.kind, Match(CheckInVoid.checkIn, .reference(checkIn))).isEmpty else {
            throw CommandRefusal(.alreadyDecided, "This check-in is void already: nothing was changed.")
        }
        guard let name = event.reference(CheckIn.booking) else {
            throw CommandRefusal(.notKnown, "The booking is not known here: sync, then look it up again.")
        }
        let booking = try look.booking(name)
        _ = try look.openSession(booking.reference(Booking.examSession))
        let sittings = try look.find(Sitting.kind, Match(Sitting.booking, .reference(name)))
            .filter { $0.reference(Sitting.checkIn) == checkIn }
        for sitting in sittings {
            let scores = try look.find(ScoreEntry.kind, Match(ScoreEntry.sitting, .reference(sitting.name)))
            guard scores.isEmpty else {
                throw CommandRefusal(
                    .alreadyDecided, "This sitting has scores: report an incident, headquarters decides.",
                    records: [sitting.name])
            }
        }
        var void = RecordBuilder(.pending(ordinal: 1), CheckInVoid.kind)
        void.set(CheckInVoid.checkIn, checkIn)
        void.set(CheckInVoid.reason, try Checks.required(reason, "reason", limit: Checks.narrativeBytesMax))
        void.set(CheckInVoid.voidedBy, actor.id)
        void.set(CheckInVoid.deviceTime, now)
        var changes = [void.change]
        if booking.arrival != .booked {
            var record = RecordBuilder(name, Booking.kind)
            record.set(Booking.arrival, Arrival.booked)
            changes.append(record.change)
        }
        for sitting in sittings {
            var record = RecordBuilder(sitting.name, Sitting.kind)
            record.set(Sitting.nullity, Nullity.void)
            changes.append(record.change)
        }
        return [event.dossierDraft(Self.intent, actor, changes)]
    }
}

extension Lookup {
    /// A sitting that counts.
    func countingSitting(_ name: RecordName) throws(CommandRefusal) -> RecordView {
        let view = try get(name, Sitting.kind, "sitting")
        guard view.counts else {
            throw CommandRefusal(.sittingVoid, "This sitting is void: check the person in again.", records: [name])
        }
        return view
    }
}

extension RecordView {
    /// Whether a sitting is neither void nor abandoned.
    public var counts: Bool { (word(Sitting.nullity, as: Nullity.self) ?? Nullity.none) == Nullity.none }

    func dossierDraft(_ intent: Text, _ actor: ActorIdentity, _ changes: [RecordChange]) -> Draft {
        Draft(
            .document(document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text, intent: intent,
            changes: changes)
    }
}
