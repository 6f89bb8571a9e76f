import ChangeSets
import GRDB
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

/// Divergence that nobody noticed, found at rest by comparing digests and put right.
@Suite("Compare and repair", .timeLimit(.minutes(2)))
struct RepairTests {
    /// A site that has pulled its people from HQ and written to one of them, both at rest.
    private func atRest(
        people count: Int = 3, _ body: @escaping @Sendable (_ hq: Node, _ site: Node, [RecordName]) async throws -> Void
    ) async throws {
        try await listening(Node(9, isHub: true, isHeadquarters: true)) { hq in
            let site = try Node(1)
            var people = try (0..<count).map { try hq.store.makePerson("\($0)") }
            try await site.sync(with: hq)
            people.append(try site.store.makePerson("made at the site"))
            try site.store.set(people[0], Fixture.phone, "set at the site")
            try await site.sync(with: hq)
            try await site.sync(with: hq)
            try Node.expectSame([hq, site], "at rest")
            try await body(hq, site, people)
        }
    }

    private func phone(_ person: RecordName, _ node: Node) throws -> Value? {
        try node.store.documents()[person]?.records[person]?.cell(Fixture.phone.tag)?.greatest.value
    }

    @Test("A row that the site's disk spoilt is made again from its journal, or comes from the hub where that is short")
    func siteSpoilt() async throws {
        try await atRest { hq, site, people in
            let own = people[3]
            try site.store.spoil(own)
            try site.store.spoil(people[1])
            let totals = try await site.sync(with: hq)
            #expect(totals.documentsDiffering == 2)
            #expect(try phone(own, site) == "made at the site")
            #expect(try phone(people[1], site) == "1")
            try Node.expectSame([hq, site], "put right")
            let kinds = try site.store.repairs().map { "\($0.document) \($0.how)" }
            #expect(Set(kinds) == ["\(own) journal", "\(people[1]) hub"])
            #expect(try hq.store.repairs() == [])
            let again = try await site.sync(with: hq)
            #expect(again.documentsDiffering == 0 && again.bytesSent + again.bytesReceived <= 500)
        }
    }

    @Test("A row that the hub's disk spoilt is made again from its journal, and the site keeps what it has")
    func hubSpoilt() async throws {
        try await atRest { hq, site, people in
            try hq.store.spoil(people[1])
            try hq.store.spoil(people[3])
            try await site.sync(with: hq)
            try await site.sync(with: hq)
            #expect(try phone(people[1], hq) == "1")
            #expect(try phone(people[3], hq) == "made at the site")
            try Node.expectSame([hq, site], "put right")
        }
    }

    @Test("Change sets that a hub has receipted and lost are sent again")
    func hubForgot() async throws {
        try await atRest { hq, site, people in
            try hq.store.forget(people[3], of: site.test.replica)
            try await site.sync(with: hq)
            try await site.sync(with: hq)
            #expect(try phone(people[3], hq) == "made at the site")
            #expect(try hq.store.digest() == site.store.digest())
            #expect(try site.store.repairs() == [], "the welcome showed it")
        }
    }

    @Test("Change sets that a hub has lost are sent again by whoever has them")
    func hubForgotAnother() async throws {
        try await atRest { hq, site, people in
            let other = try Node(2)
            try await other.sync(with: hq)
            try site.store.set(people[3], Fixture.phone, "later")
            let made = try site.store.makePerson("made later")
            try await site.sync(with: hq)
            for _ in 0..<2 { try await other.sync(with: hq) }
            // The other site took the first part as a snapshot and holds the rest.
            try hq.store.forget(made, of: site.test.replica)
            // Its cursor is of a feed that the hub no longer has: the hub takes a new name, and all goes to it again.
            for _ in 0..<2 { try await other.sync(with: hq) }
            #expect(try phone(made, hq) == "made later")
            #expect(hq.store.identity.epoch == 2)
            #expect(try other.store.repairs() == [])
        }
    }

