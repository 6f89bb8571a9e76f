import ChangeSets
import Foundation
import HubServer
import HybridTime
import Logging
import Merging
import ReplicaStore
import StoreSync
import SyncProtocol
import SyncTransport
import Testing

@Suite("Real stores over real sockets", .timeLimit(.minutes(2)))
struct SyncTests {
    @Test("Sites, region, office and headquarters converge, and receipts come back down")
    func threeLevels() async throws {
        let sites = [try Node(1), try Node(2)]
        let office = try Node(3)
        try await listening(Node(9, isHub: true, isHeadquarters: true)) { hq in
            try await listening(Node(8, isHub: true)) { region in
                var random = Seeded(3)
                var people = [try hq.store.makePerson("at HQ")]
                // The sites have read the region's feed to its end before the region ever meets HQ.
                people.append(try region.store.makePerson("at the region"))
                for site in sites { try await site.sync(with: region) }
                let all = sites + [office, region, hq]
                for round in 0..<6 {
                    for node in all {
                        people.append(try node.store.makePerson("\(round)"))
                        for person in people.shuffled(using: &random).prefix(4)
                        where try node.store.documents()[person] != nil {
                            try node.store.set(person, Fixture.title, .text("\(node.store.identity.name) \(round)"))
                            try node.store.set(
                                person, Fixture.emails, .text("\(round)@x"), random.chance(3) ? .remove : .add)
                        }
                    }
                    for site in sites.shuffled(using: &random) { try await site.sync(with: region) }
                    try await region.sync(with: hq)
                    try await office.sync(with: random.chance(2) ? hq : region)
                }
                for _ in 0..<2 {
                    for site in sites { try await site.sync(with: region) }
                    try await office.sync(with: hq)
                    try await region.sync(with: hq)
                }
                for site in sites { try await site.sync(with: region) }
                try await office.sync(with: hq)
                try Node.expectSame(all, "after the last round")
                for node in all { #expect(try node.store.repairs() == [], "no disk failed") }
                for site in sites {
                    let memory = try site.store.memory(of: region.lineage())
                    let head = try #require(try site.store.held(site.test.replica).last)
                    #expect(memory.receiptedAtHub == head)
                    #expect(memory.receiptedAtHQ == head)
                    #expect(try hq.store.held(site.test.replica) == SequenceRanges(1...head))
                }
                #expect(
                    try region.store.memory(of: hq.lineage()).receiptedAtHQ
                        == region.store.held(region.test.replica).last)
                // Once more: nothing moves, and the check is cheap.
                for (node, hub) in [(sites[0], region), (sites[1], region), (region, hq), (office, hq)] {
                    let totals = try await node.sync(with: hub)
                    #expect(totals.changeSetsPushed == 0 && totals.changeSetsPulled == 0 && totals.snapshotBytes == 0)
                    #expect(totals.bytesSent + totals.bytesReceived <= 500, "\(totals)")
                    print("an idle sync: \(totals.bytesSent) bytes up, \(totals.bytesReceived) down")
                }
                // A fresh replica at either hub takes a snapshot and equals.
                for (number, hub) in [(21 as UInt64, region), (22, hq)] {
                    let fresh = try Node(number)
                    let totals = try await fresh.sync(with: hub)
                    #expect(totals.snapshotBytes > 0 && totals.changeSetsPulled == 0)
                    try Node.expectSame([fresh, hq], "bootstrapped")
                    // What it writes then reaches everyone.
                    try fresh.store.set(people[0], Fixture.phone, .text("fresh"))
                    try await fresh.sync(with: hub)
                    try await region.sync(with: hq)
                    for site in sites { try await site.sync(with: region) }
                    try await office.sync(with: hq)
                    try Node.expectSame(all + [fresh], "after the fresh one's write")
                }
                // Each dot that became covered at a hub is in its feed at most once, and all that is held there.
                for hub in [region, hq] {
                    let dots = try hub.store.feed(after: 0, bytesMax: .max)
                        .flatMap { entry in entry.range.map { Dot(entry.origin, $0) } }
                    #expect(Set(dots).count == dots.count)
                    let held = try hub.store.heldOrigins().reduce(0) { try $0 + hub.store.held($1).total }
                    #expect(dots.count == held)
                }
            }
        }
    }

