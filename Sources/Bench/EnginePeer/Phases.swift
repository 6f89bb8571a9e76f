import ByteCoding
import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore

/// The phases of the contract (`Tools/bench/exam_day/peer.py`), and two more: `last`, the size of the site's work without
/// its history, and `idle`, a sync with nothing to do. A message to or from a hub is `position:varint count:varint (segment:block)*`; a snapshot
/// is `position:varint count:varint (chunk:block)*`; a token is the asker's identity, cursor and held ranges.
struct Phases {
    let directory: String
    let options: [String: [String]]
    private var report: [String: Double] = [:]

    init(directory: String, options: [String: [String]]) {
        self.directory = directory
        self.options = options
    }

    private static let roles = [
        "hub": ReplicaID(0x4855_4255_4221_0001), "site": ReplicaID(0x5349_5445_7321_0002),
        "office": ReplicaID(0x4F46_4649_4345_0003), "fresh": ReplicaID(0x4652_4553_4821_0004),
    ]

    private func input() throws -> [String] {
        guard let paths = options["in"], !paths.isEmpty else { throw BenchFailure("--in is missing") }
        return paths
    }

    private func output() throws -> URL {
        guard let path = options["out"]?.first else { throw BenchFailure("--out is missing") }
        return URL(fileURLWithPath: path)
    }

    private var durability: ReplicaStore.Durability { options["sync"]?.first == "off" ? .none : .full }

    private func create(_ durability: ReplicaStore.Durability) throws -> ReplicaStore {
        let role = options["role"]?.first ?? "site"
        guard let id = Phases.roles[role] else { throw BenchFailure("no role \(role)") }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        return try ReplicaStore.create(
            in: directory, schema: BenchSchema.schema,
            identity: Identity(replica: id, organisation: Array("exam-day-bench!!".utf8), name: role),
            isHub: role == "hub",
            durability: durability)
    }

    private func open() throws -> ReplicaStore {
        try ReplicaStore.open(in: directory, schema: BenchSchema.schema, durability: durability)
    }

    mutating func perform(_ phase: String) throws -> [String: Double] {
        switch phase {
        case "load": try load()
        case "run": try run()
        case "token": try token()
        case "export": try export()
        case "apply": try apply()
        case "snapshot": try snapshot()
        case "restore": try restore()
        case "dump": try dump()
        case "last": try last()
        case "idle": try idle()
        default: throw BenchFailure("no phase \(phase)")
        }
        return report
    }

    private mutating func begin() {
        Memory.resetPeak()
        report["base_kib"] = Double(Memory.kibibytes("VmRSS"))
    }

    private mutating func load() throws {
        begin()
        let store = try create(.none)
        for path in try input() {
            for operation in try Operation.read([path]) { try Replay(store: store).run(operation) }
            try store.packTail()
        }
        try store.close()
    }

    private mutating func run() throws {
        let operations = try Operation.read(try input())
        begin()
        let store = try open()
        let replay = Replay(store: store)
        var times: [Double] = []
        times.reserveCapacity(operations.count)
        for operation in operations {
            let start = now()
            try replay.run(operation)
            times.append((now() - start) * 1e3)
        }
        report["total_s"] = times.reduce(0, +) / 1e6
        times.sort()
        report["p50_us"] = times[times.count / 2]
        report["p99_us"] = times[times.count * 99 / 100]
        try store.close()
    }

    // MARK: Exchange

    private var cursorFile: String { directory + "/cursor" }

    private func cursor() -> Int64 {
        (try? String(contentsOfFile: cursorFile, encoding: .utf8)).flatMap(Int64.init) ?? 0
    }

    private mutating func token() throws {
        let store = try open()
        var out = ByteWriter()
        out.fixed64(store.identity.replica.bits)
        out.varint(UInt64(cursor()))
        let origins = try store.heldOrigins()
        out.count(origins.count)
        for origin in origins {
            out.fixed64(origin.bits)
            let ranges = try store.held(origin).ranges
            out.count(ranges.count)
            for range in ranges {
                out.varint(UInt64(range.lowerBound))
                out.varint(UInt64(range.upperBound))
            }
        }
        try Data(out.bytes).write(to: try output())
        try store.close()
    }

    private struct Asker {
        let replica: ReplicaID
        let cursor: Int64
        var held: [ReplicaID: SequenceRanges] = [:]

        init(_ bytes: [UInt8]) throws {
            var reader = ByteReader(bytes)
            replica = ReplicaID(try reader.fixed64())
            cursor = Int64(try reader.varint())
            for _ in 0..<(try reader.count(limit: 1 << 16, "origins")) {
                let origin = ReplicaID(try reader.fixed64())
                var ranges = SequenceRanges()
                for _ in 0..<(try reader.count(limit: 1 << 16, "ranges")) {
                    let first = Sequence32(try reader.varint())
                    ranges.insert(first...Sequence32(try reader.varint()))
                }
                held[origin] = ranges
            }
        }
    }

