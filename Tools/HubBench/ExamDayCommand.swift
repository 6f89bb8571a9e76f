import ArgumentParser
import CredentialStore
import Credentialing
import GRDB
import Merging

/// Plays the day of everybody who is booked in a store: what a site's desks do, with the rules on.
struct ExamDayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exam-day",
        abstract: "Admits, starts, finishes and scores everybody in a store; one of 32 does not come.",
        discussion: """
            Each change set is committed by the domain's own command, durably, as at a desk: about five a person. Times lie \
            in the session. The store is one that `assay import` filled.
            """)

    @Option(help: "The store's folder.") var store: String

    func run() throws {
        let store = try CredentialStore.open(in: store)
        let sessions = try store.reading { records, db in
            try String.fetchAll(db, sql: "SELECT code FROM site ORDER BY code")
                .flatMap { try records.records(Site.kind, where: Site.code, equals: .text(Text($0))) }
                .flatMap { try records.records(ExamSession.kind, where: ExamSession.site, equals: .reference($0.name)) }
                .map { ($0, try records.bookings(of: $0.name)) }
        }
        var day = ExamDay(store)
        for (session, bookings) in sessions { try day.play(session, bookings) }
        print("\(day.changeSets) change sets")
        try store.replica.close()
    }
}

extension StoredRecords {
    func bookings(of session: RecordName) throws -> [RecordView] {
        try records(Booking.kind, where: Booking.examSession, equals: .reference(session))
    }
}

/// The desk's work of one day.
struct ExamDay {
    let store: CredentialStore
    var changeSets = 0
    private static let desk = ActorIdentity("S0001-2", station: "desk 1")
    private static let office = ActorIdentity("S0001-3", station: "desk 2")

    init(_ store: CredentialStore) { self.store = store }

    private mutating func perform(_ command: some Command, _ now: Int64, _ actor: ActorIdentity = desk) throws {
        changeSets += try store.perform(command, actor: actor, now: now).count
    }

    mutating func play(_ session: RecordView, _ bookings: [RecordView]) throws {
        let start = session.integer(ExamSession.startTime) ?? 0
        guard let component = session.reference(ExamSession.component) else { return }
        try perform(AdvanceSession(session: session.name, to: .open), start - 30 * 60_000)
        var sittings: [RecordName] = []
        for (place, booking) in bookings.enumerated() {
            let now = start - Int64(25 * 60_000 - place * 47_000)
            if place % 32 == 31 {
                try perform(MarkNoShow(booking: booking.name), start + 30 * 60_000)
                continue
            }
            try perform(CheckInPerson(booking: booking.name), now)
            sittings += try sitting(of: booking.name)
        }
        try perform(AdvanceSession(session: session.name, to: .run), start)
        for (place, sitting) in sittings.enumerated() {
            try perform(StartSitting(sitting: sitting), start + Int64(place * 1_700))
            try perform(FinishSitting(sitting: sitting), start + Int64(55 * 60_000 + place * 61_000))
        }
        for (place, sitting) in sittings.enumerated() {
            let raw = Int64(40 + (place * 37) % 61)
            let now = start + Int64(120 * 60_000 + place * 20_000)
            try perform(EnterScore(sitting: sitting, component: component, role: .first, raw: raw), now)
            try perform(
                EnterScore(sitting: sitting, component: component, role: .second, raw: raw), now + 1_800_000,
                ExamDay.office)
        }
    }

    private func sitting(of booking: RecordName) throws -> [RecordName] {
        try store.reading { records, _ in
            try records.records(Sitting.kind, where: Sitting.booking, equals: .reference(booking)).map(\.name)
        }
    }
}
