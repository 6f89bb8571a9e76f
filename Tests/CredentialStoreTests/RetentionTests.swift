import CredentialStore
import Credentialing
import Foundation
import HybridTime
import Merging
import ReplicaStore
import Testing

/// Who leaves a site's scope when the retention is over.
@Suite("Retention at sites")
struct RetentionTests {
    private static let day: Int64 = 86_400_000
    private static let start: Int64 = 1_700_000_000_000
    private static let office = ActorIdentity("hq", station: "office")

    /// Headquarters with a session that two people were booked into, and one of them again a year later.
    private struct World {
        let store: CredentialStore
        let path: String
        let session: RecordName
        let later: RecordName
        let gone: RecordName
        let staying: RecordName

        init() throws {
            path = NSTemporaryDirectory() + "assay-retention-\(UInt64.random(in: .min ... .max))"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let store = try CredentialStore.create(
                in: path,
                identity: Identity(
                    replica: ReplicaID(1), organisation: [UInt8](repeating: 1, count: 16), name: "hq"), isHub: true)
            self.store = store
            func run(_ command: some Command) throws -> RecordName {
                try store.perform(command, actor: office, now: start - day)[0].document
            }
            let scheme = try run(
                CreateScheme(
                    code: "CRA", title: "Rope",
                    components: [.init(code: "T", title: "Theory", range: 0...100, durationMinutes: 90)]))
            let component = RecordName(scheme.dot, 2)
            let site = try run(CreateSite(code: "LEEDS", title: "Leeds", region: "north", rooms: []))
            session = try run(CreateSession(site: site, component: component, startTime: start))
            later = try run(CreateSession(site: site, component: component, startTime: start + 365 * day))
            gone = try run(RegisterPerson(candidateNumber: "C1", given: "Ana", family: "Novák"))
            staying = try run(RegisterPerson(candidateNumber: "C2", given: "Ben", family: "Okoro"))
            for (number, person) in [gone, staying].enumerated() {
                _ = try run(Book(person: person, session: session, ticketCode: "T\(number)"))
            }
            _ = try run(Book(person: staying, session: later, ticketCode: "T9"))
        }

        func seal() throws {
            try store.perform(CloseSession(session: session, gapReason: "test"), actor: office, now: start + day)
            try store.perform(SealSession(session: session, scripts: 0), actor: office, now: start + day)
        }

        func scopes(_ person: RecordName) throws -> [String] {
            try store.reading { records, _ in try records.record(person, Person.kind)?.elements(Person.scopes) ?? [] }
        }

        func close() throws {
            try store.replica.close()
            try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test(
        "Of sealed sessions that ended before a day, people leave the site and stay in the region; a plan writes nothing"
    )
    func release() throws {
        let world = try World()
        let end = Self.start + 2 * Self.day
        var plan = try world.store.releasePlan(endedBefore: end, includesUnsealed: false)
        #expect(plan.dossiers == 0 && plan.sessions == 1 && plan.unsealed == 1, "not sealed yet")
        #expect(try world.store.releasePlan(endedBefore: end, includesUnsealed: true).dossiers == 1)
        try world.seal()
        #expect(try world.store.releasePlan(endedBefore: Self.start, includesUnsealed: false).sessions == 0)
        plan = try world.store.releasePlan(endedBefore: end, includesUnsealed: false)
        #expect(plan.dossiers == 1 && plan.sites == ["site/LEEDS": 1])
        #expect(try world.scopes(world.gone) == ["region/north", "site/LEEDS"], "so far nothing happened")
        // Whoever is booked again between the plan and the release stays.
        #expect(try world.store.release(plan, actor: Self.office, now: end) == 1)
        #expect(try world.scopes(world.gone) == ["region/north"])
        #expect(try world.scopes(world.staying) == ["region/north", "site/LEEDS"])
        #expect(try world.store.release(plan, actor: Self.office, now: end) == 0)
        try world.close()
    }

    @Test("Headquarters does it by itself, once a day, after the retention that is set, whatever its clock does")
    func daily() throws {
        let world = try World()
        try world.seal()
        let over = Self.start + 90 * 60_000
        #expect(try world.store.retentionDays() == 35)
        #expect(try world.store.releaseDaily(now: over + 35 * Self.day) == 0, "not over yet")
        #expect(try world.store.releaseDaily(now: over + 35 * Self.day + 1) == nil, "today it has looked")
        #expect(try world.store.releaseDaily(now: over + 36 * Self.day + 1) == 1)
        #expect(try world.scopes(world.gone) == ["region/north"])
        try world.store.setRetentionDays(7)
        #expect(try world.store.releaseDaily(now: over + 2 * Self.day) == 0, "the clock was set back")
        #expect(try world.store.retentionDays() == 7)
        try world.close()
    }

    @Test("A store folds away once a day, whatever its clock does")
    func tidying() throws {
        let world = try World()
        func tidied(_ day: Int64) throws -> Tidied? {
            try world.store.tidyDaily(now: day * Self.day, isHeadquarters: false)
        }
        #expect(try tidied(100) != nil)
        #expect(try tidied(100) == nil, "today it has looked")
        #expect(try tidied(101) != nil)
        #expect(try tidied(50) != nil, "the clock was set back")
        try world.close()
    }
}
