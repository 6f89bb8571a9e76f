import TerminalCells
import Testing

@testable import Desk

/// Keys and events as a broken keyboard, a scanner and a busy sync would send them.
enum RandomKeys {
    static let navigation: [Key] = [
        .enter, .escape, .tab, .backTab, .up, .down, .left, .right, .home, .end, .pageUp, .pageDown, .function(1),
        .function(4), .function(5), .function(8), .backspace, .delete, .control("r"), .character("?"),
    ]

    static let characters: [Character] =
        Array("az91 ?é佐م김क्ष👩🏽‍🚀")
        + ["\u{301}", "\u{200D}", "\u{202E}", "\u{1B}", "\n", "\u{1161}", "\u{1F3FD}", "\u{0}"]

    static func any(_ generator: inout some RandomNumberGenerator) -> Key {
        switch Int.random(in: 0..<20, using: &generator) {
        case 0..<11: navigation.randomElement(using: &generator) ?? .enter
        case 11..<16: .character(characters.randomElement(using: &generator) ?? "a")
        case 16: .paste(["TK-000102", "محمد الأحمد", "\u{202E}a\nb", ""].randomElement(using: &generator) ?? "")
        case 17: .function(Int.random(in: 1...12, using: &generator))
        case 18: .control(["c", "q", "n", "w", "o", "u", "l", "r"].randomElement(using: &generator) ?? "l")
        default: .resize(columns: side(&generator, 80, 140), rows: side(&generator, 24, 50))
        }
    }

    /// What a hand does next: any key at all, or something with a purpose, so that the walk reaches every screen.
    static func some(_ generator: inout some RandomNumberGenerator, _ model: DeskModel) -> [Key] {
        let scan = "TK-00010\(Int.random(in: 0...9, using: &generator))".map(Key.character)
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return [.escape, .escape] + scan + [.enter, .enter]
        case 1: return scan + [.enter]
        case 2: return [.enter]
        case 3: return [.character("4"), .character("2"), .enter]
        default: return [any(&generator)]
        }
    }

    /// Mostly a usable side, sometimes a senseless one.
    private static func side(_ generator: inout some RandomNumberGenerator, _ low: Int, _ high: Int) -> Int {
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: Int.random(in: -3..<low, using: &generator)
        default: Int.random(in: low...high, using: &generator)
        }
    }

    /// What else may come between two keys.
    static func event(_ generator: inout some RandomNumberGenerator, _ desk: TestDesk) -> DeskEvent {
        // An empty day would end the walk: as after a restart, the day's sessions and their people come back.
        if desk.model.sessions.isEmpty { return .sessionsLoaded([Fixture.session()]) }
        if desk.model.staff.isEmpty { return .staffLoaded(Fixture.staff) }
        if desk.model.roster?.isLoaded == false { return .rosterLoaded(session: "s1", rows: Fixture.rows) }
        let number = max(desk.writes.count - Int.random(in: 0...2, using: &generator), 0)
        let index = Int.random(in: 0..<9, using: &generator)
        let state = RosterRow.State.allCases.randomElement(using: &generator) ?? .booked
        let components = [
            ScoreComponent(
                id: "t", title: "Theory", maximum: 100,
                firstBy: [nil, "u1", "u2"].randomElement(using: &generator) ?? nil)
        ]
        let row = Fixture.row(index, state: state, seat: "\(index)", components: components, version: "v\(number)")
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return .rosterLoaded(session: "s1", rows: Fixture.rows.map { $0.booking == row.booking ? row : $0 })
        case 1: return .rosterLoaded(session: "s1", rows: Array(Fixture.rows.shuffled(using: &generator).prefix(index)))
        case 2: return .failed(DeskFailure(work: .request(number), message: "It did not work.", code: "X-1"))
        case 3 where index == 0: return .tick(now: Int64.random(in: .min ... .max, using: &generator))
        case 3: return .tick(now: nineMs + Int64.random(in: -900_000...1_500_000, using: &generator))
        case 4:
            return .syncStatusChanged(
                // Mostly a clock that people can still work by: with any other everybody is late.
                SyncStatus(
                    saved: .max,
                    clockSkewMs: index == 0
                        ? .random(in: .min ... .max, using: &generator) : .random(in: -5000...5000, using: &generator)))
        case 5: return .recordsChanged(sessions: ["s1"])
        case 6:
            return .sessionsLoaded(index == 0 ? [] : [Fixture.session(state: DeskSession.State.allCases[index % 5])])
        case 7: return .staffLoaded(index < 2 ? [] : Fixture.staff)
        default: return .saved(DeskReceipt(request: number, row: row))
        }
    }
}

@Suite("Random keys")
struct RandomKeysTests {
    /// Ten runs of 2,000 keys each.
    @Test("No keys trap, every row fills its columns, and the status line is always there", arguments: 0..<10)
    func survive(seed: UInt64) {
        var generator = SeededGenerator(seed: 0xDE5C + seed)
        var desk = TestDesk.atRoster(columns: 100, rows: 30)
        var requests: Set<Int> = []
        var keys: [Key] = []
        for step in 0..<2000 {
            if keys.isEmpty { keys = RandomKeys.some(&generator, desk.model) }
            let isEvent = Int.random(in: 0..<6, using: &generator) == 0
            let event = isEvent ? RandomKeys.event(&generator, desk) : .key(keys.removeFirst())
            let before = desk.writes.count
            desk.send(event)
            let written = desk.writes.dropFirst(before).compactMap(\.request)
            // Type-ahead is replayed by the answer to a save; nothing else but an Enter may write, and once.
            #expect(written.count <= 1)
            if event != .key(.enter), !isEvent { #expect(written.isEmpty) }
            #expect(written.allSatisfy { requests.insert($0.number).inserted })
            expectSound(desk.model, step)
        }
        // A walk that never writes would prove little.
        #expect(desk.writes.count > 5)
    }

    private func expectSound(_ model: DeskModel, _ step: Int) {
        let grid = model.view()
        for row in 0..<grid.rows {
            if grid.row(row).reduce(0, { $0 + $1.width }) != grid.columns { Issue.record("row \(row) at step \(step)") }
        }
        if let cursor = grid.cursor {
            #expect(cursor.row >= 0 && cursor.row < grid.rows && cursor.column >= 0 && cursor.column < grid.columns)
        }
        let last = grid.row(grid.rows - 1).map(\.text).joined()
        if grid.columns >= 10 { #expect(last.contains("saved \(model.sync.saved)".prefix(8)), "step \(step)") }
        guard grid.columns >= DeskModel.columnsMin, grid.rows >= DeskModel.rowsMin, let actor = model.actor else {
            return
        }
        let who = grid.row(grid.rows - 2).map(\.text).joined()
        #expect(who.contains(actor.name) && who.contains("unauthenticated"))
    }
}
