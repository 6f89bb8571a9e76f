import ByteCoding
import ChangeSets
import Deflating
import HybridTime
import Merging
import WireSamples

extension FuzzTarget {
    static let canonical = FuzzTarget("canonical", seeds: canonicalForms) { input in
        guard let set = try? CanonicalForm.read(input[...]) else { return .refused }
        try BrokenLaw.check(canonicalBytes(set) == input, "two canonical forms of one change set")
        try checkLimits(set)
        try fold([set])
        return .accepted
    }

    /// The input is a header in a few bytes and the body as it is after inflation, so that mutants reach the columns.
    static let segment = FuzzTarget("segment", seeds: segmentBodies) { input in
        let (header, body) = segmentParts(input)
        guard let segment = try? SegmentCodec.decode(header, inflated: body) else { return .refused }
        try checkSegment(segment, header)
        return .accepted
    }

    /// The input is a chunk's body as it is after inflation.
    static let snapshot = FuzzTarget("snapshot", seeds: snapshotBodies) { input in
        guard let states = try? SnapshotCodec.decode(inflated: input) else { return .refused }
        try checkStates(states)
        return .accepted
    }

    /// The input is a segment or a snapshot chunk as it travels, compressed.
    static let envelope = FuzzTarget("envelope", seeds: envelopes) { input in
        let bytes = input.dropFirst()
        if input.first == 0 {
            guard let segment = try? codecs.segment.decode(bytes), let header = try? SegmentCodec.header(bytes) else {
                return .refused
            }
            try checkSegment(segment, header)
        } else {
            guard let states = try? codecs.snapshot.decode(bytes) else { return .refused }
            try checkStates(states)
        }
        return .accepted
    }

    // MARK: Laws

    private static func checkSegment(_ segment: Segment, _ header: Segment.Header) throws(BrokenLaw) {
        let sets = segment.changeSets
        try BrokenLaw.check(
            sets.count == header.count && segment.first == header.first && segment.last == header.last
                && segment.origin == header.origin, "a segment that is not the run of its header")
        var content = 0
        for (index, set) in sets.enumerated() {
            try BrokenLaw.check(
                segment.documents[segment.documentPlaces[index]] == set.document, "a document's place")
            try checkLimits(set)
            content += contentBytes(set)
            let bytes = canonicalBytes(set)
            try BrokenLaw.check(
                bytes.count <= ChangeSetLimits.changeSetCanonicalBytesMax, "a canonical form beyond its limit")
            let again = try? CanonicalForm.read(bytes[...])
            try BrokenLaw.check(again == set, "a change set of a segment that has no canonical form")
        }
        try BrokenLaw.check(content <= ChangeSetLimits.segmentContentBytesMax, "content beyond its limit")
        // Our own writer may need a few bytes more than the limit where another one has used it up.
        if header.decodedBytes < ChangeSetLimits.segmentDecodedBytesMax / 2 {
            let again = try? codecs.segment.decode(codecs.segment.encode(segment)[...])
            try BrokenLaw.check(again?.changeSets == sets, "a segment that does not survive its own encoding")
        }
        try fold(sets)
    }

    private static func checkStates(_ states: [DocumentState]) throws(BrokenLaw) {
        try BrokenLaw.check(states.count <= SnapshotCodec.documentsMax, "more documents than the limit")
        for state in states {
            try BrokenLaw.check(state.greatest <= .greatest, "a stamp beyond its limit")
            var twice = state
            twice.join(state)
            try BrokenLaw.check(twice == state, "a state that changes when it is joined with itself")
            var fresh = DocumentState(name: state.name, kind: state.kind, salt: state.salt)
            fresh.join(state)
            try BrokenLaw.check(fresh == state, "a state that a fresh replica holds otherwise")
        }
        let again = try? codecs.snapshot.decode(codecs.snapshot.encode(states)[...])
        try BrokenLaw.check(again == states, "a snapshot that does not survive its own encoding")
    }

    private static func checkLimits(_ set: ChangeSet) throws(BrokenLaw) {
        let writes = set.changes.reduce(0) { $0 + $1.writes.count }
        try BrokenLaw.check(
            set.flaw == nil && set.dot.sequence >= 1 && set.stamp >= .zero && set.stamp <= .greatest
                && set.group >= 1 && set.group <= set.dot.sequence && writes <= ChangeSetLimits.changeSetWritesMax
                && set.changes.count <= ChangeSetLimits.changeSetRecordsMax
                && set.actor.string.utf8.count <= ChangeSetLimits.actorBytesMax
                && set.intent.string.utf8.count <= ChangeSetLimits.intentBytesMax,
            "a change set beyond the named limits")
    }

    private static func contentBytes(_ set: ChangeSet) -> Int {
        let contexts = set.deps.entries.count + (set.seen?.entries.count ?? 0) + set.authority.entries.count
        return set.changes.flatMap(\.writes).reduce(12 * contexts) { sum, write in
            switch write.value {
            case .text(let text): sum + text.string.utf8.count
            case .bytes(let bytes): sum + bytes.count
            case .null, .integer, .reference: sum
            }
        }
    }

