import TerminalCells
import Testing

@testable import Desk

/// Whole screens as text. After a wanted change, copy what the failure prints into `Goldens.swift` and read it there.
@Suite("Screens", .serialized)
struct GoldenTests {
    enum Scene: String, CaseIterable, Sendable {
        case staff, sessions, roster, rosterWide, rosterFiltered, checkIn, checkInWide, waiver, noShow, menu,
            secondScore
        case help, changedBySync, tooSmall
    }

    @Test("A screen is as it was agreed", arguments: Scene.allCases)
    func golden(scene: Scene) {
        let grid = GoldenTests.model(scene).view()
        let lines = grid.lines().map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
        let text = lines.joined(separator: "\n")
        if text != Goldens.text[scene.rawValue] { Issue.record("<<<\(scene.rawValue)\n\(text)\n>>>") }
        #expect(grid.lines().allSatisfy { displayColumns($0) == grid.columns })
    }

    @Test("A check-in with every note and every step fits the smallest window")
    func everything() {
        let crowded = RosterRow(
            booking: "b0", candidateNumber: "K1000", name: Fixture.names[0], birthDate: "1990-01-10",
            ticket: "TK-000100",
            state: .noShow, cases: ["one", "two"], nameIsProvisional: true, accommodations: ["a reader"], version: "v1")
        var desk = TestDesk.atRoster(people: [crowded])
        desk.scan("TK-000100")
        desk.press(.enter)
        desk.press(.home, .up, .up, .up, .up, .up, .right, .right, .up, .right)
        desk.send(.rosterLoaded(session: "s1", rows: [Fixture.row(0, state: .turnedAway)]))
        desk.type("x")
        desk.press(.enter, .enter)
        let rows = desk.model.view().lines()
        #expect(desk.draft?.steps == CheckInDraft.Step.allCases)
        for text in ["Provisional", "a reader", "(and 1 more)", "Changed by", "Document ", "Waiver approved by"] {
            #expect(rows.dropLast(4).contains { $0.contains(text) }, "\(text)")
        }
    }

    static func model(_ scene: Scene) -> DeskModel {
        switch scene {
        case .staff, .sessions: early(scene)
        case .checkIn, .checkInWide, .waiver, .noShow, .changedBySync: person(scene)
        case .secondScore, .menu: score(scene)
        case .roster, .rosterWide, .rosterFiltered, .help, .tooSmall: roster(scene)
        }
    }

    private static func early(_ scene: Scene) -> DeskModel {
        var desk = TestDesk()
        desk.send(.tick(now: nineMs))
        desk.send(.staffLoaded(Fixture.staff))
        desk.send(.sessionsLoaded([Fixture.session()]))
        if scene == .sessions { desk.press(.down, .enter) }
        return desk.model
    }

    private static func roster(_ scene: Scene) -> DeskModel {
        let isWide = scene == .rosterWide
        var desk = TestDesk.atRoster(columns: isWide ? 120 : 80, rows: isWide ? 40 : 24)
        switch scene {
        case .roster:
            desk.press(.down)
            desk.send(.syncStatusChanged(SyncStatus(saved: 3, link: .offline, clockSkewMs: -2100, casesOpen: 0)))
        case .rosterFiltered: desk.type("zoe NGU")
        case .help: desk.press(.function(1))
        case .tooSmall: desk.send(.resize(columns: 60, rows: 10))
        default: break
        }
        return desk.model
    }

    private static func person(_ scene: Scene) -> DeskModel {
        let isWide = scene == .checkInWide
        var desk = TestDesk.atRoster(columns: isWide ? 120 : 80, rows: isWide ? 40 : 24)
        desk.scan(isWide ? "TK-000101" : scene == .waiver ? "TK-000105" : "TK-000100")
        switch scene {
        case .noShow: desk.press(.function(4))
        case .changedBySync:
            desk.send(.rosterLoaded(session: "s1", rows: [Fixture.row(0, state: .noShow, seat: "9", version: "v2")]))
            desk.press(.enter)
        case .waiver:
            // Every step and every note at once, in the smallest window.
            desk.press(.enter)
            desk.press(.up, .up, .up, .up, .up, .right, .right, .up, .right, .enter)
            desk.type("marriage certificate")
            desk.press(.enter)
        default: break
        }
        return desk.model
    }

    private static func score(_ scene: Scene) -> DeskModel {
        let parts = [
            ScoreComponent(id: "t", title: "Theory", maximum: 100, firstBy: "u2"),
            ScoreComponent(id: "p", title: "Practice", maximum: 50),
        ]
        var desk = TestDesk.atRoster(people: [Fixture.row(3, state: .finished, seat: "4", components: parts)])
        desk.scan("TK-000103")
        if scene == .secondScore {
            desk.press(.enter)
            desk.type("58")
        }
        return desk.model
    }
}
