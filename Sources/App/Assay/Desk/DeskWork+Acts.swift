import CredentialStore
import Credentialing
import Desk
import Merging

/// The acts on a session that forms ask for.
extension DeskWork {
    func perform(_ act: DeskAct, in session: RecordName, _ request: DeskRequest) throws {
        switch act {
        case .openDoors: try perform(AdvanceSession(session: session, to: .open), request)
        case .begin(let bookings): try begin(session, bookings, request)
        case .finish(let bookings): try finish(bookings, request)
        case .goOut(let booking, let kind):
            let sitting = try sitting(of: try name(booking))
            try perform(RecordPresence(sitting: sitting, .out(BreakKind(rawValue: kind) ?? .other)), request)
        case .comeBack(let booking, let minutes):
            let sitting = try sitting(of: try name(booking))
            let move = RecordPresence.Move.back(identityRechecked: true, minutesReturned: Int64(minutes))
            try perform(RecordPresence(sitting: sitting, move), request)
        case .interrupt(let cause, let bookings):
            try perform(
                BeginInterruption(
                    session: session, cause: InterruptionCause(rawValue: cause) ?? .other,
                    bookings: try bookings.map(name)),
                request)
        case .resume(let stop, let minutes):
            try perform(
                EndInterruption(interruption: try name(stop), minutesReturned: minutes.map(Int64.init)), request)
        case .report(let booking, let type, let severity, let narrative):
            var report = ReportIncident(
                session: session, incidentType: IncidentType(rawValue: type) ?? .other,
                severity: IncidentSeverity(rawValue: severity) ?? .minor, narrative: narrative)
            report.booking = try booking.map(name)
            try perform(report, request)
        case .seat(let given): try seat(given, session, request)
        case .swap(let one, let other): try perform(SwapSeats(try name(one), try name(other)), request)
        case .seatService(let label, let isOut):
            try perform(SetSeatService(seat: try seat(called: label, session), isOut ? .out : .inService), request)
        case .walkIn(let given, let family, let birthDate):
            try perform(
                RegisterWalkIn(
                    session: session, candidateNumber: Codes.candidateNumber(), ticketCode: Codes.ticket(),
                    given: given, family: family, dateOfBirth: birthDate),
                request)
        case .close(let reason):
            try perform(CloseSession(session: session, gapReason: reason.isEmpty ? nil : reason), request)
        case .seal(let scripts, let reason):
            let why = reason.isEmpty ? nil : reason
            try perform(SealSession(session: session, scripts: Int64(scripts), differenceReason: why), request)
        case .takeBack(let work, let reason): try takeBack(work, reason, request)
        }
    }

    /// The session first, then everybody by themselves: whoever began at another desk meanwhile holds nobody up.
    private func begin(_ session: RecordName, _ bookings: [String], _ request: DeskRequest) throws {
        try passing(.nothingToDo) { try perform(AdvanceSession(session: session, to: .run), request) }
        for booking in bookings {
            try passing(.alreadyDecided) {
                try perform(StartSitting(sitting: try sitting(of: try name(booking))), request)
            }
        }
    }

    private func finish(_ bookings: [String], _ request: DeskRequest) throws {
        for booking in bookings {
            try passing(.alreadyDecided) {
                try perform(FinishSitting(sitting: try sitting(of: try name(booking))), request)
            }
        }
    }

    /// Runs `body`, and passes over one refusal.
    private func passing(_ code: CommandRefusal.Code, _ body: () throws -> Void) throws {
        do { try body() } catch CredentialStore.Failure.refused(let refusal) where refusal.code == code {}
    }

    private func seat(called label: String, _ session: RecordName) throws -> RecordName {
        let site = try store.looking { records in
            try records.record(session, ExamSession.kind)?.reference(ExamSession.site)
        }
        guard let seat = site.flatMap({ sites[$0] })?.seat(called: label) else {
            throw CommandRefusal(.seatUnknown, "This site has no seat \(label): choose one from the plan.")
        }
        return seat
    }

    private func seat(_ given: [String: String], _ session: RecordName, _ request: DeskRequest) throws {
        for (booking, label) in given.sorted(by: { $0.value < $1.value }) {
            try perform(MoveSeat(booking: try name(booking), to: try seat(called: label, session)), request)
        }
    }

    private func takeBack(_ work: TakeBack, _ reason: String, _ request: DeskRequest) throws {
        let booking = try name(work.booking)
        switch work.kind {
        case .absence: try perform(ReopenBooking(booking: booking), request)
        case .step: try perform(TakeBackSittingStep(sitting: try sitting(of: booking)), request)
        case .admission:
            let sitting = try sitting(of: booking)
            let event = try store.looking { try $0.record(sitting, Sitting.kind)?.reference(Sitting.checkIn) }
            guard let event else {
                throw CommandRefusal(.notKnown, "The check-in is not known here: sync, then try again.")
            }
            try perform(VoidCheckIn(checkIn: event, reason: reason), request)
        }
    }
}
