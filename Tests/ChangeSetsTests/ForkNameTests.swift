import ByteCoding
import ChangeSets
import HybridTime
import Merging
import Testing

/// What things are called once forks are known.
@Suite("Names that forks give")
struct ForkNameTests {
    private let root = ReplicaID(0xA)
    private let left = ReplicaID(0x1)
    private let right = ReplicaID(0x2)
    private let leaf = ReplicaID(0x3)
    private let author = ReplicaID(0xB)

    private func head(_ number: UInt64) -> Digest256 { Digest256(words: (number, 0, 0, 0)) }

    /// The root ends after 3; the left branch ends after 2 of its own, where the leaf goes on.
    private var facts: [ForkFact] {
        let first = ForkPlace(root, after: 3, head(3))
        let second = ForkPlace(root, after: 5, head(5))
        return [
            ForkFact(first, .ends(root)), ForkFact(first, .branch(left)), ForkFact(first, .branch(right)),
            ForkFact(second, .ends(left)), ForkFact(second, .branch(leaf)),
            // Whoever found the second place first took the root to go as far.
            ForkFact(second, .ends(root)),
            ForkFact(first, .reading(.init(from: Dot(author, 4), head: 7, left))),
            ForkFact(first, .reading(.init(from: Dot(author, 4), head: 8, right))),
            ForkFact(second, .reading(.init(from: Dot(author, 6), head: 0, leaf))),
        ]
    }

    private func set(_ dot: Dot, _ deps: [(ReplicaID, Sequence32)], on document: RecordName) -> ChangeSet {
        var context = Context()
        for (origin, sequence) in deps { context.include(Dot(origin, sequence)) }
        return ChangeSet(
            dot: dot, document: document, documentKind: 1, actor: "a", intent: "b", time: 0, stamp: .zero,
            deps: context,
            changes: [RecordChange(document, kind: 1, [Write(FieldTag(8, .many), .reference(document))])])
    }

    private func named(_ set: ChangeSet, as name: ReplicaID, after: Sequence32, head: UInt64? = nil) -> ChangeSet {
        var renaming = Renaming(Forks(Set(facts)), name, writtenAs: set.dot.origin, after: after) { _ in head }
        return renaming.changeSet(set, document: { _, _ in nil }, value: { value, _, _, _ in value })
    }

    @Test("Every fact survives its bytes, and bytes that are none are refused")
    func bytes() throws {
        for fact in facts {
            #expect(try ForkFact(fact.bytes) == fact)
            #expect(throws: DecodingFailure.self) { try ForkFact(fact.bytes + [0]) }
            for count in 0..<fact.bytes.count {
                #expect(throws: DecodingFailure.self) { try ForkFact(Array(fact.bytes.prefix(count))) }
            }
        }
    }

    @Test("A name ends at its first place, and a branch's own places are told by it")
    func ends() {
        let forks = Forks(Set(facts))
        #expect(forks.end(of: root) == 3 && forks.end(of: left) == 2 && forks.end(of: right) == nil)
        #expect(forks.path(to: leaf) == [root, left, leaf] && forks.path(to: right) == [root, right])
        #expect(forks.written(leaf).after == 5)
        #expect(forks.isDead(root, 4) && !forks.isDead(root, 3) && forks.isDead(left, 3))
    }

    @Test("A branch names what its own history made, whatever bears those numbers elsewhere")
    func ownHistory() {
        let written = set(Dot(root, 7), [(root, 6)], on: RecordName(Dot(root, 4), 0))
        let there = named(written, as: leaf, after: 5)
        #expect(there.dot == Dot(leaf, 2) && there.document == RecordName(Dot(left, 1), 0))
        #expect(there.deps == Context(Dot(leaf, 1)))
        // For removal the names that lead there are covered to their ends.
        #expect(there.removal[root] == 3 && there.removal[left] == 2 && there.removal[leaf] == 1)
        #expect(there.changes[0].writes[0].value == .reference(RecordName(Dot(left, 1), 0)))
        let elsewhere = set(Dot(root, 5), [(root, 4)], on: RecordName(Dot(root, 4), 0))
        #expect(named(elsewhere, as: right, after: 3).document == RecordName(Dot(right, 1), 0))
    }

    @Test("Others' change sets mean the branch that was said of their own history, and wait where nothing was said")
    func readings() {
        func meant(_ sequence: Sequence32, _ of: Sequence32, head: UInt64?) -> Context {
            named(
                set(Dot(author, sequence), [(root, of)], on: RecordName(Dot(root, 1), 0)), as: author, after: 0,
                head: head
            ).deps
        }
        #expect(meant(5, 4, head: 7) == Context(Dot(left, 1)))
        #expect(meant(5, 4, head: 8) == Context(Dot(right, 1)))
        #expect(meant(6, 6, head: 7) == Context(Dot(leaf, 1)))
        #expect(meant(3, 4, head: 7) == Context(Dot(root, 4)), "nothing was said before its fourth")
        #expect(meant(5, 6, head: 7) == Context(Dot(root, 6)), "the second place was not read yet")
        #expect(meant(5, 3, head: nil) == Context(Dot(root, 3)))
    }

    @Test("A liar's facts neither loop nor trap")
    func liars() {
        let place = ForkPlace(left, after: 0, .zero)
        let back = ForkPlace(right, after: 0, .zero)
        let forks = Forks([
            ForkFact(place, .ends(left)), ForkFact(place, .branch(right)), ForkFact(back, .ends(right)),
            ForkFact(back, .branch(left)), ForkFact(place, .reading(.init(from: Dot(author, 1), head: 0, left))),
        ])
        #expect(forks.path(to: left).count <= 2)
        var renaming = Renaming(forks, author, writtenAs: author, after: 0) { _ in nil }
        let written = set(Dot(author, 2), [(left, 9), (right, 9)], on: RecordName(Dot(left, 1), 0))
        _ = renaming.changeSet(written, document: { _, _ in nil }, value: { value, _, _, _ in value })
    }
}
