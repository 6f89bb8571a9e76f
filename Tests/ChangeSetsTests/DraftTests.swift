import ChangeSets
import HybridTime
import Merging
import Testing

@Suite("Drafts")
struct DraftTests {
    private let origin = ReplicaID(7)

    private func context(_ entries: [(UInt64, UInt32)]) -> Context {
        entries.reduce(into: Context()) { $0.include(Dot(ReplicaID($1.0), $1.1)) }
    }

    @Test("Records, documents and references of a group get the dots of their drafts")
    func names() throws {
        let dots = [Dot(origin, 4), Dot(origin, 5)]
        let draft = Draft(
            .document(.pending(draft: 0, ordinal: 0)), documentKind: 1, actor: "a", intent: "i",
            changes: [
                RecordChange(
                    .pending(draft: 1, ordinal: 2), kind: 3,
                    [
                        Write(FieldTag(1, .many), .reference(.pending(draft: 0, ordinal: 1))),
                        Write(FieldTag(2, .many), .reference(RecordName(ReplicaID(9), 1, 1))),
                    ])
            ])
        let set = draft.changeSet(1, dots: dots, salt: nil, time: 1, stamp: Stamp(2), deps: Context(dots[0]))
        #expect(set.dot == dots[1])
        #expect(set.group == 4)
        #expect(set.document == RecordName(dots[0], 0))
        let change = try #require(set.changes.first)
        #expect(change.record == RecordName(dots[1], 2))
        #expect(
            change.writes.map(\.value) == [
                .reference(RecordName(dots[0], 1)), .reference(RecordName(ReplicaID(9), 1, 1)),
            ])
        #expect(set.flaw == nil)
    }

    @Test("A form that had read further than the document reaches now has seen only what both cover")
    func seenBeyondDeps() {
        let deps = context([(1, 5), (2, 3)])
        let draft = Draft(
            .document(RecordName(ReplicaID(1), 1, 0)), documentKind: 1, actor: "a", intent: "i",
            seen: context([(1, 9), (2, 1), (3, 4)]), changes: [])
        let set = draft.changeSet(0, dots: [Dot(origin, 1)], salt: nil, time: 1, stamp: Stamp(2), deps: deps)
        #expect(set.seen == context([(1, 5), (2, 1)]))
        #expect(set.flaw == nil)
    }
}
