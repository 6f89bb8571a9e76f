/// A check-in being filled in: every step has a value from the start, so that an ordinary arrival needs one key.
struct CheckInDraft: Hashable, Sendable {
    /// One line of the form. Some show only where they are needed.
    enum Step: String, CaseIterable, Sendable {
        case documentType, documentDate, name, supplementary, birthDate, minutesLate, rules, seat, decision, reason
        case approver
    }

    let booking: String
    let lateMinutesMax: Int?
    /// Staff who may approve a waiver: everyone but the person at the desk.
    let approvers: [StaffMember]
    var focus = Step.decision
    var documentType = CheckInForm.DocumentType.passport
    var documentIsInDate = true
    var nameResult = CheckInForm.NameResult.exact
    var supplementary = TextField()
    var birthDateMatches = true
    var minutesLate: Int
    var rulesAcknowledged = true
    var seat: TextField
    var decision: CheckInForm.Decision
    var reason = TextField()
    var approver: Int?
    /// The values of the beginning: what differs was changed by hand.
    private(set) var defaults: [String: String] = [:]

    /// Minutes beyond this come from a wrong clock, not from a person.
    static let minutesLateMax = 9999

    init(
        row: RosterRow, session: DeskSession, now: Int64?, seat: String, approvers: [StaffMember],
        documentType: CheckInForm.DocumentType
    ) {
        booking = row.booking
        lateMinutesMax = session.lateMinutesMax
        self.approvers = approvers
        self.documentType = documentType
        minutesLate = CheckInDraft.minutesLate(now: now, startMs: session.startMs)
        self.seat = TextField(seat, isSuggestion: true)
        decision = .admit
        if isTooLate { decision = .refer }
        defaults = values
    }

    /// Whole minutes from the start to now; 0 before the start and without a clock.
    static func minutesLate(now: Int64?, startMs: Int64) -> Int {
        guard let now, now > startMs else { return 0 }
        let (milliseconds, overflows) = now.subtractingReportingOverflow(startMs)
        return overflows ? minutesLateMax : Int(min(milliseconds / 60_000, Int64(minutesLateMax)))
    }

    var isTooLate: Bool { lateMinutesMax.map { minutesLate > $0 } ?? false }

    /// The rules that an admission would waive, in plain words.
    var breaches: [String] {
        var breaches: [String] = []
        if !documentIsInDate { breaches.append("the document has expired") }
        if nameResult == .mismatch { breaches.append("the name does not match") }
        if !birthDateMatches { breaches.append("the date of birth does not match") }
        if isTooLate { breaches.append("\(minutesLate) minutes late") }
        return breaches
    }

    var isWaiver: Bool { decision == .admit && !breaches.isEmpty }

    /// The steps to show, in order.
    var steps: [Step] {
        Step.allCases.filter { step in
            switch step {
            case .supplementary: nameResult == .documented
            case .reason: isWaiver || decision != .admit
            case .approver: isWaiver
            default: true
            }
        }
    }

    /// What stands in the way of confirming: the step to go to and one line that says what to do.
    func obstacle(roster: RosterState, seats: [String]) -> (step: Step, message: String)? {
        if nameResult == .documented, supplementary.trimmed.isEmpty {
            return (.supplementary, "Say which paper explains the name, such as a marriage certificate.")
        }
        guard decision == .admit else {
            if !reason.trimmed.isEmpty { return nil }
            return (.reason, "Say why the person is not admitted, in a few words.")
        }
        if !rulesAcknowledged {
            return (.rules, "Nobody is admitted who has not acknowledged the rules.")
        }
        if let obstacle = seatObstacle(roster: roster, seats: seats) { return (.seat, obstacle) }
        guard isWaiver else { return nil }
        let why = breaches.joined(separator: ", ")
        if reason.trimmed.isEmpty {
            return (.reason, "Admitting waives a rule (\(why)): say why, or choose refuse or refer.")
        }
        if approver == nil { return (.approver, "Choose who approved the waiver (\(why)).") }
        return nil
    }

    private func seatObstacle(roster: RosterState, seats: [String]) -> String? {
        let wanted = seat.trimmed
        if seats.isEmpty { return nil }
        let free =
            roster.nextFreeSeat(of: seats, for: booking).map { "the next free seat is \($0)" } ?? "no seat is free"
        if wanted.isEmpty { return "Choose a seat: \(free)." }
        if !seats.contains(where: { $0.uppercased() == wanted.uppercased() }) {
            return "This room has no seat \(wanted): \(free)."
        }
        guard let other = roster.occupant(of: wanted, except: booking) else { return nil }
        return "Seat \(wanted) is taken by \(other.name.full): \(free)."
    }

    /// The form as it stands.
    func form(seats: [String]) -> CheckInForm {
        let typed = seat.trimmed
        return CheckInForm(
            booking: booking, documentType: documentType, documentIsInDate: documentIsInDate, nameResult: nameResult,
            supplementaryDocument: nameResult == .documented ? supplementary.trimmed : "",
            birthDateMatches: birthDateMatches, minutesLate: minutesLate, rulesAcknowledged: rulesAcknowledged,
            seat: decision == .admit ? seats.first { $0.uppercased() == typed.uppercased() } ?? typed : "",
            decision: decision, reason: steps.contains(.reason) ? reason.trimmed : "",
            approver: isWaiver ? approver.map { approvers[$0].id } : nil)
    }
}