    @Test("One document of thousands is found by halving, and little travels")
    func narrowing() async throws {
        try await atRest(people: 3_000) { hq, site, people in
            try site.store.spoil(people[1_234])
            let totals = try await site.sync(with: hq)
            #expect(totals.documentsDiffering == 1)
            // Sixteen parts of 78 bytes and thirty-two documents of 46, twice at most, and one state.
            #expect(totals.bytesSent + totals.bytesReceived < 10_000, "\(totals)")
            try Node.expectSame([hq, site], "put right")
        }
    }

    @Test("What no journal has is salvaged by an administrator, and reaches everyone; twice does no harm")
    func salvage() async throws {
        let site = try Node(1)
        let other = try Node(2)
        let person = try await listening(Node(9, isHub: true, isHeadquarters: true)) { lost in
            let person = try lost.store.makePerson("only a state")
            for node in [site, other] { try await node.sync(with: lost) }
            return person
        }
        try site.store.set(person, Fixture.title, "after the loss")
        try await listening(Node(10, isHub: true, isHeadquarters: true)) { hq in
            for _ in 0..<2 { for node in [site, other] { try await node.sync(with: hq) } }
            #expect(try hq.store.documents()[person] == nil, "what it was made by is in no journal")
            #expect(try hq.store.count("SELECT count(*) FROM parked") == 1)
            #expect(try site.store.orphans() == [person])
            for node in [site, other] {
                _ = try node.store.salvage(person, reason: "the hub burnt", actor: "head", time: 1_700_000_000_000)
                    .get()
            }
            for _ in 0..<3 { for node in [site, other] { try await node.sync(with: hq) } }
            #expect(try phone(person, hq) == "only a state")
            for node in [site, other] {
                #expect(try node.store.orphans() == [])
                #expect(
                    try node.store.salvage(person, reason: "again", actor: "head", time: 1_700_000_000_000)
                        == .failure(.notAnOrphan))
            }
            try Node.expectSame([hq, site, other], "salvaged")
            #expect(try hq.store.rebuild().remade == 0, "the adopted state is the start of its history")
            try Node.expectSame([hq, site, other], "rebuilt")
        }
    }

    @Test("A hub that commits while it is compared tells of a position that its children do not know")
    func comparedWhileCommitting() async throws {
        let hub = try TestStore(9, isHub: true)
        for number in 1...100 {
            let before = try hub.store.compare(ReplicaStore.everything[0], []).position
            let ranges = [RangeDigest(.all, try hub.store.digest())]
            async let writing = Task { try hub.store.makePerson("\(number)") }.value
            let answer = try hub.store.compare(ReplicaStore.everything[0], ranges)
            _ = try await writing
            #expect(answer.parts.isEmpty || answer.position > before)
        }
    }

    /// Found by the simulator (sqlite, seed 7000370).
    @Test("What a device that has moved knows alone is no fault, and an orphan only until it comes down")
    func moved() async throws {
        let site = try Node(8, isHub: true)
        let desk = try Node(1)
        let person = try site.store.makePerson("came as a state")
        _ = try await listening(site) { site in try await desk.sync(with: site) }
        // It follows what the new hub lacks, so that it waits there.
        try desk.store.set(person, Fixture.title, "after the move")
        try await listening(Node(9, isHub: true, isHeadquarters: true)) { hq in
            for _ in 0..<3 { try await desk.sync(with: hq) }
            #expect(try hq.store.documents()[person] == nil)
            #expect(try desk.store.orphans() == [person])
            try await site.sync(with: hq)
            for _ in 0..<2 { try await desk.sync(with: hq) }
            #expect(try desk.store.orphans() == [])
            for node in [hq, site, desk] { #expect(try node.store.repairs() == []) }
            try Node.expectSame([hq, site, desk], "moved")
        }
    }

    /// Found by the simulator (both stores, seed 8000108).
    @Test("What the hub got as state, too, is no orphan once both sides hold the same")
    func alike() async throws {
        let (site, desk) = (try Node(8, isHub: true), try Node(1))
        let person = try site.store.makePerson("came as a state")
        _ = try await listening(site) { site in try await desk.sync(with: site) }
        try await listening(Node(9, isHub: true, isHeadquarters: true)) { hq in
            for _ in 0..<2 { try await desk.sync(with: hq) }
            #expect(try desk.store.orphans() == [person])
            _ = try hq.store.join(snapshotChunk: site.store.snapshotChunk(after: 0).bytes).get()
            for _ in 0..<3 { try await desk.sync(with: hq) }
            #expect(try desk.store.orphans() == [])
            try Node.expectSame([hq, site, desk], "alike")
        }
    }

    @Test(
        "A rebuild makes again what was spoilt, removes rows without a document, and wants from the hub what is short")
    func rebuild() async throws {
        try await atRest { hq, site, people in
            for node in [hq, site] {
                try node.store.spoil(people[3])
                try node.store.damage("DELETE FROM document WHERE id = (\(ReplicaStore.id))", people[2])
                #expect(Set(try node.store.check().map(\.code)) == ["state-differs", "row-astray"])
            }
            let atHub = try hq.store.rebuild()
            #expect(atHub.remade == 1 && atHub.astray == 1 && atHub.wanted == 0)
            let atSite = try site.store.rebuild()
            #expect(atSite.remade == 1 && atSite.astray == 1 && atSite.wanted == 2, "two came as a snapshot")
            for node in [hq, site] { #expect(try node.store.check() == []) }
            #expect(try phone(people[3], site) == "made at the site")
        }
    }

    @Test("A verdict about a document that came as a snapshot brings its state from the hub")
    func deniedBehindSnapshot() async throws {
        try await listening(Node(9, isHub: true, isHeadquarters: true)) { hq in
            let person = try hq.store.makePerson("first")
            let wrong = try hq.store.set(person, Fixture.phone, "wrong")
            let site = try Node(1)
            try await site.sync(with: hq)
            _ = try hq.store.deny(wrong.dot, reason: "no role", actor: "hq", time: 1_700_000_000_000).get()
            #expect(try phone(person, hq) == "first")
            // The verdict comes, and the next session brings what the site's journal cannot tell.
            for _ in 0..<2 { try await site.sync(with: hq) }
            #expect(try phone(person, site) == "first")
            #expect(try hq.store.digest() == site.store.digest())
            #expect(try site.store.count("SELECT count(*) FROM wanted") == 0)
        }
    }
}

extension ReplicaStore {
    /// Changes a document's row as a disk might, and has the digests computed anew as the doctor does.
    func spoil(_ person: RecordName) throws {
        try damage("UPDATE person SET phone = 'spoilt' WHERE id = (\(Self.id)) ", person)
    }

    static let id = "SELECT (n << 43) | (?2 << 11) | ?3 FROM origin WHERE id = ?1"

    func damage(_ sql: String, _ name: RecordName) throws {
        let arguments: StatementArguments = [
            Int64(bitPattern: name.origin.bits), Int64(name.sequence), Int64(name.ordinal),
        ]
        let queue = try DatabaseQueue(path: path + "/replica.sqlite")
        try queue.write { db in try db.execute(sql: sql, arguments: arguments) }
        try queue.close()
        try recomputeDigests()
    }

    /// Takes a document and all of its maker's journal away, as a file that was put back from long ago would.
    func forget(_ person: RecordName, of origin: ReplicaID) throws {
        try damage("DELETE FROM person WHERE id = (\(Self.id))", person)
        try damage("DELETE FROM document WHERE id = (\(Self.id))", person)
        let number = "(SELECT n FROM origin WHERE id = ?1 AND ?2 AND ?3 >= 0)"
        try damage("DELETE FROM feed WHERE segment IN (SELECT n FROM segment WHERE origin = \(number))", person)
        for table in ["segment", "held"] { try damage("DELETE FROM \(table) WHERE origin = \(number)", person) }
        try damage("UPDATE origin SET head_sequence = 0, head = zeroblob(32) WHERE n = \(number)", person)
    }
}
