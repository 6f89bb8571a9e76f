import ByteCoding
import ChangeSets
import Deflating
import HybridTime
import Merging
import Testing
import WireSamples

@Suite("Round trips")
struct RoundTripTests {
    @Test("A change set removes by what its author had seen, and by deps where that is all they had seen")
    func removal() {
        let dot = Dot(ReplicaID(1), 3)
        let (deps, seen) = (Context(Dot(ReplicaID(1), 2)), Context(Dot(ReplicaID(1), 1)))
        func set(_ seen: Context?) -> ChangeSet {
            ChangeSet(
                dot: dot, document: RecordName(ReplicaID(1), 1, 0), documentKind: 1, actor: "a", intent: "i", time: 0,
                stamp: Stamp(3), deps: deps, seen: seen, changes: [])
        }
        #expect(set(seen).removal == seen)
        #expect(set(nil).removal == deps)
        #expect(set(.empty).removal == .empty)
        #expect(set(deps).seen == nil)
    }

    @Test("Every change set comes back from its canonical bytes, and its bytes from it")
    func canonical() throws {
        for seed in 0..<300 as Range<UInt64> {
            var source = AnyChangeSets(seed: seed)
            for set in source.run(count: 12) {
                var writer = ByteWriter()
                CanonicalForm.write(set, to: &writer)
                let read = try CanonicalForm.read(writer.bytes[...])
                #expect(read == set, "seed \(seed)")
                var again = ByteWriter()
                CanonicalForm.write(read, to: &again)
                #expect(again.bytes == writer.bytes)
            }
        }
    }

    @Test("Every run comes back from its segment, and equal runs make equal bytes")
    func segments() throws {
        let (codec, other) = (SegmentCodec(), SegmentCodec())
        for seed in 0..<400 as Range<UInt64> {
            var source = AnyChangeSets(seed: seed)
            let sets = source.run(count: 1 + Int(seed % 97))
            #expect(sets.allSatisfy { $0.flaw == nil })
            let bytes = codec.encode(Segment(sets))
            let read = try codec.decode(bytes[...])
            #expect(read.changeSets == sets, "seed \(seed)")
            #expect(read.changeSets.indices.allSatisfy { read.documents[read.documentPlaces[$0]] == sets[$0].document })
            #expect(Set(read.documents).count == read.documents.count)
            #expect(other.encode(Segment(sets)) == bytes)
            let header = try SegmentCodec.header(bytes[...])
            #expect(header.first == sets.first?.dot.sequence && header.last == sets.last?.dot.sequence)
        }
    }

    @Test("A segment holds its greatest number of change sets and reaches the last sequence")
    func greatestSegment() throws {
        var source = AnyChangeSets(seed: 5)
        let codec = SegmentCodec()
        let sets = source.run(count: 4_096).map { set in
            ChangeSet(
                dot: set.dot, document: RecordName(ReplicaID(5), 1, 0), documentKind: 1, actor: "a", intent: "i",
                time: set.time, stamp: Stamp(5), deps: .empty, changes: [])
        }
        #expect(try codec.decode(codec.encode(Segment(sets))[...]).changeSets == sets)
        let last = ChangeSet(
            dot: Dot(ReplicaID(1), .max), document: RecordName(ReplicaID(5), 1, 0), documentKind: 1, actor: "a",
            intent: "i", time: 0, stamp: Stamp(1), deps: .empty, changes: [])
        #expect(try codec.decode(codec.encode(Segment([last]))[...]).changeSets == [last])
    }

    @Test("Every state comes back from its snapshot chunk, and equal states make equal bytes")
    func snapshots() throws {
        let (codec, other) = (SnapshotCodec(), SnapshotCodec())
        for seed in 0..<300 as Range<UInt64> {
            var source = AnyChangeSets(seed: seed)
            let states = source.states(count: Int(seed % 7))
            let bytes = codec.encode(states)
            #expect(try codec.decode(bytes[...]) == states, "seed \(seed)")
            // Rebuilt by another order of insertion: no byte may depend on the order of a Dictionary.
            let rebuilt = states.map { state in
                var copy = state
                copy.records = [:]
                copy.records.reserveCapacity(Int(seed) + 100)
                for (name, record) in state.records.sorted(by: { $1.key < $0.key }) { copy.records[name] = record }
                return copy
            }
            #expect(other.encode(rebuilt) == bytes)
        }
    }

    @Test("Deflate streams of any parts come back, and one byte more or less than declared is refused")
    func deflate() throws {
        var random = SplitMix64(9)
        let deflater = Deflater(dictionary: PresetDictionary.bytes)
        let inflater = Inflater(dictionary: PresetDictionary.bytes)
        for _ in 0..<300 {
            let bits = random.pick([1, 3, 8])
            let parts = (0..<random.below(6)).map { _ in
                (0..<random.below(random.chance(10) ? 9_000 : 400)).map { _ in UInt8(random.below(1 << bits)) }[...]
            }
            let whole = parts.flatMap { $0 }
            let packed = deflater.compress(parts)
            #expect(try inflater.expand(packed[...], size: whole.count) == whole)
            #expect(throws: InflateFailure.self) { try inflater.expand(packed[...], size: whole.count + 1) }
            #expect(throws: InflateFailure.self) { try inflater.expand((packed + [0])[...], size: whole.count) }
            #expect(throws: InflateFailure.self) { try inflater.expand(packed.dropLast(), size: whole.count) }
            if !whole.isEmpty {
                #expect(throws: InflateFailure.sizeMismatch) { try inflater.expand(packed[...], size: whole.count - 1) }
            }
        }
    }
}