    /// Folds change sets into fresh documents as a memory store would, twice: the second time changes nothing.
    private static func fold(_ sets: [ChangeSet]) throws(BrokenLaw) {
        var documents: [RecordName: DocumentState] = [:]
        for set in sets {
            var document =
                documents.removeValue(forKey: set.document)
                ?? DocumentState(
                    name: set.document, kind: set.documentKind, salt: set.salt ?? .none)
            document.apply(set.changes, dot: set.dot, stamp: set.stamp, seen: set.removal)
            try BrokenLaw.check(document.context.covers(set.dot), "a change set that was folded and is not covered")
            let isAgain = document.apply(set.changes, dot: set.dot, stamp: set.stamp, seen: set.removal)
            try BrokenLaw.check(!isAgain, "a change set that folds twice")
            documents[set.document] = document
        }
    }

    private static func canonicalBytes(_ set: ChangeSet) -> [UInt8] {
        var writer = ByteWriter()
        CanonicalForm.write(set, to: &writer)
        return writer.bytes
    }

    // MARK: Inputs

    /// One pair of codecs for all executions: zlib's state is expensive to make. Targets run one input at a time.
    private final class Codecs: @unchecked Sendable {
        let segment = SegmentCodec()
        let snapshot = SnapshotCodec()
    }

    private static let codecs = Codecs()

    /// count: 2 bytes, first: 4, origin: 1 (its top bit: whether a run from 1 goes on from another origin), the body.
    static func segmentParts(_ input: [UInt8]) -> (Segment.Header, [UInt8]) {
        var parts = FuzzInput(input)
        let count = 1 + parts.word() % ChangeSetLimits.segmentChangeSetsMax
        let first = UInt32(parts.word()) | UInt32(parts.word()) << 16
        let bits = parts.byte()
        let body = parts.rest()
        let start = min(max(first, 1), .max - UInt32(count - 1))
        let original = bits & 0x80 != 0 && start == 1 ? Dot(ReplicaID(.max), 7) : nil
        let header = Segment.Header(
            origin: ReplicaID(1 + UInt64(bits & 0x7F)), first: start, count: count, decodedBytes: body.count,
            original: original)
        return (header, body)
    }

    private static func segmentInput(_ bytes: [UInt8]) throws -> [UInt8] {
        let header = try SegmentCodec.header(bytes[...])
        var prefix = ByteWriter()
        prefix.byte(0)
        prefix.fixed64(header.origin.bits)
        if let original = header.original {
            prefix.fixed64(original.origin.bits)
            prefix.varint(UInt64(original.sequence))
        }
        for number in [UInt64(header.first), UInt64(header.count), UInt64(header.decodedBytes)] {
            prefix.varint(number)
        }
        let body = try inflater().expand(bytes[prefix.count...], size: header.decodedBytes)
        return FuzzInput.word(header.count - 1) + FuzzInput.word(Int(header.first & 0xFFFF))
            + FuzzInput.word(Int(header.first >> 16)) + [originByte(header)] + body
    }

    private static func originByte(_ header: Segment.Header) -> UInt8 {
        UInt8(truncatingIfNeeded: header.origin.bits &- 1) & 0x7F | (header.original == nil ? 0 : 0x80)
    }

    private static func snapshotInput(_ bytes: [UInt8]) throws -> [UInt8] {
        var reader = ByteReader(bytes.dropFirst())
        let size = try reader.count(limit: SnapshotCodec.decodedBytesMax, "size")
        return try inflater().expand(bytes[(1 + reader.offset)...], size: size)
    }

    private static func inflater() -> Inflater { Inflater(dictionary: PresetDictionary.bytes) }

    @Sendable private static func canonicalForms() throws -> [[UInt8]] {
        let vectors = try Vectors.valid(.canonical).map(\.hex) + Vectors.invalid(.canonical).map(\.hex)
        var generated: [[UInt8]] = []
        for seed in 0..<20 as Range<UInt64> {
            var source = AnyChangeSets(seed: seed)
            generated += source.run(count: 2).map(canonicalBytes)
        }
        return vectors.map(Hex.bytes) + generated
    }

    @Sendable static func segmentBodies() throws -> [[UInt8]] {
        let vectors = try Vectors.valid(.segments).map { Hex.bytes($0.hex) }
        let generated = (0..<30 as Range<UInt64>).map { seed in
            var source = AnyChangeSets(seed: seed)
            return codecs.segment.encode(Segment(source.run(count: 1 + Int(seed % 7))))
        }
        // Some invalid vectors are broken in the envelope already.
        let invalid = try Vectors.invalid(.segments).compactMap { try? segmentInput(Hex.bytes($0.hex)) }
        return try (vectors + generated).map(segmentInput) + invalid
    }

    @Sendable static func snapshotBodies() throws -> [[UInt8]] {
        let vectors = try Vectors.valid(.snapshots).map { Hex.bytes($0.hex) }
        let generated = (0..<30 as Range<UInt64>).map { seed in
            var source = AnyChangeSets(seed: seed)
            return codecs.snapshot.encode(source.states(count: 1 + Int(seed % 3)))
        }
        let invalid = try Vectors.invalid(.snapshots).compactMap { try? snapshotInput(Hex.bytes($0.hex)) }
        return try (vectors + generated).map(snapshotInput) + invalid
    }

    @Sendable private static func envelopes() throws -> [[UInt8]] {
        let segments = try Vectors.valid(.segments).map(\.hex) + Vectors.invalid(.segments).map(\.hex)
        let snapshots = try Vectors.valid(.snapshots).map(\.hex) + Vectors.invalid(.snapshots).map(\.hex)
        return segments.map { [0] + Hex.bytes($0) } + snapshots.map { [1] + Hex.bytes($0) }
    }
}
