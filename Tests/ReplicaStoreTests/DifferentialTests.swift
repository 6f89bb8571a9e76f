import ByteCoding
import ChangeSets
import HybridTime
import Merging
import ReplicaStore
import Testing

@Suite("Random histories over real stores")
struct DifferentialTests {
    @Test("Stores, memory and a naive oracle end with the same state", arguments: 1...30)
    func converge(seed: UInt64) throws {
        try expectConvergence(World(seed: seed), seed: seed)
    }

    @Test("What hubs deny counts everywhere as applied, with no writes, in whatever order it comes", arguments: 1...40)
    func denialsConverge(seed: UInt64) throws {
        try expectConvergence(World(seed: seed, denies: true), seed: seed)
    }

    private func expectConvergence(_ start: World, seed: UInt64) throws {
        var world = start
        try world.run(120)
        try world.settle()
        // A denied change set is one that wrote nothing.
        let sets = world.sets.map { world.denied.contains($0.dot) ? $0.emptied : $0 }
        let oracle = Oracle(sets)
        let memory = try inMemory(sets)
        let digests = Set(try world.stores.map { try $0.digest() })
        #expect(digests.count == 1)
        for store in world.stores {
            let label: Comment = "seed \(seed), \(store.identity.name)"
            let documents = try store.documents().mapValues(\.normalized)
            #expect(documents == memory, label)
            expect(documents, equal: oracle, label)
            #expect(try store.count("SELECT count(*) FROM parked") == 0, label)
            #expect(try store.count("SELECT count(*) FROM quarantine") == 0, label)
            for origin in world.stores.map(\.identity.replica) {
                let own = world.sets.count { $0.dot.origin == origin }
                #expect(
                    try store.held(origin) == (own == 0 ? SequenceRanges() : SequenceRanges(1...Sequence32(own))), label
                )
                #expect(
                    try store.chainHash(of: origin, at: Sequence32(own))
                        == world.stores.first { $0.identity.replica == origin }?.chainHash(
                            of: origin, at: Sequence32(own)),
                    label)
            }
            let computed = memory.values.reduce(Digest256.zero) { $0 &+ $1.digest(.cryptoSHA256) }
            #expect(try store.digest() == computed, label)
            try store.expectColumnsMatchClocks("\(label)")
            #expect(try store.check() == [], label)
            if store.isHub { try expectFeedHasEachOnce(store, world.sets, label) }
        }
    }

    /// Every change set applied to documents in memory, as soon as what it follows is there.
    private func inMemory(_ sets: [ChangeSet]) throws -> [RecordName: DocumentState] {
        var documents: [RecordName: DocumentState] = [:]
        var rest = sets
        while !rest.isEmpty {
            let before = rest.count
            rest.removeAll { set in
                var state =
                    documents[set.document]
                    ?? DocumentState(name: set.document, kind: set.documentKind, salt: set.salt ?? .none)
                guard state.context.covers(set.deps) else { return false }
                state.apply(set.changes, dot: set.dot, stamp: set.stamp, seen: set.removal)
                documents[set.document] = state
                return true
            }
            try #require(rest.count < before)
        }
        return documents.mapValues(\.normalized)
    }

    private func expect(_ documents: [RecordName: DocumentState], equal oracle: Oracle, _ label: Comment) {
        var cells: [Oracle.Cell: Set<Oracle.Entry>] = [:]
        for (name, document) in documents {
            for (record, state) in document.records {
                for cell in state.cells {
                    cells[Oracle.Cell(document: name, record: record, field: cell.tag.raw)] = Set(
                        cell.siblings.map {
                            Oracle.Entry(dot: $0.dot, stamp: $0.stamp.milliseconds, value: $0.value ?? .integer(-77))
                        })
                }
            }
        }
        #expect(cells == oracle.cells, label)
        #expect(Set(documents.values.flatMap(\.records.keys)) == oracle.records, label)
        let contexts = documents.mapValues { document in
            Dictionary(uniqueKeysWithValues: document.context.entries.map { ($0.origin, $0.sequence) })
        }
        #expect(contexts == oracle.contexts, label)
    }

    private func expectFeedHasEachOnce(_ store: ReplicaStore, _ sets: [ChangeSet], _ label: Comment) throws {
        try store.packTail()
        let entries = try store.feed(after: 0, bytesMax: .max)
        let dots = entries.flatMap { entry in entry.range.map { Dot(entry.origin, $0) } }
        #expect(dots.sorted() == sets.map(\.dot).sorted(), label)
        for entry in entries {
            let segment = try SegmentCodec().decode(entry.bytes[...])
            #expect(segment.changeSets.map(\.dot) == entry.range.map { Dot(entry.origin, $0) }, label)
        }
    }
}

extension ChangeSet {
    /// The same change set without what it writes.
    fileprivate var emptied: ChangeSet {
        ChangeSet(
            dot: dot, document: document, documentKind: documentKind, salt: salt, group: group, actor: actor,
            intent: intent, time: time, stamp: stamp, deps: deps, seen: seen, authority: authority, changes: [])
    }
}
