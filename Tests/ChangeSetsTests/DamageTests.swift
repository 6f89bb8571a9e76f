import ByteCoding
import ChangeSets
import Deflating
import Foundation
import HybridTime
import Merging
import Testing
import WireSamples

@Suite("Damaged and hostile bytes")
struct DamageTests {
    /// 8,000 in an ordinary run; ASSAY_MUTANTS asks for more.
    private static let mutants = ProcessInfo.processInfo.environment["ASSAY_MUTANTS"].flatMap(Int.init) ?? 8_000

    /// A file for each mutant's verdict and bytes, which Tools/protocol/check_vectors.py compares with its own.
    private static let record = ProcessInfo.processInfo.environment["ASSAY_MUTANTS_FILE"]

    private struct Sample {
        let canonical: [UInt8]
        let segment: [UInt8]
        let snapshot: [UInt8]
    }

    private static func sample(_ seed: UInt64, count: Int = 6) -> Sample {
        var source = AnyChangeSets(seed: seed)
        let sets = source.run(count: count)
        var writer = ByteWriter()
        CanonicalForm.write(sets[sets.count - 1], to: &writer)
        return Sample(
            canonical: writer.bytes, segment: SegmentCodec().encode(Segment(sets)),
            snapshot: SnapshotCodec().encode(source.states(count: 2)))
    }

    /// Decodes; what is accepted must survive its own encoding.
    private static func decode(segment bytes: [UInt8], _ codec: SegmentCodec) -> DecodingFailure.Code? {
        do throws(DecodingFailure) {
            let segment = try codec.decode(bytes[...])
            let again = codec.encode(Segment(segment.changeSets))
            guard try codec.decode(again[...]).changeSets == segment.changeSets else {
                Issue.record("a segment that does not survive: \(Hex.text(bytes))")
                return nil
            }
        } catch { return error.code }
        return nil
    }

    private static func decode(snapshot bytes: [UInt8], _ codec: SnapshotCodec) -> DecodingFailure.Code? {
        do throws(DecodingFailure) {
            let states = try codec.decode(bytes[...])
            guard try codec.decode(codec.encode(states)[...]) == states else {
                Issue.record("a snapshot that does not survive: \(Hex.text(bytes))")
                return nil
            }
        } catch { return error.code }
        return nil
    }

    private static func decode(canonical bytes: [UInt8]) -> DecodingFailure.Code? {
        do throws(DecodingFailure) {
            var writer = ByteWriter()
            CanonicalForm.write(try CanonicalForm.read(bytes[...]), to: &writer)
            if writer.bytes != bytes { Issue.record("two canonical forms of one change set: \(Hex.text(bytes))") }
        } catch { return error.code }
        return nil
    }

    @Test("Every truncation of valid bytes is refused")
    func truncations() {
        let (codec, snapshots) = (SegmentCodec(), SnapshotCodec())
        for seed in 0..<8 as Range<UInt64> {
            let sample = DamageTests.sample(seed)
            for end in sample.canonical.indices {
                #expect(DamageTests.decode(canonical: Array(sample.canonical[..<end])) != nil)
            }
            for end in sample.segment.indices {
                #expect(DamageTests.decode(segment: Array(sample.segment[..<end]), codec) != nil)
            }
            for end in sample.snapshot.indices {
                #expect(DamageTests.decode(snapshot: Array(sample.snapshot[..<end]), snapshots) != nil)
            }
        }
    }

    @Test("Every flip of one bit decodes to something sound or is refused with a code")
    func flips() {
        let (codec, snapshots) = (SegmentCodec(), SnapshotCodec())
        var refused: [DecodingFailure.Code: Int] = [:]
        for seed in 0..<4 as Range<UInt64> {
            let sample = DamageTests.sample(seed, count: 2)
            func flipped(_ bytes: [UInt8], _ decode: ([UInt8]) -> DecodingFailure.Code?) {
                for index in 0..<bytes.count * 8 {
                    var copy = bytes
                    copy[index / 8] ^= 1 << UInt8(index % 8)
                    if let code = decode(copy) { refused[code, default: 0] += 1 }
                }
            }
            flipped(sample.canonical) { DamageTests.decode(canonical: $0) }
            flipped(sample.segment) { DamageTests.decode(segment: $0, codec) }
            flipped(sample.snapshot) { DamageTests.decode(snapshot: $0, snapshots) }
        }
        #expect(refused.count >= 7, "\(refused)")
    }

