import CredentialStore
import Credentialing
import Foundation
import Testing

/// The desk as people see it: keys in, screens out, on a real pseudo-terminal over real stores.
@Suite(
    "The desk on a terminal", .serialized,
    .enabled("These tests need tmux; install it and run them again") { TestTerminal.tmux != nil })
struct DeskOnTerminalTests {
    private func desk(_ folder: Folder, _ store: String, _ options: String = "") throws -> TestTerminal {
        try TestTerminal("'\(TestTerminal.assay)' desk --store '\(folder.path)/\(store)' --as 1042 \(options)")
    }

    /// Through the pickers to the roster.
    private func enter(_ desk: TestTerminal) throws {
        try desk.wait(for: "> Ana Prado")
        try desk.press("Enter")
        try desk.wait(for: "PIN:")
        try desk.scan(ExamDay.pin)
        try desk.wait(for: "Welding: Theory")
        try desk.press("Enter")
        try desk.wait(for: "TK-0001")
    }

    private func arrivals(_ folder: Folder, _ store: String, _ day: ExamDay) throws -> [Arrival] {
        let store = try CredentialStore.open(in: "\(folder.path)/\(store)")
        defer { try? store.replica.close() }
        return try store.reading { records, _ in
            try day.bookings.map { try records.record($0, Booking.kind)?.arrival ?? .booked }
        }
    }

    @Test("An exam day without a hub: admitted, absent, started, finished, scored twice by two people")
    func offline() throws {
        let folder = try Folder()
        let store = try folder.store("desk")
        let day = try ExamDay(store, now: wallClock())
        try store.replica.close()
        let desk = try desk(folder, "desk")
        try enter(desk)
        try desk.scan("TK-0001")
        try desk.wait(for: "Enter admits")
        try desk.press("Enter")
        try desk.wait(for: "Admitted to seat 1: Léa Ferreira. Saved on this device.")
        try desk.wait(row: "TK-0001", "checked in", "saved")
        try desk.scan("TK-0002")
        try desk.wait(for: "Enter admits")
        try desk.press("F4")
        try desk.wait(for: "Enter records the no-show")
        try desk.press("Enter")
        try desk.wait(row: "TK-0002", "no-show", "saved")
        for (action, state) in [("Start the sitting", "started"), ("Finish the sitting", "finished")] {
            try desk.scan("TK-0001")
            try desk.wait(for: "> \(action)")
            try desk.press("Enter")
            try desk.wait(row: "TK-0001", state)
        }
        try score(desk, "first", "87")
        try desk.press("F8")
        try desk.wait(for: "Who is at the desk now?")
        try desk.press("Down", "Enter")
        try desk.wait(for: "New PIN:")
        try desk.scan("135790")
        try desk.wait(for: "Once more:")
        try desk.scan("135790")
        try desk.wait(for: "At the desk: Bo Li, supervisor")
        try score(desk, "second", "87")
        try desk.press("C-q")
        try desk.wait(for: "ended with 0")
        #expect(try arrivals(folder, "desk", day) == [.checkedIn, .noShow, .booked, .booked, .booked, .booked])
        #expect(try outcome(folder, day) == .agreed(raw: 87))
    }

    private func score(_ desk: TestTerminal, _ role: String, _ points: String) throws {
        try desk.scan("TK-0001")
        try desk.wait(for: "Enter the \(role) score: Theory")
        try desk.press("Enter")
        let screen = try desk.wait(for: "Points, 0 to 100:")
        #expect(!screen.contains("87"))
        try desk.type(points)
        try desk.press("Enter")
        try desk.wait(for: "Entered the \(role) score of Theory: Léa Ferreira. Saved on this device.")
    }

    private func outcome(_ folder: Folder, _ day: ExamDay) throws -> DoubleEntry.Outcome? {
        let store = try CredentialStore.open(in: "\(folder.path)/desk")
        defer { try? store.replica.close() }
        return try store.reading { records, _ in
            let sittings = try records.records(
                Sitting.kind, where: Sitting.booking, equals: .reference(day.bookings[0]))
            return try sittings.first.map { sitting in
                DoubleEntry(
                    try records.records(
                        ScoreEntry.kind,
                        matching: [
                            Match(ScoreEntry.sitting, .reference(sitting.name)),
                            Match(ScoreEntry.component, .reference(day.component)),
                        ]))
            }?.outcome
        }
    }

    @Test("Two desks see each other's work; a hub that dies and comes back is only a word at the foot of the screen")
    func hubComesAndGoes() throws {
        let folder = try Folder()
        let headquarters = try folder.store("hq", isHeadquarters: true)
        let day = try ExamDay(headquarters, now: wallClock())
        try headquarters.replica.close()
        for name in ["one", "two"] { try folder.store(name).replica.close() }
        let hub = try TestHub("\(folder.path)/hq")
        let one = try desk(folder, "one", "--hub 127.0.0.1:\(hub.port)")
        let two = try desk(folder, "two", "--hub 127.0.0.1:\(hub.port)")
        try enter(one)
        try enter(two)
        try admit(one, "TK-0001")
        try one.wait(row: "TK-0001", "checked in", "HQ")
        try two.wait(row: "TK-0001", "checked in")
        hub.kill()
        try one.wait(for: "| offline")
        try admit(one, "TK-0002")
        try one.wait(row: "TK-0002", "checked in", "saved")
        try one.wait(for: "saved 1 | at hub 0 | at HQ 1")
        let again = try TestHub("\(folder.path)/hq", port: hub.port)
        try one.press("F9")
        try two.press("F9")
        try one.wait(row: "TK-0002", "checked in", "HQ")
        try two.wait(row: "TK-0002", "checked in")
        for desk in [one, two] {
            try desk.press("C-q")
            try desk.wait(for: "ended with 0")
        }
        #expect(try arrivals(folder, "two", day).prefix(3) == [.checkedIn, .checkedIn, .booked])
        again.kill()
    }

