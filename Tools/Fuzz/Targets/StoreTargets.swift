import ChangeSets
import Foundation
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import WireSamples

extension FuzzTarget {
    /// The input is the clock of a row in a damaged file.
    static let clock = FuzzTarget("clock", inputBytesMax: 512, seeds: clocks) { input in
        guard let state = try? probe.clocks.read(input) else { return .refused }
        var filled = state
        filled.fillValues { _ in .null }
        let again: [UInt8]
        do throws(StoreError) { again = try probe.clocks.write(filled) } catch {
            throw BrokenLaw("a clock that was read cannot be written: \(error)")
        }
        guard let second = try? probe.clocks.read(again) else {
            throw BrokenLaw("a clock that was written cannot be read")
        }
        // A value that went into its column is not in the clock.
        try BrokenLaw.check(second.cells.map(dots) == filled.cells.map(dots), "a clock that is not read back")
        // Merges go on from what was read.
        let dot = Dot(ReplicaID(1), .max)
        for cell in filled.cells {
            let kind: WriteKind = cell.tag.mergeClass == .set ? .add : .set
            filled.apply(Write(cell.tag, .integer(1), kind), dot: dot, stamp: .greatest, seen: Context(dot))
        }
        filled.join(state, context: Context(dot), otherContext: .empty)
        return .accepted
    }

    private static func dots(_ cell: CellState) -> [Sibling] {
        cell.siblings.map { Sibling($0.dot, $0.stamp, .integer(Int64(cell.tag.raw))) }.sorted(by: Sibling.precedes)
    }

    /// One probe for all executions; targets run one input at a time.
    private final class Probe: @unchecked Sendable {
        let clocks: ClockProbe

        init() {
            do throws(StoreError) {
                clocks = try ClockProbe(StoreSchema.kind(1), origins: (1...3).map { ReplicaID($0) })
            } catch { preconditionFailure("a database in memory cannot be had: \(error)") }
        }
    }

    private static let probe = Probe()

    @Sendable private static func clocks() throws -> [[UInt8]] {
        var random = SplitMix64(5)
        return try (0..<40).map { number in
            var state = RecordState(kind: 1)
            for sequence in 1...UInt32(1 + random.below(12)) {
                let dot = Dot(ReplicaID(UInt64(1 + random.below(3))), sequence)
                let tag = FieldTag(raw: UInt32(4 + random.below(number < 20 ? 60 : 400)))
                let kind: WriteKind = tag.mergeClass == .set ? .add : .set
                let value: Value = random.chance(50) ? .text("text \(sequence)") : .reference(RecordName(dot, 3))
                state.apply(
                    Write(tag, value, kind), dot: dot, stamp: Stamp(1_700_000_000_000 + Int64(sequence)), seen: .empty)
            }
            return try probe.clocks.write(state)
        }
    }

    /// The input is a segment as for ``segment``, or a snapshot's body, that a store journals and folds.
    static let store = FuzzTarget("store", seeds: storeInputs) { input in
        try stores.take(input) ? .accepted : .refused
    }

    private static let stores = Stores()

    @Sendable private static func storeInputs() throws -> [[UInt8]] {
        try segmentBodies().map { [0] + $0 } + snapshotBodies().map { [1] + $0 }
    }
}

/// Record kinds with a field of every policy and type, under the tags that ``AnyChangeSets`` uses.
enum StoreSchema {
    static func kind(_ tag: UInt32) -> RecordKind {
        let types: [FieldType] = [
            .text, .integer, .reference, .bytes, .date, .boolean, .enumeration(["held", "void"]),
        ]
        let policies: [Policy] = [.latest, .review, .addWins, .fixed, .ranked(["", "released", "held", "void"])]
        let fields = (1...40 as ClosedRange<UInt32>).map { number in
            Field(number, "f\(number)", types[Int(number + tag) % 7], policies[Int(number &* 3 + tag) % 5])
        }
        return RecordKind(tag, "kind_\(tag)", fields)
    }

    static let schema = Schema(
        (0..<6).map { DocumentKind($0, "document_\($0)", $0 == 0 ? (0..<12).map(kind) : []) })
}

