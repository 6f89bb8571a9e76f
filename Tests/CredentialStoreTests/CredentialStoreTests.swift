import ChangeSets
import CredentialStore
import Credentialing
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore
import Testing

/// Two desks' stores on disk that start from the same day: a room of four seats, two overlapping sessions, two people.
private final class Desks {
    let stores: [CredentialStore]
    private let paths: [String]
    let seats: [RecordName]
    let session: RecordName
    let otherSession: RecordName
    let bookings: [RecordName]
    let people: [RecordName]

    static let start: Int64 = 1_700_000_000_000
    static let before = start - 86_400_000

    init() throws {
        var paths: [String] = []
        var stores: [CredentialStore] = []
        for number in 1...2 as ClosedRange<UInt64> {
            let path = NSTemporaryDirectory() + "assay-cases-\(UInt64.random(in: .min ... .max))"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            paths.append(path)
            let identity = Identity(
                replica: ReplicaID(0xD0 + number), organisation: [UInt8](repeating: 1, count: 16),
                name: "desk \(number)")
            stores.append(try CredentialStore.create(in: path, identity: identity, isHub: number == 2))
        }
        self.paths = paths
        self.stores = stores
        let office = ActorIdentity("hq", station: "office")
        func run(_ command: some Command) throws -> [ChangeSet] {
            try stores[0].perform(command, actor: office, now: Desks.before)
        }
        let scheme = try run(
            CreateScheme(
                code: "CRA", title: "Certified Rope Access",
                components: [.init(code: "T", title: "Theory", range: 0...100, durationMinutes: 90)]))
        let component = RecordName(scheme[0].dot, 2)
        let site = try run(
            CreateSite(
                code: "LEEDS", title: "Leeds", region: "north",
                rooms: [.init(label: "A", seats: ["11", "12", "13", "14"])],
                staff: [.init(actorID: "dora", displayName: "Dora", roles: ["invigilator"])]))[0].document
        seats = try stores[0].reading { records, _ in try records.records(in: site, Seat.kind).map(\.name) }
        session = try run(CreateSession(site: site, component: component, startTime: Desks.start))[0].document
        otherSession = try run(
            CreateSession(site: site, component: component, startTime: Desks.start + 3_600_000))[0].document
        var people: [RecordName] = []
        var bookings: [RecordName] = []
        for (number, name) in [("C1", "Ana"), ("C2", "Ben")] {
            var form = RegisterPerson(candidateNumber: number, given: name, family: "Novák \(number)")
            form.dateOfBirth = number == "C1" ? "1990-02-28" : "1985-11-03"
            let person = try run(form)[0].document
            people.append(person)
            bookings.append(
                RecordName(try run(Book(person: person, session: session, ticketCode: "T\(number)"))[0].dot, 1))
        }
        self.people = people
        self.bookings = bookings
        try send(0, 1)
    }

    deinit {
        for store in stores { try? store.replica.close() }
        for path in paths { try? FileManager.default.removeItem(atPath: path) }
    }

    @discardableResult
    func run(_ at: Int, _ command: some Command) throws -> [ChangeSet] {
        try stores[at].perform(command, actor: ActorIdentity("desk \(at)", station: "s\(at)"), now: Desks.start)
    }

    func send(_ from: Int, _ to: Int) throws {
        let (from, to) = (stores[from].replica, stores[to].replica)
        for origin in try from.heldOrigins() {
            for range in try from.held(origin).ranges {
                var next = range.lowerBound
                while next <= range.upperBound, let part = try from.segment(origin, next...range.upperBound) {
                    _ = try to.apply(part.bytes).get()
                    next = part.range.upperBound + 1
                }
            }
        }
    }

    func join(_ from: Int, _ to: Int) throws {
        var after: Int64? = 0
        while let id = after {
            let (bytes, next) = try stores[from].replica.snapshotChunk(after: id, documents: 2)
            _ = try stores[to].replica.join(snapshotChunk: bytes).get()
            after = next
        }
    }

