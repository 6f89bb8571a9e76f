import ChangeSets
import Foundation
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

@Suite("Scopes")
struct ScopeTests {
    private static func pair(_ scopes: [String] = ["site/1a"]) throws -> (hub: ScopedNode, site: ScopedNode) {
        (
            try ScopedNode("hq", 1, scopes: ["org"], isHub: true, parent: nil),
            try ScopedNode("site", 2, scopes: scopes, isHub: false, parent: 0)
        )
    }

    private static func sync(_ child: ScopedNode, _ hub: ScopedNode, isHeadquarters: Bool = true) throws {
        var meeting = Meeting(child.store, hub.store, isHeadquarters: isHeadquarters)
        #expect(try meeting.sync() == .completed)
    }

    @Test("A site receives the documents of its scope, by snapshot and by feed, and no other")
    func subscription() throws {
        let (hub, site) = try Self.pair()
        let mine = try hub.store.makeScoped("Ada", ["region/1", "site/1a"])
        let other = try hub.store.makeScoped("Bob", ["region/1", "site/1b"])
        try Self.sync(site, hub)
        #expect(try site.store.holds(mine))
        #expect(try !site.store.holds(other))
        // From here on by the feed.
        let next = try hub.store.makeScoped("Cyd", ["region/1", "site/1a"])
        _ = try hub.store.makeScoped("Dan", ["region/1"])
        try hub.store.rename(mine, "Ada L.")
        try hub.store.rename(other, "Bob B.")
        try Self.sync(site, hub)
        #expect(try site.store.document(mine) == hub.store.document(mine))
        #expect(try site.store.document(next) == hub.store.document(next))
        #expect(try site.store.documentCount() == 2)
        #expect(try site.store.held(hub.replica).total == 2, "journalled: Cyd's and Ada's new name")
        let scope = try #require(ScopeName("site/1a"))
        #expect(try site.store.digest(of: scope) == hub.store.digest(of: scope))
    }

    @Test("Entering a scope grants the state, leaving it takes rows and journal away; coming back loses nothing")
    func grantAndRevoke() throws {
        let (hub, site) = try Self.pair()
        let person = try hub.store.makeScoped("Ada", ["region/1"])
        try Self.sync(site, hub)
        #expect(try !site.store.holds(person))
        try hub.store.setScopes(person, ["site/1a"], .add)
        try Self.sync(site, hub)
        #expect(try site.store.document(person) == hub.store.document(person))
        try site.store.rename(person, "Ada by the site")
        try hub.store.rename(person, "Ada by headquarters")
        try Self.sync(site, hub)
        try Self.sync(site, hub)
        #expect(try site.store.document(person) == hub.store.document(person))
        try hub.store.setScopes(person, ["site/1a"], .remove)
        try Self.sync(site, hub)
        #expect(try !site.store.holds(person))
        #expect(try site.store.history(of: person).allSatisfy { $0.dot.origin == site.replica })
        #expect(throws: StoreError.unknownDocument) { try site.store.rename(person, "nobody's") }
        try hub.store.setScopes(person, ["site/1a"], .add)
        try Self.sync(site, hub)
        #expect(try site.store.document(person) == hub.store.document(person))
        try site.store.rename(person, "Ada again")
        try Self.sync(site, hub)
        #expect(try site.store.document(person) == hub.store.document(person))
        #expect(try hub.store.repairs().isEmpty)
        #expect(try site.store.repairs().isEmpty)
    }

    @Test("Whoever revokes is evicted like everyone else, and unsent work goes up first")
    func authorOfRevocation() throws {
        let (hub, site) = try Self.pair()
        let person = try hub.store.makeScoped("Ada", ["region/1", "site/1a"])
        try Self.sync(site, hub)
        try site.store.rename(person, "unsent")
        try site.store.setScopes(person, ["site/1a"], .remove)
        #expect(try site.store.holds(person), "not before the hub has it")
        try Self.sync(site, hub)
        #expect(try !site.store.holds(person))
        #expect(try hub.store.held(site.replica).total == 2)
    }

    @Test("Work of an absent site on a revoked document is taken up before the document goes")
    func revokedWhileAway() throws {
        let (hub, site) = try Self.pair()
        let person = try hub.store.makeScoped("Ada", ["region/1", "site/1a"])
        try Self.sync(site, hub)
        try hub.store.setScopes(person, ["site/1a"], .remove)
        try site.store.rename(person, "meanwhile")
        try Self.sync(site, hub)
        #expect(try !site.store.holds(person))
        #expect(try hub.store.held(site.replica).total == 1)
        // A site that puts it back at the same time keeps it: an addition that the removal had not seen.
        try hub.store.setScopes(person, ["site/1a"], .add)
        try Self.sync(site, hub)
        try hub.store.setScopes(person, ["site/1a"], .remove)
        try site.store.setScopes(person, ["site/1a"], .add)
        try Self.sync(site, hub)
        try Self.sync(site, hub)
        #expect(try site.store.document(person) == hub.store.document(person))
    }

