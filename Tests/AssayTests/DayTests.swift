import Foundation
import TerminalCells
import Testing

/// A day from the command line: two desks, headquarters between them.
@Suite("A day from the command line", .serialized)
struct DayTests {
    /// Both desks work without having heard of each other.
    private func conflicts(_ offices: Offices) throws {
        // 1: the same walk-in at two stations.
        for (desk, actor, family) in [(Offices.Store.one, "dora", "O'Brien"), (.two, "emil", "Obrien")] {
            try offices.work(
                desk, as: actor, "candidate", "register", "--given", "Zoë", "--family", family, "--born", "2001-06-01",
                "--document", "passport:GBR:533380006", "--walk-in")
        }
        // 3: two desks fill seat 12.
        try offices.work(.one, as: "dora", "check-in", "TICKET-1", "--seat", "12")
        try offices.work(.two, as: "emil", "check-in", "TICKET-2", "--seat", "12")
        // 17: a legal name put right differently at site and headquarters.
        try offices.work(.one, as: "dora", "correct-name", "Ana Novák", "--given", "Anna", "--family", "Nováková")
        try offices.work(.hq, as: "hq", "correct-name", "TICKET-1", "--family", "Novak")
        // What merges by itself.
        try offices.work(.one, as: "dora", "update-contact", "TICKET-2", "--phone", "+49 1")
        try offices.work(.two, as: "emil", "update-contact", "TICKET-2", "--phone", "+49 2")
        for ticket in ["TICKET-3", "TICKET-8"] {
            try offices.work(.one, as: "dora", "check-in", ticket, "--seat", "A/\(ticket.suffix(1))")
            try offices.work(.one, as: "dora", "start", ticket)
            try offices.work(.one, as: "dora", "finish", ticket)
        }
        try offices.sync()
        // 8: scores keyed 85 and 58.
        try offices.work(.one, as: "dora", "score", "enter", "TICKET-3", "--raw", "85")
        try offices.work(.two, as: "emil", "score", "enter", "TICKET-3", "--raw", "58", "--role", "second")
        // 9: one clerk types both entries at two desks.
        try offices.work(.one, as: "dora", "score", "enter", "TICKET-8", "--raw", "70")
        try offices.work(.two, as: "dora", "score", "enter", "TICKET-8", "--raw", "70", "--role", "second")
        try offices.sync()
    }

    private func cases(_ offices: Offices, _ store: Offices.Store) throws -> [String: String] {
        let list = try #require(
            try offices.run(store, "conflicts", "list", "--json").json()["cases"] as? [[String: Any]])
        return try Dictionary(
            uniqueKeysWithValues: list.map {
                (try #require($0["rule"] as? String), try #require($0["case"] as? String))
            })
    }

