import CredentialStore
import Credentialing
import Desk
import HybridTime
import Merging
import ReplicaStore

/// Reads sessions and rosters of one moment.
struct RosterReader {
    private let reader: RecordReader
    let records: StoredRecords
    /// This replica: only its own work has a level of its own.
    private let own: ReplicaID
    let safety: Safety

    init(_ reader: RecordReader, own: ReplicaID, safety: Safety) {
        self.reader = reader
        records = StoredRecords(reader)
        self.own = own
        self.safety = safety
    }

    // MARK: Sessions

    func session(_ name: RecordName, _ catalogue: inout Catalogue, at now: Int64) throws -> DeskSession? {
        guard let session = try records.record(name, ExamSession.kind) else { return nil }
        let site = session.reference(ExamSession.site).flatMap { catalogue.sites[$0] }
        let part = try catalogue.part(session.reference(ExamSession.component), records)
        let start = session.integer(ExamSession.startTime) ?? 0
        let titles = [part?.scheme, part?.title].compactMap { $0 }.filter { !$0.isEmpty }
        let title = titles.isEmpty ? "Exam" : titles.joined(separator: ": ")
        let day = LocalTime.day(start)
        let suffix = day == LocalTime.day(now) ? "" : " (\(day))"
        return DeskSession(
            id: name.description, title: title + suffix, site: site?.title ?? "", room: site?.room ?? "",
            startText: LocalTime.clock(start), startMs: start,
            state: DeskSession.State(rawValue: session.text(ExamSession.state) ?? "") ?? .planned,
            counts: try counts(name), seats: site?.seats.filter(\.isInService).map(\.label) ?? [],
            lateMinutesMax: Int(clamping: session.integer(ExamSession.lateMinutes) ?? 0),
            plan: site?.seats.map { DeskSeat(label: $0.label, isInService: $0.isInService) } ?? [],
            interruptions: try stops(name).map(DeskInterruption.init), takesWalkIns: part?.takesWalkIns ?? false)
    }

    private func stops(_ session: RecordName) throws -> [RecordView] {
        try records.records(in: session, Interruption.kind)
            .sorted {
                ($0.integer(Interruption.beganAt) ?? 0, $0.name) < ($1.integer(Interruption.beganAt) ?? 0, $1.name)
            }
    }

    /// When somebody's time is up, and where they are, as far as they sit.
    private struct Course {
        var outSince: Int64?
        var ends: Int64?
        var minutesReturned: Int64 = 0
    }

    private func course(_ sitting: RecordView?, _ session: RecordView, _ own: inout OwnWork) throws -> Course {
        guard let sitting, sitting.word(Sitting.state, as: SittingState.self) == .started else { return Course() }
        let events = try reader.records(
            PresenceEvent.kind, matching: [(PresenceEvent.sitting, .reference(sitting.name))])
        events.forEach { own.count($0) }
        let presence = Presence(events.map { RecordView($0, PresenceEvent.kind) })
        var minutes = presence.minutesReturned
        let booking = sitting.reference(Sitting.booking) ?? sitting.name
        for stop in try stops(session.name) where stop.interrupts(booking) {
            minutes = minutes.addingReportingOverflow(stop.integer(Interruption.minutesReturned) ?? 0).partialValue
        }
        guard let began = sitting.integer(Sitting.startedAt), let length = session.integer(ExamSession.durationMinutes)
        else { return Course(outSince: presence.outSince, minutesReturned: minutes) }
        // Foreign numbers: neither may trap.
        let (total, isMuch) = length.addingReportingOverflow(minutes)
        let (span, isLong) = total.multipliedReportingOverflow(by: 60_000)
        let (ends, isFar) = began.addingReportingOverflow(span)
        return Course(
            outSince: presence.outSince, ends: isMuch || isLong || isFar ? nil : ends, minutesReturned: minutes)
    }