    @Test("Grants and revokes in quick succession come to their end")
    func quickSuccession() throws {
        let (hub, site) = try Self.pair()
        let person = try hub.store.makeScoped("Ada", ["region/1"])
        try Self.sync(site, hub)
        for _ in 0..<3 {
            try hub.store.setScopes(person, ["site/1a"], .add)
            try hub.store.setScopes(person, ["site/1a"], .remove)
        }
        try Self.sync(site, hub)
        #expect(try !site.store.holds(person))
        try hub.store.setScopes(person, ["site/1a"], .add)
        try hub.store.setScopes(person, ["site/1a"], .remove)
        try hub.store.setScopes(person, ["site/1a"], .add)
        try Self.sync(site, hub)
        #expect(try site.store.document(person) == hub.store.document(person))
        #expect(try site.store.strayCount() == 0)
    }

    @Test("A replica does not begin a document anew that everyone names alike, that it wrote to and that went from it")
    func goneAndNamedAlike() throws {
        let (hub, site) = try Self.pair()
        let matter = RecordName(hash: 7)
        try site.store.setScopes(matter, ["site/1a"], .add)
        try Self.sync(site, hub)
        try hub.store.setScopes(matter, ["site/1a"], .remove)
        try Self.sync(site, hub)
        #expect(try !site.store.holds(matter))
        #expect(throws: StoreError.behindOwnWork) { try site.store.rename(matter, "once more") }
        try hub.store.setScopes(matter, ["site/1a"], .add)
        try Self.sync(site, hub)
        try site.store.rename(matter, "once more")
        try Self.sync(site, hub)
        #expect(try site.store.document(matter) == hub.store.document(matter))
    }

    @Test("The store's check has nothing against a journal that documents went from, nor against a tail about them")
    func checkAfterRevoke() throws {
        let (hub, site) = try Self.pair()
        let person = try hub.store.makeScoped("Ada", ["region/1", "site/1a"])
        try Self.sync(site, hub)
        // Two in the journal of the site, one of which goes; the site's own work stays in its tail.
        _ = try hub.store.makeScoped("Bob", ["region/1", "site/1a"])
        try hub.store.rename(person, "Ada L.")
        try site.store.rename(person, "Ada by the site")
        let mine = try site.store.makeScoped("Cyd", ["region/1", "site/1a"])
        try Self.sync(site, hub)
        for name in [person, mine] { try hub.store.setScopes(name, ["site/1a"], .remove) }
        try Self.sync(site, hub)
        #expect(try site.store.documentCount() == 1)
        #expect(try site.store.check() == [])
    }

    @Test("A hub that holds some scopes serves these, those within them, and nothing else")
    func partialHub() throws {
        let hq = try ScopedNode("hq", 1, scopes: ["org"], isHub: true, parent: nil)
        let region = try ScopedNode("region", 2, scopes: ["region/1"], isHub: true, parent: 0)
        let site = try ScopedNode("site", 3, scopes: ["site/1a"], isHub: false, parent: 1)
        let stranger = try ScopedNode("stranger", 4, scopes: ["site/2a"], isHub: false, parent: 1)
        let office = try ScopedNode("office", 5, scopes: ["org"], isHub: false, parent: 1)
        let person = try hq.store.makeScoped("Ada", ["region/1", "site/1a"])
        try Self.sync(region, hq)
        for child in [site, stranger, office] { try Self.sync(child, region, isHeadquarters: false) }
        #expect(try site.store.holds(person))
        #expect(try stranger.store.documentCount() == 0)
        #expect(try office.store.documentCount() == 0)
        // It leaves the region: the site is told by a hub that no longer has it.
        try hq.store.setScopes(person, ["region/1", "site/1a"], .remove)
        try site.store.rename(person, "meanwhile")
        try Self.sync(region, hq)
        #expect(try !region.store.holds(person))
        for _ in 0..<3 {
            try Self.sync(site, region, isHeadquarters: false)
            try Self.sync(region, hq)
        }
        #expect(try !site.store.holds(person))
        #expect(try hq.store.held(site.replica).total == 1)
        #expect(try region.store.history(of: person).isEmpty)
        #expect(try region.store.strayCount() == 0)
        #expect(try site.store.strayCount() == 0)
    }