    @Test("Conflicts 1, 3, 8, 9 and 17 are listed alike on both desks, and what one decides is gone on both")
    func conflictsArise() throws {
        let offices = try Offices()
        try conflicts(offices)
        let here = try offices.run(.one, "conflicts", "list")
        let there = try offices.run(.two, "conflicts", "list")
        #expect(here.status == 2, "something waits")
        #expect(here.output == there.output)
        let cases = try cases(offices, .one)
        #expect(Set(cases.keys) == ["X1", "X3", "X7", "X8", "Q-person.legal_name"])
        #expect(try offices.run(.one, "digest").output == offices.run(.two, "digest").output)

        let score = try offices.run(.two, "conflicts", "show", #require(cases["X7"]))
        // The score itself, not the 58th second of a time or a part of a name.
        let words = Set(score.output.split { $0.isWhitespace || $0 == "," })
        #expect(score.status == 0 && words.isDisjoint(with: ["85", "58"]), "whoever adjudicates sees neither")

        for name in cases.values {
            for line in try offices.run(.two, "conflicts", "show", name).lines + here.lines {
                #expect(displayColumns(String(line)) <= 80, "\(line)")
            }
        }
        let ambiguous = try offices.run(.one, "candidate", "show", "zoe")
        #expect(ambiguous.status == 1 && ambiguous.errors.contains("[candidate-ambiguous]"))

        let name = try #require(cases["Q-person.legal_name"])
        let shown = try #require(
            try offices.run(.one, "conflicts", "show", name, "--json").json()["choices"] as? [[String: Any]])
        #expect(Set(shown.compactMap { $0["value"] as? String }) == ["Anna Nováková", "Ana Novak"])
        #expect(Set(shown.compactMap { $0["actor"] as? String }) == ["dora", "hq"])
        let number = try #require(shown.first { $0["value"] as? String == "Anna Nováková" }?["number"] as? Int)
        try offices.work(
            .one, as: "head", "conflicts", "resolve", name, "--choose", "\(number)", "--reason", "passport seen")
        try offices.work(
            .two, as: "head", "conflicts", "resolve", #require(cases["X3"]), "--decide", "seat-stands", "--reason",
            "asked both")
        try offices.work(
            .two, as: "fay", "score", "enter", "TICKET-3", "--role", "adjudicator", "--raw", "85")
        try offices.sync()
        for store in [Offices.Store.hq, .one, .two] {
            #expect(Set(try self.cases(offices, store).keys) == ["X1", "X8"])
            let found = try offices.run(store, "candidate", "find", "novakova anna", "--json").json()
            #expect((found["people"] as? [[String: Any]])?.count == 1)
        }
        let all = try offices.run(.one, "conflicts", "list", "--all").output
        #expect(all.contains("settled: seat-stands") && all.contains("decided, and over"))
        let again = try offices.run(
            .one, "conflicts", "resolve", name, "--choose", "1", "--reason", "r", "--as", "head")
        #expect(again.status == 1 && again.errors.contains("[already-decided]"))
        try offices.close()
    }

