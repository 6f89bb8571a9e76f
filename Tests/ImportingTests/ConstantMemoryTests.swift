import Foundation
import Tabular
import Testing

@testable import Importing

/// What an importer holds is bounded, and what it has forgotten it finds in the store.
@Suite("Imports of any length in constant memory")
struct ConstantMemoryTests {
    private static let mapping = """
        assay-mapping: 1
        name: test
        inputs:
          rooms: {files: rooms.csv}
          sessions: {files: sessions.csv}
          people: {files: people.csv}
          marks: {files: marks.csv}
        targets:
          - {target: scheme, from: sessions, key: scheme, distinct: true, fields: {title: scheme}}
          - {target: session, from: sessions, key: key, fields: {scheme: scheme, site: site, start: start}}
          - {target: room, from: rooms, key: {template: "{site}:{room}"}, fields: {site: site, room: room, seats: seats}}
          - {target: person, from: people, key: key, fields: {given: given, family: family}}
          - target: booking
            from: marks
            key: key
            fields: {person: person, session: session, room: room, seat: seat, arrival: {constant: checked_in}}
          - {target: score, from: marks, key: key, fields: {booking: key, raw: raw}}
        """
    private static let people = 600
    private static let sites = 60

    /// Two bookings a person, in an order that comes back to nobody soon; rooms of each site far apart.
    private static func fixture() throws -> ImportFixture {
        let fixture = try ImportFixture()
        var sessions = "key,scheme,site,start\n"
        for site in 0..<sites {
            for day in 5...6 { sessions += "S\(site)-\(day),NET,SITE\(site),2027-01-0\(day)T09:00Z\n" }
        }
        var rooms = "site,room,seats\n"
        for room in 1...2 { for site in 0..<sites { rooms += "SITE\(site),R\(room),15\n" } }
        var marks = "key,person,session,room,seat,raw\n"
        for step in 0..<people * 2 {
            let (day, person) = step.quotientAndRemainder(dividingBy: people)
            let (seat, site) = person.quotientAndRemainder(dividingBy: sites)
            let label = seat % 15 + 1
            marks +=
                "B\(step),P\(person * 241 % people),S\(site)-\(day + 5),R\(seat / 15 + 1),"
                + "\(label < 10 ? "0" : "")\(label),\(step % 101)\n"
        }
        try fixture.write("sessions.csv", sessions)
        try fixture.write("rooms.csv", rooms)
        try fixture.write(
            "people.csv", "key,given,family\n" + (0..<people).map { "P\($0),G\($0),F\($0)\n" }.joined())
        try fixture.write("marks.csv", marks)
        return fixture
    }

    private struct Taken {
        let summary: ImportSummary
        var records = 0
        var seats = 0
        let failures: Int

        init(_ fixture: ImportFixture, _ memory: ImportMemory, _ mode: Importer.Mode = .apply) throws {
            var failures = 0
            let reader = try ImportReader(ImportMapping(yaml: mapping), folder: fixture.folder) { _ in failures += 1 }
            let importer = try Importer(fixture.store, actor: ImportFixture.actor, memory: memory) { 1_700_000_000_000 }
            var most = (records: 0, seats: 0)
            summary = try importer.run(reader, mode: mode) { _ in
                most = (max(most.records, importer.remembered.records), max(most.seats, importer.remembered.seats))
            }
            (records, seats) = most
            self.failures = failures
        }
    }

    private static var small: ImportMemory {
        var memory = ImportMemory()
        memory.batchRows = 20
        memory.batchRecords = 60
        memory.records = 40
        memory.seats = 100
        return memory
    }

    @Test("What is remembered of records stays within its limit, and the records are the same")
    func bound() throws {
        let (one, other) = (try ConstantMemoryTests.fixture(), try ConstantMemoryTests.fixture())
        let small = try Taken(one, ConstantMemoryTests.small)
        let large = try Taken(other, ImportMemory())
        // Each half may have grown by one batch before it was let go of.
        #expect(small.records <= 40 + 2 * 20)
        // A site counts for 33 with its two rooms and 30 seats.
        #expect(small.seats <= 100 + 2 * 20 * 33)
        #expect(large.records == 2 * ConstantMemoryTests.people && large.seats == 33 * ConstantMemoryTests.sites)
        #expect(small.failures == 0 && large.failures == 0)
        #expect(small.summary.counts == large.summary.counts)
        #expect(small.summary.counts[.score]?.made == 2 * ConstantMemoryTests.people)
        for (table, count) in [
            ("site", 60), ("room", 120), ("seat", 1_800), ("person", 600), ("booking", 1_200), ("sitting", 1_200),
        ] {
            #expect(try one.count(table) == count && other.count(table) == count, "\(table)")
        }
        let scopes = "SELECT group_concat(scopes) FROM (SELECT scopes FROM person ORDER BY external_key)"
        #expect(try one.text(scopes) == other.text(scopes))
        #expect(try Taken(one, ConstantMemoryTests.small).summary.changesNothing)
        #expect(try Taken(one, ConstantMemoryTests.small, .rehearsal).summary.changesNothing)
    }

    @Test("Rows that make many records end their batch early")
    func batchRecords() throws {
        var memory = ConstantMemoryTests.small
        memory.batchRows = 10_000
        let fixture = try ConstantMemoryTests.fixture()
        let taken = try Taken(fixture, memory)
        // Of the rooms' rows alone, each with sixteen records, four fill a batch.
        #expect(taken.summary.batches >= 120 / 4)
        #expect(taken.failures == 0)
    }
}