    /// One to three edits of the kinds that reach far: flips, edges, insertions, deletions, copies.
    private static func mutated(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var copy = bytes
        for _ in 0..<(1 + random.below(3)) where !copy.isEmpty {
            let place = random.below(copy.count)
            switch random.below(8) {
            case 0: copy[place] ^= 1 << UInt8(random.below(8))
            case 1: copy[place] = random.pick([0, 1, 2, 0x7F, 0x80, 0xFF, 0x10, 0x14, 0x04, 0x20])
            case 2: copy[place] = copy[place] &+ 1
            case 3: copy[place] = copy[place] &- 1
            case 4: copy.insert(UInt8(random.below(256)), at: place)
            case 5: copy.remove(at: place)
            case 6: copy.insert(contentsOf: [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], at: place)
            default:
                let from = random.below(copy.count)
                let slice = copy[from..<min(copy.count, from + 1 + random.below(9))]
                copy.replaceSubrange(place..<min(copy.count, place + slice.count), with: slice)
            }
        }
        return copy
    }

    @Test("Mutants of the inflated bodies, deflated again with true sizes, decode soundly or are refused")
    func deepMutants() throws {
        var random = SplitMix64(77)
        let (codec, snapshots) = (SegmentCodec(), SnapshotCodec())
        let deflater = Deflater(dictionary: PresetDictionary.bytes, level: 1)
        let inflater = Inflater(dictionary: PresetDictionary.bytes)
        var segments: [(Segment.Header, [UInt8])] = []
        var chunks: [[UInt8]] = []
        for seed in 0..<40 as Range<UInt64> {
            let sample = DamageTests.sample(seed, count: 2 + Int(seed % 9))
            let header = try SegmentCodec.header(sample.segment[...])
            let start =
                9
                + [UInt64(header.first), UInt64(header.count), UInt64(header.decodedBytes)]
                .reduce(0) { $0 + Forge.varint($1).count }
            segments.append((header, try inflater.expand(sample.segment[start...], size: header.decodedBytes)))
            var reader = ByteReader(sample.snapshot[1...])
            let size = try reader.count(limit: SnapshotCodec.decodedBytesMax, "size")
            chunks.append(try inflater.expand(sample.snapshot[(1 + reader.offset)...], size: size))
        }
        var refused: [DecodingFailure.Code: Int] = [:]
        var accepted = 0
        var record: [String] = []
        for number in 0..<DamageTests.mutants {
            let mutant: (form: String, bytes: [UInt8])
            let code: DecodingFailure.Code?
            if number % 3 < 2 {
                let (header, original) = random.pick(segments)
                let body = DamageTests.mutated(original, &random)
                mutant = (
                    "segment",
                    [1] + Forge.fixed(header.origin.bits) + Forge.varint(UInt64(header.first))
                        + Forge.varint(UInt64(header.count)) + Forge.varint(UInt64(body.count))
                        + deflater.compress([body[...]])
                )
                code = DamageTests.decode(segment: mutant.bytes, codec)
            } else {
                let body = DamageTests.mutated(random.pick(chunks), &random)
                mutant = ("snapshot", [1] + Forge.varint(UInt64(body.count)) + deflater.compress([body[...]]))
                code = DamageTests.decode(snapshot: mutant.bytes, snapshots)
            }
            if let code { refused[code, default: 0] += 1 } else { accepted += 1 }
            if DamageTests.record != nil {
                record.append("\(code?.rawValue ?? "sound") \(mutant.form) \(Hex.text(mutant.bytes))")
            }
        }
        if let path = DamageTests.record {
            try record.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
        }
        // Mutants must go deep: some are sound, and none fails at the envelope.
        #expect(accepted > DamageTests.mutants / 50)
        #expect(refused[.inflateFailed] == nil)
        #expect(refused[.unknownVersion] == nil)
        #expect(refused.count >= 5, "\(refused)")
    }