    private func counts(_ session: RecordName) throws -> DeskSession.Counts {
        let bookings = try records.records(Booking.kind, where: Booking.examSession, equals: .reference(session))
            .filter(\.isOnRoster)
        let sittings = try records.records(Sitting.kind, where: Sitting.examSession, equals: .reference(session))
        let finished = Set(sittings.filter { $0.counts && $0.isFinished }.compactMap { $0.reference(Sitting.booking) })
        return DeskSession.Counts(
            booked: bookings.count, present: bookings.count { $0.arrival == .checkedIn },
            finished: bookings.count { $0.arrival == .checkedIn && finished.contains($0.name) },
            absent: bookings.count { $0.arrival == .noShow || $0.arrival == .turnedAway })
    }

    // MARK: Rows

    /// The roster of a session, by family name.
    func rows(of session: RecordName, _ catalogue: inout Catalogue) throws -> [Roster.Entry] {
        guard let view = try records.record(session, ExamSession.kind) else {
            throw Failure("not-known", "This session is not known here: sync, then open it again.")
        }
        let bookings = try reader.records(Booking.kind, matching: [(Booking.examSession, .reference(session))])
        var keyed: [(key: String, entry: Roster.Entry)] = []
        keyed.reserveCapacity(bookings.count)
        for booking in bookings {
            guard let entry = try entry(booking, view, &catalogue) else { continue }
            let name = entry.row.name
            let key = [name.family, name.given].map { SearchFold.words($0).joined(separator: " ") }.joined(
                separator: "\u{1}")
            keyed.append((key, entry))
        }
        return keyed.sorted { ($0.key, $0.entry.row.booking) < ($1.key, $1.entry.row.booking) }.map(\.entry)
    }

    func entry(_ booking: RecordName, _ catalogue: inout Catalogue) throws -> Roster.Entry? {
        guard let stored = try reader.record(booking, Booking.kind) else { return nil }
        let view = RecordView(stored, Booking.kind)
        guard let name = view.reference(Booking.examSession), let session = try records.record(name, ExamSession.kind)
        else { return nil }
        return try entry(stored, session, &catalogue)
    }

    private func entry(
        _ stored: StoredRecord, _ session: RecordView, _ catalogue: inout Catalogue
    ) throws -> Roster.Entry? {
        let booking = RecordView(stored, Booking.kind)
        guard booking.isOnRoster else { return nil }
        var own = OwnWork(self.own)
        own.count(stored)
        let person = try reader.record(stored.document, Person.kind)
        if let person { own.count(person) }
        for event in try reader.records(CheckIn.kind, matching: [(CheckIn.booking, .reference(stored.name))]) {
            own.count(event)
        }
        let sittings = try reader.records(Sitting.kind, matching: [(Sitting.booking, .reference(stored.name))])
        sittings.forEach { own.count($0) }
        let sitting = sittings.map { RecordView($0, Sitting.kind) }.first(where: \.counts)
        let part = try catalogue.part(session.reference(ExamSession.component), records)
        let component = try part.map { try self.component($0, sitting, &own) }
        let site = session.reference(ExamSession.site).flatMap { catalogue.sites[$0] }
        let course = try course(sitting, session, &own)
        let row = try row(
            booking, person.map { RecordView($0, Person.kind) }, site, sitting, component.map { [$0] } ?? [], course,
            level: safety.level(own.last))
        return Roster.Entry(row: row, ownWork: own.last)
    }

    private func row(
        _ booking: RecordView, _ person: RecordView?, _ site: SiteFacts?, _ sitting: RecordView?,
        _ components: [ScoreComponent], _ course: Course, level: SafetyLevel
    ) throws -> RosterRow {
        let seat = booking.reference(Booking.seat).flatMap { site?.label(of: $0) }
        return RosterRow(
            booking: booking.name.description, candidateNumber: person?.text(Person.candidateNumber) ?? "",
            name: LegalName(
                given: person?.text(Person.givenName) ?? "", family: person?.text(Person.familyName) ?? "",
                script: person?.text(Person.script) ?? "Latn"),
            preferredName: person?.text(Person.preferredName) ?? "",
            birthDate: person?.text(Person.dateOfBirth) ?? "", ticket: booking.text(Booking.ticketCode) ?? "",
            seat: seat, state: state(booking, sitting), level: level,
            cases: try records.openCases(touching: booking.document).map(\.text),
            nameIsProvisional: person.map { person in Person.legalName.contains(where: person.isProvisional) } ?? false,
            components: components, version: try records.documentContext(booking.document).versionText,
            outSinceMs: course.outSince, endsMs: course.ends, minutesReturned: Int(clamping: course.minutesReturned))
    }

