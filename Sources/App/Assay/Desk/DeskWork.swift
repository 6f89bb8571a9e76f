import ChangeSets
import CredentialStore
import Credentialing
import Desk
import Merging

/// Carries out what was confirmed at the desk, as the domain's commands.
struct DeskWork {
    let store: CredentialStore
    let station: String
    let sites: [RecordName: SiteFacts]
    let now: Int64

    /// Does the work and returns the booking that it was about; what this returns is saved.
    func perform(_ effect: DeskEffect) throws -> RecordName? {
        switch effect {
        case .checkIn(let request, let form): return try checkIn(request, form)
        case .markNoShow(let request, let id):
            let booking = try name(id)
            try perform(MarkNoShow(booking: booking, seen: Context(versionText: request.seen)), request)
            return booking
        case .start(let request, let id):
            let booking = try name(id)
            try perform(StartSitting(sitting: try sitting(of: booking)), request)
            return booking
        case .finish(let request, let id):
            let booking = try name(id)
            try perform(FinishSitting(sitting: try sitting(of: booking)), request)
            return booking
        case .enterScore(let request, let form): return try enterScore(request, form)
        case .act(let request, let session, let act):
            try perform(act, in: try name(session), request)
            return try act.booking.map(name)
        case .loadStaff, .loadSessions, .loadRoster, .signIn, .choosePIN, .keepDraft, .loadDraft, .printRoster,
            .findElsewhere,
            .syncNow, .quit:
            return nil
        }
    }

    func perform(_ command: some Command, _ request: DeskRequest) throws {
        try store.perform(command, actor: ActorIdentity(request.actor, station: station), now: now)
    }

    func name(_ id: String) throws(CommandRefusal) -> RecordName {
        guard let name = RecordName(id) else {
            throw CommandRefusal(.notKnown, "This booking is not known here: sync, then look it up again.")
        }
        return name
    }

    func sitting(of booking: RecordName) throws -> RecordName {
        let sittings = try store.reading { records, _ in
            try records.records(Sitting.kind, where: Sitting.booking, equals: .reference(booking))
        }
        guard let sitting = sittings.first(where: \.counts) else {
            throw CommandRefusal(.notAdmitted, "This person has no sitting here: check them in first, or sync.")
        }
        return sitting.name
    }

    // MARK: Check-in

    private func checkIn(_ request: DeskRequest, _ form: CheckInForm) throws -> RecordName {
        let booking = try name(form.booking)
        let session = try store.reading { records, _ in
            try records.record(booking, Booking.kind)?.reference(Booking.examSession).flatMap {
                try records.record($0, ExamSession.kind)
            }
        }
        var command = CheckInPerson(
            booking: booking, decision: CheckInDecision(form.decision), seat: try seat(form, session),
            documentType: DocumentType(form.documentType), documentVerified: form.documentIsInDate,
            nameResult: NameResult(form.nameResult), dateOfBirthMatch: form.birthDateMatches,
            rulesAcknowledged: form.rulesAcknowledged)
        command.supplementaryDocument = form.supplementaryDocument.isEmpty ? nil : form.supplementaryDocument
        command.minutesLate = Int64(form.minutesLate)
        command.seen = Context(versionText: request.seen)
        if let approver = form.approver {
            command.waiver = CheckInPerson.Waiver(reason: form.reason, approver: approver)
        }
        if form.decision != .admit, let session {
            try perform(CheckInWithReport(checkIn: command, report: report(form, session.name)), request)
        } else {
            try perform(command, request)
        }
        return booking
    }

    private func seat(_ form: CheckInForm, _ session: RecordView?) throws -> RecordName? {
        guard !form.seat.isEmpty else { return nil }
        let site = session?.reference(ExamSession.site).flatMap { sites[$0] }
        guard let seat = site?.seat(called: form.seat) else {
            throw CommandRefusal(.seatUnknown, "This site has no seat \(form.seat): choose one from the plan.")
        }
        return seat
    }

    /// Why somebody was not admitted, for whoever has to answer them: a check-in has no field for it.
    private func report(_ form: CheckInForm, _ session: RecordName) -> ReportIncident {
        let isIdentity = !form.documentIsInDate || form.nameResult == .mismatch || !form.birthDateMatches
        let done = form.decision == .refuse ? "Turned away at the desk" : "Referred at the desk"
        return ReportIncident(
            session: session, incidentType: isIdentity ? .identity : .other, severity: .minor,
            narrative: "\(done): \(form.reason)")
    }

    // MARK: Scores

    private func enterScore(_ request: DeskRequest, _ form: ScoreForm) throws -> RecordName {
        let booking = try name(form.booking)
        guard let component = RecordName(form.component), let role = ScoreRole(rawValue: form.role.rawValue) else {
            throw CommandRefusal(.notKnown, "This component is not known here: sync, then open the person again.")
        }
        try perform(
            EnterScore(
                sitting: try sitting(of: booking), component: component, role: role, raw: Int64(form.raw)),
            request)
        return booking
    }
}

/// A check-in that admits nobody, and the report of why, saved together or not at all.
struct CheckInWithReport: Command {
    static let intent: Text = CheckInPerson.intent

    let checkIn: CheckInPerson
    let report: ReportIncident

    func drafts(reading: some RecordReading, actor: ActorIdentity, now: Int64) throws(CommandRefusal) -> [Draft] {
        var report = report
        report.booking = checkIn.booking
        let first = try checkIn.drafts(reading: reading, actor: actor, now: now)
        return try first + report.drafts(reading: reading, actor: actor, now: now).map { $0.following(first.count) }
    }
}

extension Draft {
    /// The same draft after others in one group: the records that it makes are named by its new place.
    fileprivate func following(_ count: Int) -> Draft {
        func moved(_ name: RecordName) -> RecordName {
            name.isPending ? .pending(draft: Int(name.sequence) + count, ordinal: name.ordinal) : name
        }
        var draft = self
        draft.changes = changes.map { change in
            RecordChange(
                moved(change.record), kind: change.kind,
                change.writes.map { write in
                    guard case .reference(let name) = write.value else { return write }
                    return Write(write.field, .reference(moved(name)), write.kind)
                })
        }
        return draft
    }
}

extension DocumentType {
    fileprivate init(_ type: CheckInForm.DocumentType) {
        switch type {
        case .passport: self = .passport
        case .identityCard: self = .nationalCard
        case .drivingLicence: self = .drivingLicence
        case .permit: self = .residencePermit
        case .other: self = .other
        }
    }
}

extension NameResult {
    fileprivate init(_ result: CheckInForm.NameResult) {
        switch result {
        case .exact: self = .exact
        case .minor: self = .minor
        case .documented: self = .documented
        case .mismatch: self = .mismatch
        }
    }
}

extension CheckInDecision {
    fileprivate init(_ decision: CheckInForm.Decision) {
        switch decision {
        case .admit: self = .admit
        case .refuse: self = .refuse
        case .refer: self = .refer
        }
    }
}
