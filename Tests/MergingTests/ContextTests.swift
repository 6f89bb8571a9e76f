import HybridTime
import Merging
import Testing

@Suite("Contexts, ranges and stamps against naive models")
struct ContextTests {
    /// A context and the dictionary that it stands for.
    private func any(_ random: inout SplitMix64) -> (Context, [UInt64: UInt32]) {
        var context = Context()
        var model: [UInt64: UInt32] = [:]
        for _ in 0..<random.below(8) {
            let (origin, sequence) = (UInt64(1 + random.below(6)), UInt32(1 + random.below(9)))
            context.include(Dot(ReplicaID(origin), sequence))
            model[origin] = max(model[origin] ?? 0, sequence)
        }
        return (context, model)
    }

    private func model(_ context: Context) -> [UInt64: UInt32] {
        Dictionary(uniqueKeysWithValues: context.entries.map { ($0.origin.bits, $0.sequence) })
    }

    @Test("Contexts include, cover and unite as dictionaries of greatest numbers do")
    func laws() throws {
        var random = SplitMix64(1)
        for _ in 0..<3_000 {
            let (a, mine) = any(&random)
            let (b, theirs) = any(&random)
            #expect(model(a) == mine)
            #expect(Context(entries: a.entries) == a)
            for origin in 1...7 as ClosedRange<UInt64> {
                #expect(a[ReplicaID(origin)] == mine[origin] ?? 0)
                for sequence in [1, 4, 9] as [UInt32] {
                    #expect(a.covers(Dot(ReplicaID(origin), sequence)) == ((mine[origin] ?? 0) >= sequence))
                }
            }
            let covers = theirs.allSatisfy { (mine[$0.key] ?? 0) >= $0.value }
            #expect(a.covers(b) == covers)
            #expect((a.firstMissing(for: b) == nil) == covers)
            if let missing = a.firstMissing(for: b) {
                #expect(!a.covers(missing))
                #expect(b.covers(missing))
            }
            var union = a
            union.formUnion(b)
            #expect(model(union) == mine.merging(theirs, uniquingKeysWith: max))
            var other = b
            other.formUnion(a)
            #expect(union == other)
            #expect(union.covers(a) && union.covers(b))
            #expect(
                model(a.intersection(b))
                    == mine.filter { theirs[$0.key] != nil }
                    .reduce(into: [:]) { $0[$1.key] = min($1.value, theirs[$1.key] ?? 0) })
            #expect(a.covers(a.intersection(b)) && b.covers(a.intersection(b)))
        }
    }

    @Test("A context out of order, with an origin twice or with a zero, is none")
    func malformed() {
        func entry(_ origin: UInt64, _ sequence: UInt32) -> Context.Entry { .init(ReplicaID(origin), sequence) }
        #expect(Context(entries: [entry(1, 1), entry(2, 1)]) != nil)
        #expect(Context(entries: [entry(2, 1), entry(1, 1)]) == nil)
        #expect(Context(entries: [entry(1, 1), entry(1, 2)]) == nil)
        #expect(Context(entries: [entry(1, 0)]) == nil)
    }

    @Test("Ranges insert, unite, subtract and contain as sets of numbers do, and stay ascending without touching")
    func ranges() {
        var random = SplitMix64(2)
        func any(_ random: inout SplitMix64) -> (SequenceRanges, Set<UInt32>) {
            var ranges = SequenceRanges()
            var model: Set<UInt32> = []
            for _ in 0..<random.below(7) {
                let low = UInt32(1 + random.below(30))
                let range = low...low + UInt32(random.below(6))
                ranges.insert(range)
                model.formUnion(range)
            }
            return (ranges, model)
        }
        func model(_ ranges: SequenceRanges) -> Set<UInt32> { Set(ranges.ranges.flatMap { Array($0) }) }
        for _ in 0..<3_000 {
            let (a, mine) = any(&random)
            let (b, theirs) = any(&random)
            var union = a
            union.formUnion(b)
            let rest = a.subtracting(b)
            #expect(model(a) == mine)
            #expect(model(union) == mine.union(theirs))
            #expect(model(rest) == mine.subtracting(theirs))
            for ranges in [a, union, rest] {
                #expect(zip(ranges.ranges, ranges.ranges.dropFirst()).allSatisfy { $0.upperBound + 1 < $1.lowerBound })
            }
            #expect(a.total == mine.count)
            #expect(a.last == mine.max())
            #expect(a.isEmpty == mine.isEmpty)
            #expect(a.contiguousEnd == (1...40).first { !mine.contains($0) }.map { $0 - 1 })
            let low = UInt32(1 + random.below(30))
            let range = low...low + UInt32(random.below(5))
            #expect(a.contains(range) == range.allSatisfy(mine.contains))
            #expect(a.contains(low) == mine.contains(low))
        }
    }

    @Test("Ranges reach both ends of the numbers without overflow")
    func extremes() {
        var ranges = SequenceRanges(UInt32.max - 1...UInt32.max)
        ranges.insert(1...2)
        ranges.insert(UInt32.max...UInt32.max)
        #expect(ranges.ranges == [1...2, UInt32.max - 1...UInt32.max])
        #expect(ranges.subtracting(SequenceRanges(2...UInt32.max)).ranges == [1...1])
        ranges.insert(3...UInt32.max - 2)
        #expect(ranges.ranges == [1...UInt32.max])
        #expect(ranges.total == Int(UInt32.max))
        #expect(SequenceRanges(1...UInt32.max).subtracting(ranges).isEmpty)
    }

    @Test("A stamp follows the wall clock where it can and exceeds its cause whatever the clock says")
    func stamps() {
        #expect(Stamp(5).next(wallTime: 100) == Stamp(100))
        #expect(Stamp(100).next(wallTime: 100) == Stamp(101))
        #expect(Stamp(100).next(wallTime: .min) == Stamp(101))
        #expect(Stamp.zero.next(wallTime: -5) == Stamp(1))
        #expect(Stamp.zero.next(wallTime: .max) == Stamp((1 << 45) - 1))
        #expect(Stamp((1 << 45) - 1).next(wallTime: .max) == Stamp(1 << 45))
        var random = SplitMix64(3)
        var stamp = Stamp.zero
        for _ in 0..<2_000 {
            let next = stamp.next(wallTime: Int64(bitPattern: random.next()))
            #expect(next > stamp)
            #expect(next < .greatest)
            stamp = next
        }
    }
}
