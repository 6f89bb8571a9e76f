import HybridTime
import Merging
import Testing

/// The histories that broke earlier texts of the design (the model's `core.py`), one test each.
@Suite("Counterexamples of the model")
struct CounterexampleTests {
    private let record = RecordName(ReplicaID(9), 1, 1)
    private let review = FieldTag(2, .many)
    private let set = FieldTag(4, .set)

    private func empty() -> DocumentState { DocumentState(name: RecordName(ReplicaID(9), 1, 0), kind: 1, salt: .none) }

    private func dot(_ origin: UInt64, _ sequence: UInt32) -> Dot { Dot(ReplicaID(origin), sequence) }

    private func change(_ writes: Write...) -> [RecordChange] { [RecordChange(record, kind: 1, writes)] }

    private func values(_ state: DocumentState, _ tag: FieldTag) -> Set<Value> {
        Set(state.records[record]?.cell(tag)?.siblings.compactMap(\.value) ?? [])
    }

    /// ctxIsSeen: A opens a form, writes 1 elsewhere, then saves the form as 2 with what it had read.
    @Test("A form saved with an old context neither removes nor hides what its author wrote since")
    func contextIsSeen() {
        let first = change(Write(review, .integer(1)))
        let second = change(Write(review, .integer(2)))
        let deps = Context(dot(1, 1))
        // The second arrives first. Its deps hold it back, where its seen context alone would have let it through.
        var other = empty()
        #expect(!other.context.covers(deps))
        #expect(other.context.covers(Context.empty))
        other.apply(first, dot: dot(1, 1), stamp: Stamp(1), seen: .empty)
        other.apply(second, dot: dot(1, 2), stamp: Stamp(2), seen: .empty)
        #expect(values(other, review) == [.integer(1), .integer(2)])
        // The control: delivered by what was seen, the first one counts as covered when it comes, and is lost.
        var wrong = empty()
        wrong.apply(second, dot: dot(1, 2), stamp: Stamp(2), seen: .empty)
        let isNew = wrong.apply(first, dot: dot(1, 1), stamp: Stamp(1), seen: .empty)
        #expect(!isNew)
        #expect(values(wrong, review) == [.integer(2)])
    }

    /// addWinsLiteral: removing every sibling that was seen takes other elements away with an addition.
    @Test("An addition or a removal touches no other element of its set")
    func addWinsLiteral() {
        var state = empty()
        state.apply(change(Write(set, .text("a"), .add)), dot: dot(1, 1), stamp: Stamp(1), seen: .empty)
        state.apply(change(Write(set, .text("b"), .add)), dot: dot(1, 2), stamp: Stamp(2), seen: state.context)
        #expect(values(state, set) == [.text("a"), .text("b")])
        state.apply(change(Write(set, .text("a"), .remove)), dot: dot(1, 3), stamp: Stamp(3), seen: state.context)
        #expect(values(state, set) == [.text("b")])
    }

    @Test("A removal takes away only the additions that it saw, in whatever order the three arrive")
    func concurrentAddition() {
        let added = change(Write(set, .text("a"), .add))
        let removed = change(Write(set, .text("a"), .remove))
        for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3]] {
            var state = empty()
            for step in order {
                switch step {
                case 1: state.apply(added, dot: dot(1, 1), stamp: Stamp(1), seen: .empty)
                case 2: state.apply(added, dot: dot(2, 1), stamp: Stamp(2), seen: .empty)
                default: state.apply(removed, dot: dot(1, 2), stamp: Stamp(3), seen: Context(dot(1, 1)))
                }
            }
            #expect(state.records[record]?.cell(set)?.siblings.map(\.dot) == [dot(2, 1)])
        }
    }

    /// stampFromSiblings: once an element is gone, so is its stamp; the next write could fall below its cause.
    @Test("The greatest stamp outlives the siblings that carried it, also through joins")
    func stampFromSiblings() {
        let wild = Stamp(100_000_000_000)
        var state = empty()
        state.apply(change(Write(set, .text("a"), .add)), dot: dot(1, 1), stamp: wild, seen: .empty)
        let removal = state.greatest.next(wallTime: 5)
        state.apply(change(Write(set, .text("a"), .remove)), dot: dot(1, 2), stamp: removal, seen: state.context)
        #expect(values(state, set) == [])
        #expect(state.records[record]?.cells.isEmpty == true)
        #expect(state.greatest == removal)
        var other = empty()
        other.join(state)
        #expect(other.greatest == removal)
        #expect(other.greatest.next(wallTime: 6) > removal)
    }

    @Test("What a join drops stays dropped, and a record without cells stays a record")
    func dropped() {
        var mine = empty()
        mine.apply(change(Write(set, .text("a"), .add)), dot: dot(1, 1), stamp: Stamp(1), seen: .empty)
        var theirs = mine
        theirs.apply(change(Write(set, .text("a"), .remove)), dot: dot(2, 1), stamp: Stamp(2), seen: mine.context)
        mine.join(theirs)
        #expect(mine == theirs)
        #expect(mine.records[record] != nil)
        mine.join(theirs)
        #expect(values(mine, set) == [])
    }

    @Test("A stamp forged below its cause makes replicas agree on the cause, whoever heard of a third write first")
    func forgedBelowItsCause() {
        let latest = FieldTag(1, .one)
        func replica(_ order: [Int]) -> DocumentState {
            var state = empty()
            for step in order {
                switch step {
                case 1: state.apply(change(Write(latest, .integer(1))), dot: dot(1, 1), stamp: Stamp(10), seen: .empty)
                case 2:
                    let seen = Context(dot(1, 1))
                    state.apply(change(Write(latest, .integer(2))), dot: dot(1, 2), stamp: Stamp(5), seen: seen)
                default: state.apply(change(Write(latest, .integer(3))), dot: dot(2, 1), stamp: Stamp(7), seen: .empty)
                }
            }
            return state
        }
        #expect(replica([1, 2, 3]) == replica([1, 3, 2]))
        #expect(replica([3, 1, 2]) == replica([1, 3, 2]))
        #expect(values(replica([1, 2, 3]), latest) == [.integer(1)])
    }

    @Test("A change set that writes one cell twice leaves its last value, one sibling a dot")
    func writtenTwice() {
        for tag in [FieldTag(1, .one), review, FieldTag(5, .append)] {
            var state = empty()
            state.apply(change(Write(tag, .integer(0))), dot: dot(1, 1), stamp: Stamp(1), seen: .empty)
            state.apply(
                change(Write(tag, .integer(1)), Write(tag, .integer(2))), dot: dot(1, 2), stamp: Stamp(2),
                seen: state.context)
            #expect(state.records[record]?.cell(tag)?.siblings.map(\.value) == [.integer(2)])
        }
        var state = empty()
        state.apply(
            change(Write(set, .text("a"), .add), Write(set, .text("a"), .add), Write(set, .text("a"), .remove)),
            dot: dot(1, 1), stamp: Stamp(1), seen: .empty)
        #expect(state.records[record]?.cell(set)?.siblings.count == 1)
    }
}
