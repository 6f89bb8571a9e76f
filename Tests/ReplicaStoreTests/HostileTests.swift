import ChangeSets
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

@Suite("Hostile change sets")
struct HostileTests {
    private func person(_ name: RecordName, _ writes: [Write] = []) -> RecordChange {
        RecordChange(name, kind: Fixture.person.tag, writes)
    }

    @Test("A write to another document's record is put aside whole, and all else goes on")
    func foreignRecord() throws {
        let test = try TestStore(1)
        let victim = try test.store.makePerson("honest")
        var forger = Forger(1)
        let own = forger.set([person(RecordName(forger.dot, 0))])
        let other = forger.set([person(RecordName(forger.dot, 0))])
        let foreign = forger.set(
            document: own.document, deps: Context(own.dot),
            [person(RecordName(forger.dot, 1)), person(victim, [Write(Fixture.phone.tag, "stolen")])])
        let successor = forger.set(document: own.document, deps: Context(foreign.dot), [person(own.document)])
        let elsewhere = forger.set(
            document: other.document, deps: Context(other.dot),
            [person(other.document, [Write(Fixture.phone.tag, "2")])])
        let outcome = try test.store.apply(Forger.segment([own, other, foreign, successor, elsewhere])).get()
        #expect(outcome.quarantined.map(\.dot) == [foreign.dot])
        #expect(outcome.quarantined.map(\.code) == ["foreign-record"])
        #expect(outcome.applied == 3)
        #expect(outcome.parked == 1)
        let documents = try test.store.documents()
        #expect(documents[victim]?.records[victim]?.cell(Fixture.phone.tag)?.first.value == "honest")
        #expect(documents[own.document]?.records.keys.sorted() == [own.document])
        #expect(documents[own.document]?.context == Context(own.dot))
        #expect(documents[other.document]?.context == Context(entries: [.init(forger.origin, 5)]))
        #expect(try test.store.held(forger.origin) == SequenceRanges(1...5))
        #expect(try test.store.check() == [])
    }