    private func state(_ booking: RecordView, _ sitting: RecordView?) -> RosterRow.State {
        switch booking.arrival {
        case .booked: .booked
        case .noShow: .noShow
        case .turnedAway: .turnedAway
        case .checkedIn:
            switch sitting?.word(Sitting.state, as: SittingState.self) {
            case .finished, .submitted: .finished
            case .started: .started
            case .admitted, nil: .checkedIn
            }
        }
    }

    /// Who keyed the scores of a sitting. What they keyed stays here.
    private func component(
        _ part: Catalogue.Part, _ sitting: RecordView?, _ own: inout OwnWork
    ) throws -> ScoreComponent {
        guard let sitting else { return ScoreComponent(id: part.id, title: part.title, maximum: part.maximum) }
        let stored = try reader.records(
            ScoreEntry.kind,
            matching: [(ScoreEntry.sitting, .reference(sitting.name)), (ScoreEntry.component, .reference(part.name))])
        stored.forEach { own.count($0) }
        let entries = stored.map { RecordView($0, ScoreEntry.kind) }
        let result = DoubleEntry(entries)
        let standing = Set(result.counted + result.repeated)
        func keyers(_ role: ScoreRole) -> [String] {
            entries.filter { standing.contains($0.name) && $0.text(ScoreEntry.role) == role.rawValue }
                .map { $0.text(ScoreEntry.enteredBy) ?? "" }
        }
        let first = keyers(.first)
        // Two first entries that were made apart are two entries: whoever came second is not asked again.
        return ScoreComponent(
            id: part.id, title: part.title, maximum: part.maximum, firstBy: first.first,
            secondBy: keyers(.second).first ?? first.dropFirst().first)
    }
}

extension DeskInterruption {
    fileprivate init(_ record: RecordView) {
        self.init(
            id: record.name.description, cause: record.text(Interruption.cause) ?? "other",
            beganMs: record.integer(Interruption.beganAt) ?? 0, endedMs: record.integer(Interruption.endedAt),
            minutesReturned: Int(clamping: record.integer(Interruption.minutesReturned) ?? 0),
            isForAll: record.sets[Interruption.bookings.tag]?.isEmpty ?? true)
    }
}

extension Catalogue.Part {
    var id: String { name.description }
}

extension RecordView {
    fileprivate init(_ record: StoredRecord, _ kind: RecordKind) {
        self.init(name: record.name, document: record.document, kind: kind, state: record.state)
    }

    /// Whether a booking stands, or its person is in the room all the same.
    fileprivate var isOnRoster: Bool {
        arrival == .checkedIn || !isCancelled && self[Booking.transferredTo] == .null
    }
}

extension Context {
    /// What a row's `version` says: how far its dossier had come when it was read.
    var versionText: String {
        entries.map { "\($0.origin)-\($0.sequence)" }.joined(separator: " ")
    }

    /// - Returns: nil for what ``versionText`` never gives, and for a document that was not there.
    init?(versionText: String) {
        let words = versionText.split(separator: " ")
        let entries = words.compactMap { word -> Entry? in
            let halves = word.split(separator: "-")
            guard halves.count == 2, let origin = ReplicaID(String(halves[0])), let sequence = Sequence32(halves[1])
            else { return nil }
            return Entry(origin, sequence)
        }
        guard !entries.isEmpty, entries.count == words.count else { return nil }
        self.init(entries: entries)
    }
}
