import TerminalCells
import Testing

@testable import Desk

/// Nine o'clock UTC on a day in 2027, in milliseconds since 1970.
let nineMs: Int64 = 1_804_237_200_000

enum Fixture {
    static let staff = [
        StaffMember(id: "u1", name: "Ana Ruiz", role: "invigilator"),
        StaffMember(id: "u2", name: "Bo Li", role: "clerk"),
    ]

    static func session(
        state: DeskSession.State = .running, seats: Int = 30, lateMinutesMax: Int? = 15
    ) -> DeskSession {
        DeskSession(
            id: "s1", title: "Written theory", site: "North", room: "Room 2", startText: "09:00", startMs: nineMs,
            state: state, counts: .init(booked: 9, present: 2, finished: 1, absent: 1),
            seats: (0..<seats).map { "\($0 + 1)" }, lateMinutesMax: lateMinutesMax)
    }

    static let names = [
        LegalName(given: "محمد", family: "الأحمد", script: "Arab"),
        LegalName(given: "健太", family: "佐藤", script: "Jpan"),
        LegalName(given: "Zoë", family: "Nguyễn"),
        LegalName(given: "Zoe\u{308}", family: "Nguye\u{302}\u{303}n-Ðặng"),
        LegalName(given: "Łukasz", family: "Żółć"),
        LegalName(given: "👩🏽‍🚀 Ana \u{202E}", family: "O’Brien"),
        LegalName(given: "민준", family: "김", script: "Kore"),
        LegalName(given: "अनिल", family: "क्षत्रिय", script: "Deva"),
        LegalName(given: "Maximiliana Konstantina Theodora", family: "von Habsburg-Lothringen zu Straßburg"),
    ]

    static func row(
        _ index: Int, state: RosterRow.State = .booked, seat: String? = nil, components: [ScoreComponent] = [theory],
        version: String = "v1", level: SafetyLevel = .saved
    ) -> RosterRow {
        RosterRow(
            booking: "b\(index)", candidateNumber: "K\(1000 + index)",
            name: index < names.count ? names[index] : LegalName(given: "Person", family: "No \(index)"),
            birthDate: "1990-01-\(10 + index % 20)", ticket: "TK-000\(100 + index)", seat: seat, state: state,
            level: level, cases: index == 4 ? ["Seat 5 is given to two people"] : [], nameIsProvisional: index == 5,
            accommodations: index == 6 ? ["extra time 25 %"] : [], components: components, version: version)
    }

    static let theory = ScoreComponent(id: "t", title: "Theory", maximum: 100)

    /// Nine people: one turned away, one no-show, one checked in, one started, one finished, the rest expected.
    static let rows = [
        row(0, seat: "1"), row(1), row(2, seat: "3"), row(3, state: .finished, seat: "4"),
        row(4, state: .checkedIn, seat: "5", level: .atHub), row(5, state: .noShow), row(6, state: .turnedAway),
        row(7, state: .started, seat: "8", level: .atHQ), row(8),
    ]

    static let status = SyncStatus(
        saved: 3, atHub: 12, atHQ: 240, link: .online("north-hub"), lastSyncMs: nineMs - 600_000, clockSkewMs: 0,
        casesOpen: 1)
}

/// A desk under test: a model, and every effect that it asked for.
struct TestDesk {
    var model: DeskModel
    var effects: [DeskEffect] = []

    init(columns: Int = 80, rows: Int = 24) {
        model = DeskModel(
            settings: DeskSettings(site: "North", utcOffsetSeconds: 0), columns: columns, rows: rows)
    }

    /// A desk with Ana at it and the roster open, at four minutes past nine; without people it is still being read.
    static func atRoster(
        columns: Int = 80, rows: Int = 24, people: [RosterRow]? = Fixture.rows,
        session: DeskSession = Fixture.session()
    ) -> TestDesk {
        var desk = TestDesk(columns: columns, rows: rows)
        desk.send(.tick(now: nineMs + 4 * 60_000 + 5000))
        desk.send(.syncStatusChanged(Fixture.status))
        desk.send(.staffLoaded(Fixture.staff))
        desk.send(.sessionsLoaded([session]))
        desk.press(.enter)
        desk.press(.enter)
        if let people { desk.send(.rosterLoaded(session: "s1", rows: people)) }
        desk.effects = []
        return desk
    }

    mutating func send(_ event: DeskEvent) { effects += model.update(event) }

    mutating func press(_ keys: Key...) {
        for key in keys { send(.key(key)) }
    }

    mutating func type(_ text: String) {
        for character in text { send(.key(.character(character))) }
    }

    mutating func scan(_ ticket: String) {
        type(ticket)
        press(.enter)
    }

    var writes: [DeskEffect] { effects.filter { $0.request != nil } }

    /// Answers the last write as the store would.
    mutating func answerSaved(_ row: RosterRow? = nil, cases: [String] = []) {
        guard let number = writes.last?.request?.number else { return }
        send(.saved(DeskReceipt(request: number, row: row, casesOpened: cases)))
    }

    var text: String { model.view().lines().joined(separator: "\n") }

    var form: CheckInForm? {
        guard case .checkIn(_, let form) = writes.last else { return nil }
        return form
    }

    var draft: CheckInDraft? {
        guard case .checkIn(let draft) = model.person?.mode else { return nil }
        return draft
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same run everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