    @Test(
        "Work that a server passed on is not lost with the region above: the server keeps it until headquarters has it")
    func regionBurnsDown() throws {
        let hq = try ScopedNode("hq", 1, scopes: ["org"], isHub: true, parent: nil)
        let region = try ScopedNode("region", 2, scopes: ["region/1"], isHub: true, parent: 0)
        let server = try ScopedNode("server", 3, scopes: ["site/1a"], isHub: true, parent: 1)
        let desk = try ScopedNode("desk", 4, scopes: ["site/1a"], isHub: false, parent: 2)
        let person = try hq.store.makeScoped("Ada", ["region/1", "site/1a"])
        try Self.sync(region, hq)
        try Self.sync(server, region, isHeadquarters: false)
        try Self.sync(desk, server, isHeadquarters: false)
        try desk.store.rename(person, "by the desk")
        try Self.sync(desk, server, isHeadquarters: false)
        try hq.store.setScopes(person, ["site/1a"], .remove)
        try Self.sync(region, hq)
        for _ in 0..<2 { try Self.sync(server, region, isHeadquarters: false) }
        #expect(try !server.store.holds(person))
        #expect(try region.store.held(desk.replica).total == 1)
        // The region burns down before it was at headquarters again.
        for _ in 0..<2 { try Self.sync(server, hq) }
        #expect(try hq.store.held(desk.replica).total == 1)
        #expect(try server.store.held(desk.replica).total == 0, "headquarters has it: now it may go")
        #expect(try server.store.strayCount() == 0)
        try Self.sync(desk, server, isHeadquarters: false)
        #expect(try !desk.store.holds(person))
        #expect(try desk.store.greeting().memory.receiptedAtHQ == 1)
    }

    @Test("What left a scope while a replica was at another hub goes, and is not taken for a repair")
    func leftAtAnotherHub() throws {
        let hq = try ScopedNode("hq", 1, scopes: ["org"], isHub: true, parent: nil)
        let region = try ScopedNode("region", 2, scopes: ["region/1"], isHub: true, parent: 0)
        let desk = try ScopedNode("desk", 3, scopes: ["site/1a"], isHub: false, parent: 1)
        let person = try desk.store.makeScoped("Ada", ["region/1", "site/1a"])
        try Self.sync(desk, region, isHeadquarters: false)
        try Self.sync(region, hq)
        try hq.store.setScopes(person, ["site/1a"], .remove)
        for _ in 0..<2 { try Self.sync(desk, hq) }
        #expect(try !desk.store.holds(person))
        #expect(try desk.store.repairs().isEmpty)
        #expect(try desk.store.strayCount() == 0)
    }

    @Test(
        "A hub that never had a document that everybody names alike asks about it when a child brings later work on it")
    func matterFromElsewhere() throws {
        let hq = try ScopedNode("hq", 1, scopes: ["org"], isHub: true, parent: nil)
        let region = try ScopedNode("region", 2, scopes: ["region/1"], isHub: true, parent: 0)
        let other = try ScopedNode("other", 3, scopes: ["region/1"], isHub: true, parent: 0)
        let site = try ScopedNode("site", 4, scopes: ["site/1a"], isHub: false, parent: 1)
        let matter = RecordName(hash: 0x770001)
        try hq.store.write(
            .document(matter), kind: Scoped.dossier,
            [
                RecordChange(
                    matter, kind: Scoped.person.tag,
                    ["region/1", "site/1a"].map { Write(EngineRecords.scopes.tag, .text($0), .add) })
            ])
        try Self.sync(region, hq)
        try Self.sync(site, region, isHeadquarters: false)
        try hq.store.setScopes(matter, ["region/1", "site/1a"], .remove)
        try site.store.rename(matter, "meanwhile")
        for _ in 0..<3 {
            try Self.sync(site, other, isHeadquarters: false)
            try Self.sync(other, hq)
        }
        #expect(try hq.store.held(site.replica).total == 1)
        #expect(try !site.store.holds(matter))
        #expect(try other.store.strayCount() == 0)
        #expect(try site.store.strayCount() == 0)
    }

    @Test("What went is overwritten: no byte of it is left in the store's files")
    func overwritten() throws {
        let (hub, site) = try Self.pair()
        let secret = "Zebedee-\(UInt64.random(in: .min ... .max))"
        let person = try hub.store.makeScoped("Ada", ["region/1", "site/1a"])
        try Self.sync(site, hub)
        try hub.store.rename(person, secret)
        try Self.sync(site, hub)
        #expect(try Self.files(of: site).contains { $0.range(of: Data(secret.utf8)) != nil }, "the search finds it")
        try hub.store.setScopes(person, ["site/1a"], .remove)
        try Self.sync(site, hub)
        try site.store.close()
        #expect(try !Self.files(of: site).contains { $0.range(of: Data(secret.utf8)) != nil })
    }

    private static func files(of node: ScopedNode) throws -> [Data] {
        try FileManager.default.contentsOfDirectory(atPath: node.folder.path)
            .map { try Data(contentsOf: URL(fileURLWithPath: node.folder.path + "/" + $0)) }
    }

    @Test(
        "Random histories over a tree: in the end everyone holds what is in its scopes, and nothing else",
        arguments: 1000..<1040)
    func randomHistories(seed: Int) throws {
        var world = try ScopeHistory(seed: UInt64(seed))
        try world.run(steps: 60)
        try world.heal()
        try world.check()
    }
}
