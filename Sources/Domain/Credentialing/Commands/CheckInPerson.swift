import ChangeSets
import Merging

/// What the desk did with somebody who came: writes the event, the arrival and the seat, and on admission makes the
/// sitting.
public struct CheckInPerson: Command {
    public static let intent: Text = "check-in"

    /// What lets somebody in although a check did not pass.
    public struct Waiver: Hashable, Sendable {
        public var reason: String
        /// Not the operator.
        public var approver: String

        public init(reason: String, approver: String) {
            self.reason = reason
            self.approver = approver
        }
    }

    public var booking: RecordName
    public var decision: CheckInDecision
    public var seat: RecordName?
    public var documentType: DocumentType
    public var documentVerified: Bool
    public var nameResult: NameResult
    /// For example `marriage certificate`: what documents a name that differs.
    public var supplementaryDocument: String?
    public var dateOfBirthMatch: Bool
    public var rulesAcknowledged: Bool
    public var waiver: Waiver?
    /// Nil computes them from the device's time.
    public var minutesLate: Int64?
    /// When it happened, where it is typed later from paper.
    public var seenAt: Int64?
    /// The dossier's context when the form was opened, where a sync may have come in since.
    public var seen: Context?

    public init(
        booking: RecordName, decision: CheckInDecision = .admit, seat: RecordName? = nil,
        documentType: DocumentType = .passport, documentVerified: Bool = true, nameResult: NameResult = .exact,
        dateOfBirthMatch: Bool = true, rulesAcknowledged: Bool = true
    ) {
        self.booking = booking
        self.decision = decision
        self.seat = seat
        self.documentType = documentType
        self.documentVerified = documentVerified
        self.nameResult = nameResult
        self.dateOfBirthMatch = dateOfBirthMatch
        self.rulesAcknowledged = rulesAcknowledged
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.standingBooking(booking)
        if view.arrival == .checkedIn {
            throw CommandRefusal(
                .alreadyCheckedIn, "This person has been admitted already: look at the sitting.", records: [booking])
        }
        let session = try look.openSession(view.reference(Booking.examSession))
        let start = session.integer(ExamSession.startTime) ?? now
        // The start came from another replica, as any number: whoever is out of its reach is not late.
        let (since, isFar) = now.subtractingReportingOverflow(start)
        let late = minutesLate ?? (isFar ? 0 : max(0, since / 60_000))
        try checkWaiver(actor)
        let taken = seat ?? view.reference(Booking.seat)
        if decision == .admit {
            try checkAdmission(look, view, late: late, tolerance: session.integer(ExamSession.lateMinutes) ?? 0)
            guard let taken else {
                throw CommandRefusal(.seatUnknown, "No seat is given: choose one from the plan.")
            }
            try look.checkSeat(taken, in: session, for: booking)
        }
        let event = try event(actor, now: now, late: late, seat: decision == .admit ? taken : nil)
        var changes = [event.change]
        changes += outcome(view, session: session, seat: taken)
        return [
            Draft(
                .document(view.document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text,
                intent: Self.intent, seen: seen, changes: changes)
        ]
    }

    private func checkWaiver(_ actor: ActorIdentity) throws(CommandRefusal) {
        guard let waiver else { return }
        let approver = try Checks.required(waiver.approver, "name of the person who approves")
        _ = try Checks.required(waiver.reason, "reason of the waiver", limit: Checks.narrativeBytesMax)
        if approver == actor.id {
            throw CommandRefusal(.approvalMissing, "You cannot approve your own waiver: ask the supervisor.")
        }
    }

    private func checkAdmission(
        _ look: Lookup<some RecordReading>, _ booking: RecordView, late: Int64, tolerance: Int64
    ) throws(CommandRefusal) {
        if try look.find(booking.document, Person.kind)?.word(Person.hold, as: Hold.self) == .barred {
            throw CommandRefusal(.personBarred, "This person is barred: refuse, and tell headquarters.")
        }
        if nameResult == .mismatch {
            throw CommandRefusal(
                .nameMismatch,
                "The name on the document is another: refuse or refer, or record the paper that explains it.")
        }
        if nameResult == .documented, try Checks.optional(supplementaryDocument, "supplementary document") == nil {
            throw CommandRefusal(.missing, "The paper that explains the name is missing: write down what was shown.")
        }
        guard waiver == nil else { return }
        if !documentVerified || !dateOfBirthMatch {
            throw CommandRefusal(.approvalMissing, "The identity is not established: refuse, refer, or have it waived.")
        }
        if !rulesAcknowledged {
            throw CommandRefusal(.approvalMissing, "The rules are not acknowledged: have them signed, or waived.")
        }
        if late > tolerance {
            throw CommandRefusal(
                .approvalMissing,
                "This person is \(late) minutes late and \(tolerance) are allowed: refuse, or have it waived.")
        }
    }

    private func event(
        _ actor: ActorIdentity, now: Int64, late: Int64, seat: RecordName?
    ) throws(CommandRefusal) -> RecordBuilder {
        var event = RecordBuilder(.pending(ordinal: 1), CheckIn.kind)
        event.set(CheckIn.booking, booking)
        event.set(CheckIn.station, actor.station)
        event.set(CheckIn.operatorName, actor.id)
        event.set(CheckIn.deviceTime, now)
        event.set(CheckIn.documentType, documentType)
        event.set(CheckIn.documentVerified, documentVerified)
        event.set(CheckIn.nameResult, nameResult)
        event.set(CheckIn.supplementaryDocument, try Checks.optional(supplementaryDocument, "supplementary document"))
        event.set(CheckIn.dateOfBirthMatch, dateOfBirthMatch)
        event.set(CheckIn.minutesLate, late)
        event.set(CheckIn.rulesAcknowledged, rulesAcknowledged)
        event.set(CheckIn.waiverReason, waiver?.reason)
        event.set(CheckIn.waiverApprover, waiver?.approver)
        event.set(CheckIn.decision, decision)
        event.set(CheckIn.seat, seat)
        event.set(CheckIn.seenAt, seenAt)
        return event
    }

    private func outcome(_ booking: RecordView, session: RecordView, seat: RecordName?) -> [RecordChange] {
        var record = RecordBuilder(booking.name, Booking.kind)
        switch decision {
        case .refer: return []
        case .refuse:
            record.set(Booking.arrival, Arrival.turnedAway)
            return [record.change]
        case .admit: break
        }
        // The seat is written where it is another than planned or in question: a write per admission would be waste.
        if booking.reference(Booking.seat) != seat || booking.isProvisional(Booking.seat) {
            record.set(Booking.seat, seat)
        }
        record.set(Booking.arrival, Arrival.checkedIn)
        var sitting = RecordBuilder(.pending(ordinal: 2), Sitting.kind)
        sitting.set(Sitting.booking, booking.name)
        sitting.set(Sitting.examSession, session.name)
        sitting.set(Sitting.checkIn, .pending(ordinal: 1))
        sitting.set(Sitting.state, SittingState.admitted)
        sitting.set(Sitting.nullity, Nullity.none.rawValue)
        let scopes = DossierScopes.adding(session, to: booking.document)
        return [scopes, record.change, sitting.change].compactMap { $0 }
    }
}