    /// The kept violations, as rows.
    func kept(_ at: Int) throws -> [String] {
        try stores[at].reading { _, db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT key, rule, case_name, standing, effect, summary, hex(body) AS body,
                        (SELECT count(*) FROM violation_member WHERE violation_member.key = violation.key) AS members
                    FROM violation ORDER BY key
                    """
            ).map { "\($0)" }
        }
    }

    /// What the rules say of all there is, from nothing.
    func derived(_ at: Int) throws -> [String] {
        let all = try stores[at].replica.allDocuments()
        return try stores[at].reading { records, _ in
            var keys = Set<RuleKey>()
            for document in all {
                for (name, state) in document.records {
                    guard let kind = CredentialingSchema.schema.record(state.kind),
                        let view = try records.record(name, kind)
                    else { continue }
                    keys.formUnion(try RuleBook.standard.keys(touchedBy: view, reading: records))
                }
            }
            return try keys.compactMap { try RuleBook.standard.evaluate($0, reading: records)?.key.text }.sorted()
        }
    }

    func keys(_ at: Int) throws -> [String] {
        try stores[at].reading { _, db in try String.fetchAll(db, sql: "SELECT key FROM violation ORDER BY key") }
    }

    func standings(_ at: Int) throws -> [String] {
        try stores[at].reading { _, db in try String.fetchAll(db, sql: "SELECT standing FROM violation ORDER BY key") }
    }
}

@Suite("Commands and rules over real stores")
struct CredentialStoreTests {
    @Test("A history with a gap is not called complete, and is once the gap is filled")
    func historyWithGap() throws {
        let desks = try Desks()
        let person = desks.people[0]
        let gap = try #require(try desks.run(0, CorrectName(person: person, given: "Anna", family: "Novák")).first?.dot)
        try desks.run(0, CorrectName(person: person, given: "Annie", family: "Novák"))
        try desks.join(0, 1)
        let (from, to) = (desks.stores[0].replica, desks.stores[1].replica)
        let end = try #require(try from.held(gap.origin).last)
        for run in [gap.sequence + 1...end, gap.sequence...gap.sequence] {
            #expect(try !desks.stores[1].history(of: person).isComplete)
            let part = try #require(try from.segment(gap.origin, run))
            _ = try to.apply(part.bytes).get()
        }
        #expect(try desks.stores[1].history(of: person).isComplete)
    }

    @Test("Both sides keep the same cases, however the other's work came", arguments: [false, true])
    func sameCases(bySnapshot: Bool) throws {
        let desks = try Desks()
        try desks.run(0, CheckInPerson(booking: desks.bookings[0], seat: desks.seats[1]))
        try desks.run(1, CheckInPerson(booking: desks.bookings[1], seat: desks.seats[1]))
        for number in 0..<2 {
            var walkIn = RegisterPerson(candidateNumber: "W\(number)", given: "Łukasz", family: "Müller")
            walkIn.dateOfBirth = "2001-06-01"
            walkIn.isWalkIn = true
            try desks.run(number, walkIn)
        }
        try desks.run(0, MarkNoShow(booking: desks.bookings[1]))
        #expect(try desks.keys(0).isEmpty)
        if bySnapshot {
            try desks.join(0, 1)
            try desks.join(1, 0)
        } else {
            try desks.send(0, 1)
            try desks.send(1, 0)
        }
        let kept = try desks.kept(0)
        #expect(kept.count >= 3)
        #expect(try desks.kept(1) == kept)
        for at in 0..<2 { #expect(try desks.keys(at) == desks.derived(at)) }
        #expect(try Set(desks.standings(0)) == ["open"])
        #expect(try desks.stores[0].replica.digest() == desks.stores[1].replica.digest())
        for store in desks.stores { #expect(try store.replica.check() == []) }
    }

    @Test("A decision settles the case on both sides")
    func settled() throws {
        let desks = try Desks()
        try desks.run(0, CheckInPerson(booking: desks.bookings[0], seat: desks.seats[1]))
        try desks.run(1, CheckInPerson(booking: desks.bookings[1], seat: desks.seats[1]))
        try desks.send(0, 1)
        try desks.send(1, 0)
        #expect(try desks.standings(0) == ["open"])
        let key = try #require(try desks.keys(1).first.flatMap { RuleKey($0) })
        let violation = try #require(
            try desks.stores[1].reading { records, _ in try RuleBook.standard.evaluate(key, reading: records) })
        try desks.run(
            1,
            ResolveCase(
                violation: violation, answer: .decide("ana-sat-there"), reason: "seen", digesting: .cryptoSHA256))
        #expect(try desks.standings(1) == ["settled"])
        #expect(try desks.standings(0) == ["open"])
        try desks.send(1, 0)
        #expect(try desks.kept(0) == desks.kept(1))
        #expect(try desks.standings(0) == ["settled"])
    }

    @Test("A case that its facts leave behind is dropped with its members")
    func dropped() throws {
        let desks = try Desks()
        try desks.run(0, CheckInPerson(booking: desks.bookings[0], seat: desks.seats[1]))
        let event = try #require(
            try desks.run(1, CheckInPerson(booking: desks.bookings[1], seat: desks.seats[1])).first)
        try desks.send(0, 1)
        try desks.send(1, 0)
        let checkIn = try #require(
            try desks.stores[0].reading { records, _ in
                try records.records(CheckIn.kind, matching: [Match(CheckIn.booking, .reference(desks.bookings[1]))])
                    .first
            })
        #expect(checkIn.name.dot == event.dot)
        try desks.run(0, VoidCheckIn(checkIn: checkIn.name, reason: "wrong person"))
        try desks.send(0, 1)
        for at in 0..<2 { #expect(try desks.keys(at) == desks.derived(at)) }
        #expect(try desks.kept(0) == desks.kept(1))
        let orphans = try desks.stores[0].reading { _, db in
            try Int.fetchOne(
                db, sql: "SELECT count(*) FROM violation_member WHERE key NOT IN (SELECT key FROM violation)")
        }
        #expect(orphans == 0)
    }

    @Test("A command that is refused leaves nothing")
    func refused() throws {
        let desks = try Desks()
        try desks.run(0, CheckInPerson(booking: desks.bookings[0], seat: desks.seats[0]))
        let digest = try desks.stores[0].replica.digest()
        let head = try desks.stores[0].replica.held(desks.stores[0].replica.identity.replica)
        let error = #expect(throws: CredentialStore.Failure.self) {
            try desks.run(0, CheckInPerson(booking: desks.bookings[0], seat: desks.seats[0]))
        }
        #expect(error?.code == "already-checked-in")
        #expect(try desks.stores[0].replica.digest() == digest)
        #expect(try desks.stores[0].replica.held(desks.stores[0].replica.identity.replica) == head)
    }

    @Test("Every look-up that a rule makes has an index to begin with")
    func plans() throws {
        let desks = try Desks()
        for kind in CredentialingSchema.schema.records {
            for index in kind.indexes {
                let sql =
                    "EXPLAIN QUERY PLAN SELECT id, document, clock FROM \"\(kind.name)\" WHERE \"\(index[0])\" = 5"
                let plan = try desks.stores[0].reading { _, db in
                    try Row.fetchAll(db, sql: sql).map { $0["detail"] as String }.joined()
                }
                #expect(plan.contains("USING INDEX") && !plan.contains("SCAN"), "\(kind.name) by \(index[0]): \(plan)")
            }
        }
    }
}