/// A hub's store that takes segments alone and one that takes snapshots as well, made anew from time to time. Whatever
/// came, the first stays sound. They run one input at a time.
///
///     input = kind: u8  1: a snapshot's body, else a segment; 2: the segment goes to the second store;
///                       4: a list of inputs, each behind its length in two bytes, for two new stores
private final class Stores: @unchecked Sendable {
    private var stores: [(store: ReplicaStore, path: String)] = []
    private var history: [[UInt8]] = []
    /// How far each origin has come in the first store.
    private var reached: [ReplicaID: Sequence32] = [:]
    private let codec = SegmentCodec()
    private let snapshots = SnapshotCodec()

    private static let executionsMax = 256

    func take(_ input: [UInt8]) throws -> Bool {
        guard let kind = input.first else { return false }
        let isList = kind & 4 != 0
        if isList || stores.isEmpty || history.count == Stores.executionsMax { try renew() }
        guard isList else { return try takeOne(input) }
        var parts = FuzzInput(Array(input.dropFirst()))
        var isTaken = false
        while !parts.isAtEnd, history.count < Stores.executionsMax {
            let part = Array(parts.take(parts.word()))
            isTaken = try takeOne(part) || isTaken
        }
        try renew()
        return isTaken
    }

    private func takeOne(_ input: [UInt8]) throws -> Bool {
        history.append(input)
        do {
            if (input.first ?? 0) & 1 == 1 { return try join(Array(input.dropFirst())) }
            return try journal(input)
        } catch { throw broken(error) }
    }

    private func journal(_ input: [UInt8]) throws -> Bool {
        let (header, body) = FuzzTarget.segmentParts(Array(input.dropFirst()))
        guard let segment = try? SegmentCodec.decode(header, inflated: body) else { return false }
        let bytes = codec.encode(segment)
        guard bytes.count <= SyncLimits.segmentBytesMax else { return false }
        let payload = SegmentPayload(origin: segment.origin, first: segment.first, last: segment.last, bytes: bytes)
        let isSound = (input.first ?? 0) & 2 == 0
        let target = stores[isSound ? 0 : 1].store
        // An origin whose later work does not follow its earlier is folded by the order of arrival: what an honest
        // replica cannot write must come in its own order for the journal to say what the rows say.
        if isSound {
            guard segment.first > reached[segment.origin] ?? 0 else { return false }
            reached[segment.origin] = segment.last
        }
        guard try target.take([payload]).first?.isDurable == true else { return false }
        // Whoever sends the same again is told that it is there.
        let again = try target.take([payload])
        try BrokenLaw.check(again.first?.verdict == .duplicate, "a segment that is taken twice")
        return true
    }

    private func join(_ body: [UInt8]) throws -> Bool {
        guard let scope = ScopeName("org"), let states = try? SnapshotCodec.decode(inflated: body) else { return false }
        let chunk = SnapshotChunk(bytes: snapshots.encode(states), next: nil)
        do throws(StoreError) {
            _ = try stores[1].store.perform([.snapshotChunk(HubLineage(hub: ReplicaID(8), epoch: 1), scope, 1, chunk)])
        } catch {
            // State that contradicts what is here is refused whole; anything else is a fault of ours.
            try BrokenLaw.check(error.code == "store-damaged" || error.code == "foreign-record", "\(error)")
            return false
        }
        return true
    }

    /// Both stores have seen more than the last input: what broke a law is kept as one list.
    private func broken(_ error: any Error) -> BrokenLaw {
        let list = history.reduce(into: [UInt8(4)]) { $0 += FuzzInput.word($1.count) + $1 }
        let path = NSTemporaryDirectory() + "assay-fuzz-store-list"
        try? Data(list).write(to: URL(fileURLWithPath: path))
        return BrokenLaw("\(error); the list of inputs is in \(path)")
    }

    private func renew() throws {
        if let sound = stores.first {
            let findings = try sound.store.check()
            if !findings.isEmpty { throw broken(BrokenLaw("a store that is not sound: \(findings.prefix(3))")) }
        }
        history = []
        reached = [:]
        for (store, path) in stores {
            try store.close()
            try FileManager.default.removeItem(atPath: path)
        }
        stores = try (0..<2).map { number in
            let name = "assay-fuzz-\(ProcessInfo.processInfo.processIdentifier)-\(number)"
            let path = NSTemporaryDirectory() + name
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let identity = Identity(
                replica: ReplicaID(0xA001), organisation: [UInt8](repeating: 7, count: 16), name: "fuzz")
            let store = try ReplicaStore.create(
                in: path, schema: StoreSchema.schema, identity: identity, isHub: true, durability: .none)
            return (store, path)
        }
    }
}
