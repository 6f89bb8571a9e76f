import ChangeSets
import Merging

/// Says that somebody who sits went out of the room, or came back.
public struct RecordPresence: Command {
    public static let intent: Text = "record-presence"

    public enum Move: Hashable, Sendable {
        case out(BreakKind)
        /// - Parameter minutesReturned: working time that is given back for this break.
        case back(identityRechecked: Bool, minutesReturned: Int64)
    }

    public var sitting: RecordName
    public var move: Move
    /// When it was seen, where it is typed later; nil for now.
    public var seenAt: Int64?

    public init(sitting: RecordName, _ move: Move, seenAt: Int64? = nil) {
        self.sitting = sitting
        self.move = move
        self.seenAt = seenAt
    }

    /// More is a slip of the hand.
    public static let minutesReturnedMax: Int64 = 600

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.countingSitting(sitting)
        _ = try look.openSession(view.reference(Sitting.examSession))
        switch view.word(Sitting.state, as: SittingState.self) {
        case .started: break
        case .finished, .submitted:
            throw CommandRefusal(.alreadyDecided, "This sitting is finished: whoever leaves now needs no entry.")
        default: throw CommandRefusal(.notAdmitted, "This sitting has not begun: start it first.")
        }
        let presence: Presence
        do { presence = try Presence.read(sitting, reading: reading) } catch { throw .unreadable(error) }
        var event = RecordBuilder(.pending(ordinal: 1), PresenceEvent.kind)
        event.set(PresenceEvent.sitting, sitting)
        try set(&event, presence)
        let seen = seenAt ?? now
        guard seen <= now else {
            throw CommandRefusal(.badDate, "That is still to come: write down when it was seen.")
        }
        if let since = presence.outSince, seen < since {
            throw CommandRefusal(.badDate, "The person went out after that: look at the time again.")
        }
        event.set(PresenceEvent.deviceTime, now)
        event.set(PresenceEvent.seenAt, seen)
        event.set(PresenceEvent.recordedBy, actor.id)
        return [view.dossierDraft(Self.intent, actor, [event.change])]
    }

    private func set(_ event: inout RecordBuilder, _ presence: Presence) throws(CommandRefusal) {
        switch move {
        case .out(let kind):
            if presence.isOut {
                throw CommandRefusal(.nothingToDo, "This person is out already: note when they come back.")
            }
            event.set(PresenceEvent.direction, PresenceDirection.out)
            event.set(PresenceEvent.breakKind, kind)
        case .back(let isRechecked, let minutes):
            if !presence.isOut {
                throw CommandRefusal(.nothingToDo, "This person is in the room already: nothing was changed.")
            }
            guard isRechecked else {
                throw CommandRefusal(
                    .approvalMissing, "Compare the document again: nobody comes back in without it.")
            }
            guard (0...Self.minutesReturnedMax).contains(minutes) else {
                throw CommandRefusal(
                    .tooMany, "Give back between 0 and \(Self.minutesReturnedMax) minutes: look at the number again.")
            }
            event.set(PresenceEvent.direction, PresenceDirection.back)
            event.set(PresenceEvent.identityRechecked, isRechecked)
            event.set(PresenceEvent.minutesReturned, minutes)
        }
    }
}

/// Says that the work stopped, for everybody or for some.
public struct BeginInterruption: Command {
    public static let intent: Text = "begin-interruption"

    public var session: RecordName
    public var cause: InterruptionCause
    /// Whom it concerns; empty for everybody.
    public var bookings: [RecordName]
    /// When it began, by the device's clock; nil for now.
    public var beganAt: Int64?

    public init(session: RecordName, cause: InterruptionCause, bookings: [RecordName] = [], beganAt: Int64? = nil) {
        self.session = session
        self.cause = cause
        self.bookings = bookings
        self.beganAt = beganAt
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.openSession(session)
        for booking in bookings {
            guard try look.booking(booking).reference(Booking.examSession) == session else {
                throw CommandRefusal(.notKnown, "This booking is of another session.", records: [booking])
            }
        }
        guard beganAt ?? now <= now else {
            throw CommandRefusal(.badDate, "That is still to come: write down when the work stopped.")
        }
        var record = RecordBuilder(.pending(ordinal: 1), Interruption.kind)
        record.set(Interruption.beganAt, beganAt ?? now)
        record.set(Interruption.cause, cause)
        for booking in Set(bookings).sorted() { record.put(Interruption.bookings, .reference(booking), .add) }
        record.set(Interruption.reportedBy, actor.id)
        return [view.sessionDraft(Self.intent, actor, [record.change])]
    }
}

/// Says that the work goes on, and how much time is given back: as much as was lost, unless somebody says otherwise.
public struct EndInterruption: Command {
    public static let intent: Text = "end-interruption"

    public var interruption: RecordName
    /// Nil gives back what was lost, in begun minutes.
    public var minutesReturned: Int64?

    public init(interruption: RecordName, minutesReturned: Int64? = nil) {
        self.interruption = interruption
        self.minutesReturned = minutesReturned
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.get(interruption, Interruption.kind, "interruption")
        _ = try look.openSession(view.document)
        if view.integer(Interruption.endedAt) != nil {
            throw CommandRefusal(.alreadyDecided, "This interruption is over already: nothing was changed.")
        }
        let lost = RecordView.minutes(from: view.integer(Interruption.beganAt) ?? now, to: now)
        let minutes = minutesReturned ?? lost
        guard (0...RecordPresence.minutesReturnedMax).contains(minutes) else {
            throw CommandRefusal(
                .tooMany,
                "Give back between 0 and \(RecordPresence.minutesReturnedMax) minutes: look at the number again.")
        }
        var record = RecordBuilder(interruption, Interruption.kind)
        record.set(Interruption.endedAt, now)
        record.set(Interruption.minutesReturned, minutes)
        return [view.sessionDraft(Self.intent, actor, [record.change])]
    }
}