    private mutating func export() throws {
        guard let path = options["token"]?.first else { throw BenchFailure("--token is missing") }
        let asker = try Asker(Array(try Data(contentsOf: URL(fileURLWithPath: path))))
        begin()
        let store = try open()
        let start = now()
        var position = asker.cursor
        var segments: [[UInt8]] = []
        if store.isHub {
            try store.packTail()
            while true {
                let entries = try store.feed(after: position, bytesMax: 1 << 20)
                guard let last = entries.last else { break }
                position = last.position
                segments += entries.filter { asker.held[$0.origin]?.contains($0.range) != true }.map(\.bytes)
            }
        } else {
            for origin in try store.heldOrigins() {
                for range in try store.held(origin).subtracting(asker.held[origin] ?? SequenceRanges()).ranges {
                    var next = range.lowerBound
                    while next <= range.upperBound {
                        guard let part = try store.segment(origin, next...range.upperBound) else { break }
                        segments.append(part.bytes)
                        next = part.range.upperBound + 1
                    }
                }
            }
        }
        var out = ByteWriter()
        out.varint(UInt64(position))
        out.count(segments.count)
        for segment in segments { out.block(segment) }
        report["ms"] = now() - start
        report["raw_bytes"] = Double(out.count)
        try Data(out.bytes).write(to: try output())
        try store.close()
    }

    private mutating func apply() throws {
        let message = Array(try Data(contentsOf: URL(fileURLWithPath: try input()[0])))
        begin()
        let store = try open()
        let start = now()
        var reader = ByteReader(message)
        let position = try reader.varint()
        for _ in 0..<(try reader.count(limit: 1 << 20, "segments")) {
            let segment = Array(try reader.block(limit: ChangeSetLimits.segmentBytesMax, "a segment"))
            let outcome = try store.apply(segment).get()
            guard outcome.quarantined.isEmpty else { throw BenchFailure("quarantined: \(outcome.quarantined)") }
        }
        if !store.isHub { try String(position).write(toFile: cursorFile, atomically: true, encoding: .utf8) }
        report["ms"] = now() - start
        try store.close()
    }

    // MARK: Snapshots

    private mutating func snapshot() throws {
        begin()
        let store = try open()
        let start = now()
        var out = ByteWriter()
        out.varint(UInt64(try store.feedEnd()))
        var chunks: [[UInt8]] = []
        var after: Int64? = 0
        while let from = after {
            let (bytes, next) = try store.snapshotChunk(after: from)
            chunks.append(bytes)
            after = next
        }
        out.count(chunks.count)
        for chunk in chunks { out.block(chunk) }
        report["ms"] = now() - start
        report["raw_bytes"] = Double(out.count)
        try Data(out.bytes).write(to: try output())
        try store.close()
    }

    private mutating func restore() throws {
        let message = Array(try Data(contentsOf: URL(fileURLWithPath: try input()[0])))
        begin()
        let store = try create(.full)
        let start = now()
        var reader = ByteReader(message)
        let position = try reader.varint()
        for _ in 0..<(try reader.count(limit: 1 << 20, "chunks")) {
            _ = try store.join(snapshotChunk: Array(try reader.block(limit: 1 << 24, "a chunk"))).get()
        }
        try String(position).write(toFile: cursorFile, atomically: true, encoding: .utf8)
        let rows = try store.reading { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM candidate") ?? 0 }
        report["ms"] = now() - start
        report["rows"] = Double(rows)
        try store.close()
    }

    // MARK: The engine's own phases

    private mutating func last() throws {
        let store = try open()
        guard let site = Phases.roles["site"] else { return }
        report["last_bytes"] = Double(LastValues.bytes(of: site, in: try store.allDocuments()))
        try store.close()
    }

    private mutating func idle() throws {
        guard let path = options["hub"]?.first else { throw BenchFailure("--hub is missing") }
        let store = try open()
        let hub = try ReplicaStore.open(in: path, schema: BenchSchema.schema)
        // The first session brings both up to date, the second finds nothing to do.
        var check = try IdleCheck(replica: store, hub: hub)
        try check.run()
        check = try IdleCheck(replica: store, hub: hub)
        try check.run()
        report["idle_bytes"] = Double(check.bytes)
        report["idle_trips"] = Double(check.roundTrips)
        try store.close()
        try hub.close()
    }

    // MARK: Dump

    private mutating func dump() throws {
        let store = try open()
        var all: [String: [String: [String: Any]]] = ["candidate": [:], "booking": [:], "result": [:], "incident": [:]]
        var uuids: [RecordName: String] = [:]
        let documents = try store.allDocuments()
        func shown(_ record: RecordState, _ field: Field) -> Value? {
            record.cell(field.tag).flatMap { field.policy.shown(of: $0).sibling.value }
        }
        for document in documents {
            for (name, record) in document.records {
                guard let kind = BenchSchema.schema.record(record.kind) else { continue }
                if case .bytes(let id)? = shown(record, kind.fields[0]) { uuids[name] = uuidText(id) }
            }
        }
        for document in documents {
            for (name, record) in document.records {
                guard let kind = BenchSchema.schema.record(record.kind) else { continue }
                var row: [String: Any] = [:]
                var id = uuids[name]
                for field in kind.fields where field.name != "uuid" {
                    switch shown(record, field) {
                    case .integer(let number)?: row[field.name] = number
                    case .text(let text)?: row[field.name] = text.string
                    case .reference(let target)?:
                        if field.name == "booking" { id = uuids[target] } else { row[field.name] = uuids[target] }
                    default: break
                    }
                }
                guard let id else { throw BenchFailure("a \(kind.name) without its UUID") }
                all[kind.name]?[id] = row
            }
        }
        try JSONSerialization.data(withJSONObject: all, options: [.sortedKeys]).write(to: try output())
        try store.close()
    }
}