    @Test("Nobody can take a record's name before its own change set arrives", arguments: [false, true])
    func nameTaken(inNewDocument: Bool) throws {
        let author = try TestStore(1)
        let victim = try author.store.makePerson("honest")
        var forger = Forger(1)
        let stolen = person(victim, [Write(Fixture.phone.tag, "stolen")])
        let sets: [ChangeSet]
        if inNewDocument {
            sets = [forger.set([stolen])]
        } else {
            let own = forger.set([person(RecordName(forger.dot, 0))])
            sets = [own, forger.set(document: own.document, deps: Context(own.dot), [stolen])]
        }
        let before = try TestStore(2)
        let after = try TestStore(3)
        #expect(try before.store.apply(Forger.segment(sets)).get().quarantined.count == 1)
        try author.store.send(to: before.store)
        try author.store.send(to: after.store)
        #expect(try after.store.apply(Forger.segment(sets)).get().quarantined.count == 1)
        for test in [before, after] {
            #expect(
                try test.store.documents()[victim]?.records[victim]?.cell(Fixture.phone.tag)?.first.value == "honest")
        }
        #expect(try before.store.digest() == after.store.digest())
    }

    @Test("A record's name stands for one kind alone, whatever came first")
    func kindReused() throws {
        var forger = Forger(1)
        let own = forger.set([person(RecordName(forger.dot, 0))])
        let second = forger.set(
            document: own.document, deps: Context(own.dot), [RecordChange(own.document, kind: Fixture.entry.tag, [])])
        let both = forger.set([
            person(RecordName(forger.dot, 1)), RecordChange(RecordName(forger.dot, 1), kind: Fixture.entry.tag, []),
        ])
        let together = try TestStore(1)
        _ = try together.store.apply(Forger.segment([own, second, both])).get()
        let apart = try TestStore(2)
        for set in [own, second, both] { _ = try apart.store.apply(Forger.segment([set])).get() }
        for test in [together, apart] {
            #expect(try test.store.count("SELECT count(*) FROM quarantine") == 2)
            #expect(try test.store.count("SELECT count(*) FROM entry") == 0)
        }
        #expect(try together.store.digest() == apart.store.digest())
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: String
        let forge: @Sendable (inout Forger, ChangeSet) -> ChangeSet
    }

    static let cases: [Case] = [
        Case(testDescription: "a wrong type", code: "malformed") { forger, own in
            forger.set(
                document: own.document, deps: Context(own.dot),
                [RecordChange(own.document, kind: 1, [Write(Fixture.phone.tag, .integer(1))])])
        },
        Case(testDescription: "a boolean of 2", code: "malformed") { forger, own in
            forger.set(
                document: own.document, deps: Context(own.dot),
                [RecordChange(own.document, kind: 1, [Write(Fixture.flag.tag, .integer(2))])])
        },
        Case(testDescription: "another document kind", code: "document-kind") { forger, own in
            forger.set(document: own.document, kind: 2, deps: Context(own.dot), [])
        },
        Case(testDescription: "one field twice", code: "malformed") { forger, own in
            forger.set(
                document: own.document, deps: Context(own.dot),
                [RecordChange(own.document, kind: 1, [Write(Fixture.title.tag, "a"), Write(Fixture.title.tag, "b")])])
        },
        Case(testDescription: "one field twice in two changes", code: "malformed") { forger, own in
            forger.set(
                document: own.document, deps: Context(own.dot),
                [
                    RecordChange(own.document, kind: 1, [Write(Fixture.title.tag, "a")]),
                    RecordChange(own.document, kind: 1, [Write(Fixture.title.tag, "b")]),
                ])
        },
        Case(testDescription: "one element twice", code: "malformed") { forger, own in
            forger.set(
                document: own.document, deps: Context(own.dot),
                [
                    RecordChange(
                        own.document, kind: 1,
                        [Write(Fixture.emails.tag, "x", .add), Write(Fixture.emails.tag, "x", .remove)])
                ])
        },
        Case(testDescription: "a stamp beyond every clock", code: "malformed") { forger, own in
            forger.set(document: own.document, stamp: 1 << 46, deps: Context(own.dot), [])
        },
        Case(testDescription: "a record of nobody's dot", code: "foreign-record") { forger, own in
            forger.set(
                document: own.document, deps: Context(own.dot),
                [RecordChange(RecordName(ReplicaID(0xBEEF), 3, 1), kind: 2, [])])
        },
    ]

    /// What no codec of ours can write: the whole run is refused, and stays with whoever forged it.
    static let unreadable: [Case] = [
        Case(testDescription: "a set written as one value", code: "") { forger, own in
            forger.set(
                document: own.document, deps: Context(own.dot),
                [RecordChange(own.document, kind: 1, [Write(Fixture.emails.tag, "x")])])
        },
        Case(testDescription: "more seen than followed", code: "") { forger, own in
            forger.set(
                document: own.document, deps: Context(own.dot), seen: Context(Dot(ReplicaID(0xA001), 99)),
                [RecordChange(own.document, kind: 1, [Write(Fixture.title.tag, "a")])])
        },
    ]

    @Test("A run that breaks the wire's own rules is refused whole, and others' goes on", arguments: unreadable)
    func refusedWhole(_ example: Case) throws {
        let honest = try TestStore(1)
        _ = try honest.store.makePerson("1")
        var forger = Forger(1)
        let own = forger.set([person(RecordName(forger.dot, 0))])
        let bad = example.forge(&forger, own)
        let hub = try TestStore(9, isHub: true)
        let good = try #require(try honest.store.payload(of: honest.replica, in: 1...1))
        let forged = SegmentPayload(origin: forger.origin, first: 1, last: 2, bytes: Forger.segment([own, bad]))
        let outcomes = try hub.store.take([forged, good])
        guard case .refused = outcomes[0].verdict else {
            Issue.record("\(outcomes[0])")
            return
        }
        #expect(outcomes[1].verdict == .stored)
        #expect(try hub.store.held(forger.origin).isEmpty)
        #expect(try hub.store.check() == [])
    }

    @Test("Each is put aside alone, in any batch, and what is forged nowhere else goes on", arguments: cases)
    func putAside(_ example: Case) throws {
        let honest = try TestStore(1)
        let victim = try honest.store.makePerson("1")
        var forger = Forger(1)
        let own = forger.set([person(RecordName(forger.dot, 0))])
        let bad = example.forge(&forger, own)
        let other = forger.set([person(RecordName(forger.dot, 0))])
        let hub = try TestStore(9, isHub: true)
        let good = try #require(try honest.store.payload(of: honest.replica, in: 1...1))
        let forged = SegmentPayload(
            origin: forger.origin, first: 1, last: 3, bytes: Forger.segment([own, bad, other]))
        let broken = SegmentPayload(origin: ReplicaID(5), first: 1, last: 1, bytes: [1, 2, 3])
        let outcomes = try hub.store.take([broken, forged, good])
        #expect(outcomes.map(\.isDurable) == [false, true, true])
        guard case .quarantined = outcomes[1].verdict else {
            Issue.record("\(outcomes[1])")
            return
        }
        #expect(outcomes[2].verdict == .stored)
        #expect(try hub.store.text("SELECT code FROM quarantine") == example.code)
        #expect(Set(try hub.store.documents().keys) == [victim, own.document, other.document])
        let feed = try hub.store.feed(after: 0, bytesMax: .max).flatMap { entry in
            entry.range.map { Dot(entry.origin, $0) }
        }
        #expect(feed.sorted() == [Dot(honest.replica, 1), own.dot, other.dot].sorted())
        #expect(try hub.store.check() == [])
    }

    @Test("A change set that waits makes no document that nobody can see into")
    func waitingMakesNothing() throws {
        let test = try TestStore(1)
        var forger = Forger(1)
        let shared = RecordName(hash: 500)
        let early = forger.set(
            document: shared, kind: 1, deps: Context(Dot(ReplicaID(0xF002), 1)), [person(shared)])
        #expect(try test.store.apply(Forger.segment([early])).get().parked == 1)
        #expect(try test.store.documents().isEmpty)
        // It does not decide the kind either: whatever comes first in causal order does.
        var other = Forger(2)
        let first = other.set(document: shared, kind: 2, [RecordChange(shared, kind: Fixture.place.tag, [])])
        #expect(try test.store.apply(Forger.segment([first])).get().applied == 1)
        #expect(try test.store.documents()[shared]?.kind == 2)
        #expect(try test.store.count("SELECT count(*) FROM parked") == 0)
        #expect(try test.store.count("SELECT count(*) FROM quarantine") == 1)
    }

    @Test("A segment that repeats a dot with other content changes nothing")
    func otherContent() throws {
        let author = try TestStore(1)
        let victim = try author.store.makePerson("honest")
        let test = try TestStore(2)
        try author.store.send(to: test.store)
        let digest = try test.store.digest()
        let set = ChangeSet(
            dot: Dot(author.replica, 1), document: victim, documentKind: 1, salt: Salt(1, 1), actor: "x", intent: "y",
            time: 0, stamp: Stamp(5), deps: .empty, changes: [person(victim, [Write(Fixture.phone.tag, "other")])])
        let outcome = try test.store.apply(Forger.segment([set])).get()
        #expect(outcome.duplicates == 1 && outcome.applied == 0)
        #expect(try test.store.digest() == digest)
    }
}