    @Test("A commit at headquarters reaches a live site through the region, and the site's reach headquarters")
    func live() async throws {
        let site = try Node(1)
        try await listening(Node(9, isHub: true, isHeadquarters: true)) { hq in
            let first = try hq.store.makePerson("first")
            try await listening(Node(8, isHub: true), parent: hq) { region in
                let watching = Task { try await site.client(region).watch() }
                defer { watching.cancel() }
                try await site.store.changed { try $0.documents()[first] != nil }
                let second = try hq.store.makePerson("second")
                try await site.store.changed { try $0.documents()[second] != nil }
                let third = try site.store.makePerson("third")
                try await hq.store.changed { try $0.documents()[third] != nil }
                // And the word that it is there comes back to the site.
                let lineage = try region.lineage()
                try await site.store.changed { try $0.memory(of: lineage).receiptedAtHQ == 1 }
                let fourth = try region.store.makePerson("fourth")
                try await site.store.changed { try $0.documents()[fourth] != nil }
                try await hq.store.changed { try $0.documents()[fourth] != nil }
                try Node.expectSame([site, region, hq], "live")
            }
        }
    }

    @Test("A hub that was put back takes a new name while it serves, and a sync goes on by itself")
    func putBack() async throws {
        let desk = try Node(1)
        let reader = try Node(2)
        let first = try Node(9, isHub: true, isHeadquarters: true)
        try first.store.close()
        let folder = try Folder()
        func open(_ path: String, _ folder: Folder) throws -> Node {
            let store = try ReplicaStore.open(in: path, schema: Fixture.schema, durability: .none)
            return Node(TestStore(store, folder), isHeadquarters: true)
        }
        try FileManager.default.copyItem(atPath: first.test.folder.path, toPath: folder.path + "/image")
        try await listening(open(first.test.folder.path, first.test.folder)) { hub in
            _ = try desk.store.makePerson("lost by the hub")
            try await desk.sync(with: hub)
        }
        try await listening(open(folder.path + "/image", folder)) { hub in
            // Somebody who is live hears of the new name, and stays in sync.
            let watching = Task { try await reader.client(hub).watch() }
            defer { watching.cancel() }
            try await desk.sync(with: hub)
            #expect(hub.store.identity.replica != first.store.identity.replica)
            #expect(try hub.store.digest() == desk.store.digest())
            try await reader.store.changed { try $0.documents().count == 1 }
        }
    }

    @Test("A hostile replica's change sets are put aside at the hub, told of, and stop nobody")
    func hostile() async throws {
        let honest = try Node(1)
        let victim = try honest.store.makePerson("honest")
        let forgerNode = try Node(66)
        let own = try forgerNode.store.makePerson("own")
        // The forger's own build lets it write anything: here under another origin that it relays.
        var forger = Forger(1)
        let stolen = forger.set([RecordChange(victim, kind: 1, [Write(Fixture.phone.tag, "stolen")])])
        let fine = forger.set([RecordChange(RecordName(forger.dot, 0), kind: 1, [])])
        _ = try forgerNode.store.apply(Forger.segment([stolen, fine])).get()
        try await listening(Node(9, isHub: true, isHeadquarters: true)) { hub in
            try await forgerNode.sync(with: hub)
            try await honest.sync(with: hub)
            try await honest.sync(with: hub)
            #expect(try hub.store.count("SELECT count(*) FROM quarantine") == 1)
            #expect(Set(try hub.store.documents().keys) == [victim, own, fine.document])
            #expect(
                try honest.store.documents()[victim]?.records[victim]?.cell(Fixture.phone.tag)?.first.value == "honest")
            try Node.expectSame([honest, hub], "without the forgery")
            // It is durable at the hub as evidence, and not sent again.
            let totals = try await forgerNode.sync(with: hub)
            #expect(totals.changeSetsPushed == 0)
        }
    }
}

extension ReplicaStore {
    /// Waits until something holds, looking again after each commit here.
    func changed(_ condition: (ReplicaStore) throws -> Bool) async throws {
        let (events, event) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let observer = changes.add { _ in event.yield() }
        defer { changes.remove(observer) }
        if try condition(self) { return }
        for await _ in events where try condition(self) { return }
    }
}
