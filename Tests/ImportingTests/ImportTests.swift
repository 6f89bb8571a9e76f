import CredentialStore
import Credentialing
import GRDB
import HybridTime
import Importing
import Merging
import SampleData
import Tabular
import Testing

@Suite("Importing into a store")
struct ImportTests {
    @Test("Rows become the records that commands make, and a desk can work on them")
    func layout() throws {
        let fixture = try Day.fixture()
        let summary = try fixture.take(Day.mapping)
        #expect(fixture.failures.isEmpty)
        #expect(summary.counts.values.reduce(0) { $0 + $1.made } == 7)
        let counts = try [
            "site", "room", "seat", "scheme", "component", "exam_session", "person", "booking", "sitting",
        ]
        .map(fixture.count)
        #expect(counts == [1, 1, 2, 1, 1, 1, 2, 2, 1])
        #expect(
            try fixture.text("SELECT scopes FROM person ORDER BY id")
                == "[\"region/headquarters\",\"site/LEEDS\"]")
        #expect(try fixture.count("score_entry WHERE role = 'first' AND raw = 85 AND external_key = 'B1:first'") == 1)
        #expect(try fixture.count("person WHERE candidate_number IS NOT NULL AND hold = 'none'") == 2)
        // Commands take it from here: the second booking is admitted and finished, and its score keyed.
        let start: Int64 = 1_799_139_600_000
        let booking = try #require(
            try fixture.store.reading { records, _ in
                try records.records(Booking.kind, where: Booking.externalKey, equals: .text("B2")).first
            })
        try fixture.store.perform(CheckInPerson(booking: booking.name), actor: ImportFixture.actor, now: start)
        let sitting = try #require(
            try fixture.store.reading { records, _ in
                try records.records(Sitting.kind, where: Sitting.booking, equals: .reference(booking.name)).first
            })
        try fixture.store.perform(StartSitting(sitting: sitting.name), actor: ImportFixture.actor, now: start)
        try fixture.store.perform(FinishSitting(sitting: sitting.name), actor: ImportFixture.actor, now: start)
        try fixture.write("scores.csv", Day.scores + "B2,58\n")
        #expect(try fixture.take(Day.mapping).counts[.score]?.made == 1)
        #expect(try fixture.count("violation") == 0)
    }

    @Test("The same files twice change nothing")
    func idempotence() throws {
        let fixture = try Day.fixture()
        try fixture.take(Day.mapping)
        let sets = try fixture.count("tail")
        let again = try fixture.take(Day.mapping)
        #expect(again.changesNothing && again.refused == 0 && again.changeSets == 0)
        #expect(again.counts[.person]?.same == 2 && again.counts[.score]?.same == 1)
        #expect(try fixture.count("tail") == sets)
    }

    @Test("A dry run tells what an import would do, and writes nothing")
    func dryRun() throws {
        let fixture = try Day.fixture()
        try fixture.write("bookings.csv", Day.bookings + "B3,nobody,S1,,,\n")
        let dry = try fixture.take(Day.mapping, .rehearsal)
        #expect(fixture.codes == ["not-known"])
        #expect(try fixture.count("person") == 0)
        #expect(try fixture.count("tail") == 0)
        #expect(try fixture.count("origin") == 0)
        let real = try fixture.take(Day.mapping)
        #expect(real.counts == dry.counts && real.refused == dry.refused)
        #expect(try fixture.take(Day.mapping, .rehearsal).changesNothing)
    }

    @Test("What differs is changed, a blank leaves alone, and the clear token clears")
    func changes() throws {
        let fixture = try Day.fixture()
        try fixture.take(Day.mapping)
        try fixture.write(
            "people.csv", "key,given,family,born,phone,email\nP1,,King,,(none),b@example.org\nP2,Bo,Li,1990-01-01,,\n")
        let summary = try fixture.take(Day.mapping)
        #expect(summary.counts[.person] == .some(.init(made: 0, changed: 2, same: 0)))
        #expect(try fixture.text("SELECT given_name || ' ' || family_name FROM person ORDER BY id") == "Ada King")
        #expect(try fixture.text("SELECT name_key FROM person ORDER BY id") == "ada king")
        #expect(try fixture.count("person WHERE phone IS NOT NULL") == 0)
        #expect(try fixture.text("SELECT emails FROM person ORDER BY id") == "[\"a@example.org\",\"b@example.org\"]")
        #expect(try fixture.count("person WHERE date_of_birth = '1990-01-01'") == 1)
        #expect(try fixture.take(Day.mapping).changesNothing)
    }

    @Test("The later of two rows with one key in a batch is a change")
    func twiceInABatch() throws {
        let fixture = try Day.fixture()
        try fixture.write("people.csv", Day.people + "P1,Ada,Lovelace,,,\n")
        let summary = try fixture.take(Day.mapping)
        #expect(summary.counts[.person] == .some(.init(made: 2, changed: 1, same: 0)))
        #expect(try fixture.text("SELECT family_name FROM person ORDER BY id") == "Lovelace")
    }

    @Test("A row that cannot be used is refused with a code, and no other is")
    func refusals() throws {
        let fixture = try Day.fixture()
        try fixture.write(
            "people.csv", Day.people + "P3, ,\u{3000},,,\nP4,\(String(repeating: "x", count: 1_001)),y,,,\n")
        try fixture.write(
            "bookings.csv",
            Day.bookings + "B3,nobody,S1,,,\nB4,P1,nowhere,,,\nB5,P2,S1,,,\n")
        try fixture.write("scores.csv", Day.scores + "B9,1\nB2,101\n")
        let summary = try fixture.take(Day.mapping)
        #expect(
            fixture.codes == [
                "missing-value", "too-long", "not-known", "not-known", "already-booked", "not-known",
                "score-out-of-range",
            ])
        #expect(summary.refused == 7)
        #expect(fixture.failures.map(\.line) == [4, 5, 4, 5, 6, 3, 4])
        #expect(summary.counts[.booking]?.made == 2)
    }

    @Test("A fact that was fixed is not changed, and a seat is not given twice")
    func fixedFacts() throws {
        let fixture = try Day.fixture()
        try fixture.take(Day.mapping)
        try fixture.write("sessions.csv", Day.sessions.replacing("09:00", with: "10:00"))
        try fixture.write(
            "bookings.csv", "key,person,session,room,seat,arrival\nB1,P2,S1,,,\nB2,P2,S1,R1,01,\nB2,P2,S1,R1,09,\n")
        try fixture.take(Day.mapping)
        #expect(fixture.codes == ["fixed", "fixed", "seat-taken", "not-known"])
    }

    @Test("A score that differs takes the earlier entry's place, by the same person alone")
    func correction() throws {
        let fixture = try Day.fixture()
        try fixture.take(Day.mapping)
        try fixture.write("scores.csv", "booking,raw\nB1,58\n")
        try fixture.take(Day.mapping, actor: ActorIdentity("other"))
        #expect(fixture.codes == ["not-yours"])
        #expect(try fixture.take(Day.mapping).counts[.score]?.changed == 1)
        #expect(try fixture.count("score_entry WHERE supersedes IS NOT NULL AND raw = 58") == 1)
        #expect(try fixture.take(Day.mapping).changesNothing)
    }

    @Test("First and second entry by two people open a case where they differ; one person cannot make both")
    func doubleEntry() throws {
        let fixture = try Day.fixture()
        try fixture.take(Day.mapping)
        try fixture.take(Day.mapping, role: .second)
        #expect(fixture.codes == ["same-person-twice"])
        try fixture.write("scores.csv", "booking,raw\nB1,58\n")
        #expect(try fixture.take(Day.mapping, role: .second, actor: ActorIdentity("bo")).counts[.score]?.made == 1)
        #expect(try fixture.text("SELECT rule FROM violation") == "X7")
    }

    @Test("More seats than one change set holds become several, in one document")
    func manySeats() throws {
        let fixture = try Day.fixture()
        try fixture.write("sessions.csv", Day.sessions.replacing(",2,2027", with: ",2000,2027"))
        try fixture.take(Day.mapping)
        #expect(try fixture.count("seat") == 2_000)
        #expect(try fixture.count("site") == 1)
        try fixture.write("sessions.csv", Day.sessions.replacing(",2,2027", with: ",2001,2027"))
        try fixture.take(Day.mapping)
        #expect(fixture.codes == ["too-many"])
    }

    @Test("Batches commit for themselves, and rows refer to what earlier batches made")
    func batches() throws {
        let fixture = try Day.fixture()
        let count = ImportingLimits.batchRowsMax + 500
        let numbers = 1...count
        try fixture.write(
            "people.csv", "key,given,family,born,phone,email\n" + numbers.map { "Q\($0),G\($0),F\($0),,,\n" }.joined())
        try fixture.write(
            "bookings.csv", "key,person,session,room,seat,arrival\n" + numbers.map { "B\($0),Q\($0),S1,,,\n" }.joined())
        let summary = try fixture.take(Day.mapping)
        #expect(summary.counts[.booking]?.made == count && summary.batches == 3)
        #expect(try fixture.count("person p JOIN booking b ON b.document = p.id") == count)
        #expect(try fixture.take(Day.mapping).changesNothing)
    }

    @Test("A made-up exam day imports whole, and again changes nothing")
    func sample() throws {
        let fixture = try ImportFixture()
        let day = try #require(CivilDate(year: 2027, month: 2, day: 28))
        let schedule = SampleSchedule.make(seed: 3, sites: 2, candidatesPerSite: 60, day: day)
        try SampleFiles.write(schedule, folder: fixture.folder)
        let mapping = try ImportMapping(path: fixture.folder + "/sample.yaml")
        let summary = try fixture.take(mapping, folder: fixture.folder)
        #expect(fixture.failures.isEmpty)
        #expect(summary.counts[.booking]?.made == 120 && summary.counts[.staff]?.made == 6)
        #expect(try fixture.count("booking WHERE seat IS NOT NULL") == 120)
        #expect(try fixture.count("seat") == schedule.sites.reduce(0) { $0 + $1.rooms.count } * 24)
        #expect(try fixture.take(mapping, folder: fixture.folder).changesNothing)
    }

    @Test("The Open University's data fill headquarters", .enabled(if: SharedData.isPresent, SharedData.absence))
    func openUniversity() throws {
        let fixture = try ImportFixture()
        let mapping = try ImportMapping(path: SharedData.mappings + "/oulad.yaml")
        let summary = try fixture.take(mapping, folder: SharedData.folder + "/oulad_2013")
        #expect(fixture.failures.isEmpty)
        #expect(
            summary.counts.mapValues(\.made)
                == [.scheme: 6, .session: 92, .person: 13_327, .booking: 82_842, .score: 82_758])
        #expect(try fixture.count("score_entry") == 82_758)
        #expect(try fixture.count("person") == 13_327)
        #expect(try fixture.count("violation WHERE rule <> 'X1'") == 0)
        #expect(try fixture.take(mapping, folder: SharedData.folder + "/oulad_2013").changesNothing)
    }
}