    // MARK: Bombs

    /// How much more memory the process has taken at its peak after `work`, in MiB.
    private func peakGrowth(_ work: () throws -> Void) rethrows -> Int {
        func peak() -> Int {
            let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
            let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
            return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1_024
        }
        let before = peak()
        try work()
        return peak() - before
    }

    /// Eight cells of one 64 KiB byte string in each of 4,096 change sets would be 2 GiB.
    @Test("A column that repeats one long byte string is refused before memory is spent")
    func repeatedBytes() {
        let long = [UInt8](repeating: 0x41, count: 1 << 16)
        let column = Forge.constant(3) + Forge.varint(1) + Forge.constant(1 << 16) + long + Forge.constant(0)
        let forge = Forge.segmentBody(count: 4_096)
            .with("shapes", Forge.varint(1) + Forge.shape(cells: (0..<8).map { ($0 << 2 | 1) << 2 }))
            .with("types", []).with("values", (0..<8).flatMap { _ in column })
        let bytes = Forge.segment(count: 4_096, body: forge.body)
        let growth = peakGrowth { #expect(DamageTests.decode(segment: bytes, SegmentCodec()) == .limitExceeded) }
        #expect(growth < 150)
    }

    @Test("A context that every change set inherits counts for each of them")
    func repeatedContexts() {
        let origins = (1...1_000).map { UInt64($0) << 8 }
        let context =
            Forge.varint(1) + Forge.constant(0) + Forge.constant(1_000) + Forge.rising(from: 1)
            + Forge.constant(1)
        let forge = Forge.segmentBody(count: 4_096)
            .with("origins", Forge.varint(1_000) + origins.flatMap(Forge.fixed)).with("deps", context)
        let bytes = Forge.segment(count: 4_096, body: forge.body)
        #expect(bytes.count < 20_000)
        let growth = peakGrowth { #expect(DamageTests.decode(segment: bytes, SegmentCodec()) == .limitExceeded) }
        #expect(growth < 200)
    }

    @Test("A tiny body that claims many writes is refused")
    func manyWrites() {
        let forge = Forge.segmentBody(count: 4_096)
            .with("shapes", Forge.varint(1) + Forge.shape(cells: (0..<64).map { $0 << 4 }))
        #expect(
            DamageTests.decode(segment: Forge.segment(count: 4_096, body: forge.body), SegmentCodec()) == .limitExceeded
        )
    }

    @Test("A snapshot whose one long text stands in many cells is refused")
    func repeatedTexts() {
        let long = [UInt8](repeating: 0x41, count: 1 << 16)
        let forge = Forge.snapshotBody()
            .with(
                "shapes",
                Forge.varint(1) + Forge.varint(2) + Forge.varint(1) + Forge.varint(1) + Forge.varint(5)
                    + Forge.varint(0) + Forge.varint(2_000)
            )
            .with("names", Forge.constant(0) + Forge.rising(from: 1))
            .with("types", Forge.constant(2))
            .with("values", Forge.varint(1) + Forge.constant(1 << 16) + long + Forge.constant(0))
        #expect(DamageTests.decode(snapshot: Forge.snapshot(body: forge.body), SnapshotCodec()) == .limitExceeded)
    }

    @Test("A stream that inflates to more than it declares is refused at the declared size")
    func inflation() {
        let zeros = [UInt8](repeating: 0, count: 64 << 20)
        let packed = Deflater(dictionary: PresetDictionary.bytes, level: 1).compress([zeros[...]])
        let bytes = [1] + Forge.fixed(1) + [1, 1] + Forge.varint(1_000) + packed
        let growth = peakGrowth { #expect(DamageTests.decode(segment: bytes, SegmentCodec()) == .inflateFailed) }
        #expect(growth < 20)
    }
}
