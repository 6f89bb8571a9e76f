import ChangeSets
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

@Suite("What a store can do without")
struct TidyTests {
    private static let day = Retention.day

    private static func sync(_ child: ScopedNode, _ hub: ScopedNode, isHeadquarters: Bool = true) throws
        -> [ReplicaReport]
    {
        var meeting = Meeting(child.store, hub.store, isHeadquarters: isHeadquarters)
        #expect(try meeting.sync() == .completed)
        return meeting.reports
    }

    private static func isSnapshot(_ reports: [ReplicaReport]) -> Bool {
        reports.contains { if case .restored = $0 { true } else { false } }
    }

    @Test(
        "A feed is folded up to the replica that has read the least; one away for too long takes a snapshot, and its own work is taken up"
    )
    func feeds() throws {
        let hub = try ScopedNode("hq", 1, scopes: ["org"], isHub: true, parent: nil)
        let scopes = ["region/1", "site/1a"]
        let near = try ScopedNode("near", 2, scopes: ["site/1a"], isHub: false, parent: 0)
        let away = try ScopedNode("away", 3, scopes: ["site/1a"], isHub: false, parent: 0)
        let office = try ScopedNode("office", 4, scopes: ["org"], isHub: false, parent: 0)
        let first = try hub.store.makeScoped("first", scopes)
        for child in [near, away, office] { _ = try Self.sync(child, hub) }
        #expect(
            try hub.store.tidy(now: Self.day, isHeadquarters: true).feedEntries > 0, "what came before anybody read")
        let leaving = try hub.store.makeScoped("leaving", scopes)
        for child in [near, away, office] { _ = try Self.sync(child, hub) }
        let second = try hub.store.makeScoped("second", scopes)
        for child in [near, office] { for _ in 0..<2 { _ = try Self.sync(child, hub) } }
        // What a replica has read is known by its hello: one of them last told of the time before these two.
        #expect(try hub.store.tidy(now: 2 * Self.day, isHeadquarters: true).feedEntries > 0)
        #expect(try hub.store.count("SELECT count(*) FROM scope_feed") == 2)
        try away.store.rename(first, "while away")
        try hub.store.setScopes(leaving, ["site/1a"], .remove)
        for child in [near, office] { for _ in 0..<2 { _ = try Self.sync(child, hub) } }
        _ = try hub.store.tidy(now: 33 * Self.day, isHeadquarters: true)
        #expect(try hub.store.count("SELECT count(*) FROM scope_feed") == 0)
        #expect(try hub.store.count("SELECT count(*) FROM feed") == 0)
        #expect(!Self.isSnapshot(try Self.sync(near, hub)), "it was there all the time")
        #expect(Self.isSnapshot(try Self.sync(away, hub)))
        for _ in 0..<3 { for child in [away, near, office] { _ = try Self.sync(child, hub) } }
        for child in [near, away] {
            for name in [first, second] { #expect(try child.store.document(name) == hub.store.document(name)) }
            #expect(try !child.store.holds(leaving), "\(child.label): it left while the feed was folded")
        }
        #expect(try hub.store.held(away.replica).total == 1)
        #expect(try office.store.digest() == hub.store.digest())
        #expect(try hub.store.check().isEmpty)
    }

    @Test("Below headquarters the journal lets go of what is there and old, and nothing else; headquarters keeps all")
    func journals() throws {
        let hub = try ScopedNode("hq", 1, scopes: ["org"], isHub: true, parent: nil)
        let site = try ScopedNode("site", 2, scopes: ["org"], isHub: false, parent: 0)
        let person = try site.store.makeScoped("Ada", ["region/1"])
        for number in 0..<100 { try site.store.rename(person, "name \(number)") }
        _ = try Self.sync(site, hub)
        try site.store.packTail()
        let all = try site.store.held(site.replica).total
        #expect(try site.store.tidy(now: 0, isHeadquarters: false).changeSets == 0)
        #expect(try site.store.tidy(now: 34 * Self.day, isHeadquarters: false).changeSets == 0, "too young")
        try site.store.rename(person, "new, and not at headquarters")
        try site.store.packTail()
        #expect(try site.store.tidy(now: 35 * Self.day, isHeadquarters: false).changeSets == all)
        #expect(try site.store.held(site.replica).total == 1)
        // It goes on as before: nothing is wanted again, and the chain is whole.
        let state = try site.store.document(person)
        _ = try Self.sync(site, hub)
        #expect(try hub.store.held(site.replica).total == all + 1)
        #expect(try hub.store.document(person) == state)
        try hub.store.rename(person, "by headquarters")
        _ = try Self.sync(site, hub)
        _ = try Self.sync(site, hub)
        #expect(try site.store.digest() == hub.store.digest())
        #expect(try site.store.check().isEmpty)
        let durability = try site.store.durability()
        #expect(durability.saved == UInt64(all + 1) && durability.atHQ == durability.saved)
        #expect(try hub.store.tidy(now: 99 * Self.day, isHeadquarters: true).changeSets == 0)
        #expect(try site.store.repairs().isEmpty && hub.store.repairs().isEmpty)
    }
}