    private func admit(_ desk: TestTerminal, _ ticket: String) throws {
        try desk.scan(ticket)
        try desk.wait(for: "Enter admits")
        try desk.press("Enter")
        try desk.wait(for: "Saved on this device.")
    }

    @Test("Whatever was called saved is there after the desk was killed")
    func killed() throws {
        let folder = try Folder()
        let store = try folder.store("desk")
        let day = try ExamDay(store, now: wallClock())
        try store.replica.close()
        for place in 1...3 {
            let desk = try desk(folder, "desk")
            try enter(desk)
            try admit(desk, "TK-000\(place)")
            try desk.cut()
            #expect(try arrivals(folder, "desk", day).prefix(place).allSatisfy { $0 == .checkedIn })
        }
    }

    @Test("What was being typed when the desk was killed is on the screen of the next one")
    func draftSurvives() throws {
        let folder = try Folder()
        let store = try folder.store("desk")
        _ = try ExamDay(store, now: wallClock())
        try store.replica.close()
        let first = try desk(folder, "desk")
        try enter(first)
        try first.scan("TK-0004")
        try first.wait(for: "Enter admits")
        try first.press("Right")
        try first.wait(for: "Enter refuses")
        try first.press("Down")
        try first.type("no document with a photo")
        try first.wait(for: "with a photo")
        let kept = "\(folder.path)/desk/desk-draft.json"
        try first.wait(for: "the draft on the disk") { _ in
            (try? String(contentsOfFile: kept, encoding: .utf8))?.contains("with a photo") == true
        }
        try first.cut()
        let second = try desk(folder, "desk")
        try second.wait(for: "> Ana Prado")
        try second.press("Enter")
        try second.wait(for: "PIN:")
        try second.scan(ExamDay.pin)
        try second.wait(for: "Welding: Theory")
        try second.press("Enter")
        try second.wait(for: "no document with a photo")
        try second.press("Enter")
        try second.wait(for: "Turned away: Aoife O'Brien. Saved on this device.")
        try second.wait(row: "TK-0004", "turned away", "saved")
        try second.press("C-q")
        try second.wait(for: "ended with 0")
        #expect(!FileManager.default.fileExists(atPath: kept))
    }

    @Test("Practising needs no store: made-up people, a PIN of one's own, and nothing is left behind")
    func practice() throws {
        let folder = try Folder()
        let desk = try TestTerminal("TMPDIR='\(folder.path)' '\(TestTerminal.assay)' desk --practice")
        try desk.wait(for: "> You, the proctor")
        try desk.press("Enter")
        try desk.wait(for: "New PIN:")
        try desk.scan("135790")
        try desk.wait(for: "Once more:")
        try desk.scan("135790")
        try desk.wait(for: "Practice: Theory")
        try desk.press("F3")
        try desk.wait(for: "The roster is in")
        try desk.press("Escape")
        try desk.press("Enter")
        try desk.wait(for: "24 of 24")
        try desk.scan("P1007")
        try desk.wait(for: "Enter admits")
        try desk.press("Enter")
        try desk.wait(for: "Saved on this device.")
        #expect(try desk.screen().contains("PRACTICE"))
        try desk.press("C-q")
        try desk.wait(for: "ended with 0")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test("A window that is too small says how large it must be, and a larger one shows the work again")
    func resized() throws {
        let folder = try Folder()
        let store = try folder.store("desk")
        _ = try ExamDay(store, now: wallClock())
        try store.replica.close()
        let desk = try desk(folder, "desk")
        try enter(desk)
        try desk.resize(columns: 60, rows: 20)
        try desk.wait(for: "this is 60 x 20.")
        try desk.resize(columns: 120, rows: 40)
        try desk.wait(row: "TK-0001", "booked")
        // A signal that asks the desk to end gives the terminal back.
        for process in try desk.processes() { kill(process, SIGTERM) }
        try desk.wait(for: "ended with 0")
    }

    @Test("Without a terminal the desk says in one sentence what to do")
    func noTerminal() throws {
        let folder = try Folder()
        try folder.store("desk").replica.close()
        let run = try Subprocess(TestTerminal.assay, ["desk", "--store", "\(folder.path)/desk"])
        #expect(run.exit == 64)
        #expect(run.output.isEmpty)
        let sentence = run.errors.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(
            sentence == "assay: The desk needs a terminal: run it from one, without redirecting its input or output. "
                + "[no-terminal]")
    }
}