    @Test("What merged by itself is listed, and marked in the history")
    func merged() throws {
        let offices = try Offices()
        try conflicts(offices)
        let list = try offices.run(.hq, "conflicts", "list", "--merged", "--json").json()
        let merges = try #require(list["merged"] as? [[String: Any]])
        #expect(merges.count == 1 && merges.first?["field"] as? String == "phone")
        let alone = try offices.run(.hq, "conflicts", "list", "--merged", "--candidate", "TICKET-2", "--json")
        #expect(try offices.run(.hq, "conflicts", "list", "--merged", "--json").output == alone.output)
        let history = try offices.run(.hq, "candidate", "history", "TICKET-2", "--json").json()
        #expect(history["complete"] as? Bool == true)
        let sets = try #require(history["changeSets"] as? [[String: Any]])
        #expect(
            sets.compactMap { $0["intent"] as? String } == [
                "register-person", "book", "check-in", "update-contact", "update-contact",
            ])
        let lost = sets.flatMap { $0["writes"] as? [[String: Any]] ?? [] }.filter { $0["autoMerged"] as? Bool == true }
        #expect(lost.count == 1)
        let desk = try offices.run(.one, "candidate", "history", "TICKET-2", "--json").json()
        #expect(desk["complete"] as? Bool == false, "the desk began with a snapshot")
        try offices.close()
    }

    @Test("What headquarters denies counts nowhere, also at a desk that had it as a snapshot")
    func denied() throws {
        let offices = try Offices()
        let before = try offices.run(.hq, "candidate", "show", "TICKET-2", "--json").output
        try offices.work(.one, as: "dora", "update-contact", "TICKET-2", "--phone", "+49 9")
        try offices.sync()
        let history = try offices.run(.hq, "candidate", "history", "TICKET-2", "--json").json()
        let last = try #require((history["changeSets"] as? [[String: Any]])?.last)
        let name = try #require(last["changeSet"] as? String)
        let refused = try offices.run(.one, "verdict", "deny", name, "--reason", "no role", "--as", "dora")
        #expect(refused.status == 1 && refused.errors.contains("[not-a-hub]"))
        try offices.work(.hq, as: "hq", "verdict", "deny", name, "--reason", "keyed on a stolen laptop")
        let twice = try offices.run(.hq, "verdict", "deny", name, "--reason", "again", "--as", "hq")
        #expect(twice.status == 1 && twice.errors.contains("[already-denied]"))
        for _ in 0..<2 { try offices.sync() }
        for store in [Offices.Store.hq, .one, .two] {
            #expect(try offices.run(store, "candidate", "show", "TICKET-2", "--json").output == before, "\(store)")
            #expect(try offices.run(store, "digest").output == offices.run(.hq, "digest").output)
        }
        #expect(try offices.run(.hq, "candidate", "history", "TICKET-2").output.contains("stolen laptop"))
        #expect(try offices.run(.two, "verdict", "list").output.contains(name))
        let rebuilt = try offices.run(.hq, "doctor", "--rebuild")
        #expect(rebuilt.status == 0 && rebuilt.output.contains("0 had been wrong"), "\(rebuilt.output)")
        #expect(try offices.run(.one, "salvage", "list").output.contains("Nothing is to be salvaged"))
        try offices.close()
    }

    @Test("A session is closed once every booking has come to an end, or somebody answers for the gaps")
    func closing() throws {
        let offices = try Offices()
        try offices.work(.one, as: "dora", "session", "open", "LIS-AM")
        try offices.work(.one, as: "dora", "session", "run", "LIS-AM")
        try offices.work(.one, as: "dora", "no-show", "TICKET-1")
        try offices.work(.one, as: "dora", "cancel-booking", "TICKET-2")
        try offices.work(
            .one, as: "dora", "incident", "report", "--session", "LIS-AM", "--type", "evacuation", "--text",
            "fire alarm")
        try offices.work(.one, as: "dora", "check-in", "김민준", "--seat", "8", "--session", "LIS-AM")
        let refused = try offices.run(.one, "session", "close", "LIS-AM", "--as", "dora")
        #expect(refused.status == 1 && refused.errors.contains("[session-gaps]"))
        #expect(refused.output.contains("TICKET-8") && !refused.output.contains("TICKET-1"))
        let counted = try offices.run(.one, "session", "close", "LIS-AM", "--as", "dora", "--json").json()
        #expect(((counted["count"] as? [String: Any])?["gaps"] as? [Any])?.count == 6)
        try offices.work(.one, as: "dora", "session", "close", "LIS-AM", "--reason", "evacuated")
        let late = try offices.run(.one, "check-in", "TICKET-3", "--seat", "3", "--as", "dora")
        #expect(late.status == 1 && late.errors.contains("[session-closed]"))
        try offices.close()
    }

    @Test("Lists keep to 80 columns and stay in line in every script")
    func alignment() throws {
        let offices = try Offices()
        for number in 1...8 {
            try offices.work(.one, as: "dora", "check-in", "TICKET-\(number)", "--seat", "\(number)")
        }
        let roster = try offices.run(.one, "roster", "--session", "LIS-AM")
        #expect(roster.status == 0)
        for line in roster.lines { #expect(displayColumns(String(line)) <= 80, "\(line)") }
        let places = roster.lines.filter { $0.contains("TICKET-") }.compactMap { line in
            line.range(of: "TICKET-").map { displayColumns(String(line[..<$0.lowerBound])) }
        }
        #expect(places.count == 8 && Set(places).count == 1)
        // What somebody typed elsewhere moves no cursor here.
        try offices.work(.one, as: "dora", "correct-name", "TICKET-1", "--given", "Ana\u{1B}[2J\u{202E}")
        for command in [["candidate", "show"], ["candidate", "history"], ["candidate", "find"]] {
            let outcome = try Program.run(command + ["TICKET-1", "--store", offices.path(.one)])
            #expect(outcome.status == 0)
            #expect(!outcome.output.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" }, "\(command)")
        }
        let json = try offices.run(.one, "roster", "--session", "theory", "--json")
        #expect(json.status == 1, "two sessions have this title")
        #expect(try json.json()["error"] as? String == "session-ambiguous")
        #expect(!roster.output.contains("\u{1B}"), "no colours where nobody watches")
        try offices.close()
    }
}
