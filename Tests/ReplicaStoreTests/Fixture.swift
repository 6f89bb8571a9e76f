import ByteCoding
import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore
import Testing

/// A schema with a field of every policy and type.
enum Fixture {
    static let title = Field(1, "title", .text, .review)
    static let phone = Field(2, "phone", .text, .latest)
    static let hold = Field(3, "hold", .enumeration(["none", "held", "barred"]), .ranked(["none", "held", "barred"]))
    static let emails = Field(4, "emails", .text, .addWins)
    static let born = Field(5, "born", .date, .fixed)
    static let size = Field(6, "size", .integer, .review)
    static let blob = Field(7, "blob", .bytes, .latest)
    static let link = Field(8, "link", .reference, .review)
    static let flag = Field(9, "flag", .boolean, .latest)
    static let person = RecordKind(
        1, "person", indexes: [["phone"], ["link"]], [title, phone, hold, emails, born, size, blob, link, flag])

    static let at = Field(10, "at", .timestamp, .once)
    static let room = Field(11, "room", .text, .once)
    static let entry = RecordKind(2, "entry", isAppendOnly: true, [at, room])

    static let name = Field(12, "name", .text, .review)
    static let scopes = Field(13, "scopes", .text, .addWins)
    static let place = RecordKind(3, "place", [name, scopes])

    static let dossier = DocumentKind(1, "dossier", [person, entry])
    static let site = DocumentKind(2, "site", [place])
    static let schema = Schema([dossier, site])

    static let organisation = [UInt8](repeating: 7, count: 16)

    static func identity(_ number: UInt64) -> Identity {
        Identity(replica: ReplicaID(0xA000 + number), organisation: organisation, name: "replica \(number)")
    }
}

/// A folder that goes with the test.
final class Folder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "assay-store-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A store in a folder of its own.
struct TestStore: Sendable {
    let store: ReplicaStore
    let folder: Folder

    init(
        _ number: UInt64, isHub: Bool = false, schema: Schema = Fixture.schema,
        durability: ReplicaStore.Durability = .none
    ) throws {
        folder = try Folder()
        store = try ReplicaStore.create(
            in: folder.path, schema: schema, identity: Fixture.identity(number), isHub: isHub, durability: durability)
    }

    init(_ store: ReplicaStore, _ folder: Folder) {
        self.store = store
        self.folder = folder
    }

    var replica: ReplicaID { store.identity.replica }

    /// Closes the store and opens it again, perhaps as another build.
    func reopened(_ schema: Schema = Fixture.schema) throws -> ReplicaStore {
        try store.close()
        return try ReplicaStore.open(in: folder.path, schema: schema, durability: .none)
    }
}

extension ReplicaStore {
    /// Commits one draft and gives its change set.
    @discardableResult
    func write(
        _ target: Draft.Target, kind: DocumentKind = Fixture.dossier, seen: Context? = nil,
        time: Int64 = 1_700_000_000_000,
        _ changes: [RecordChange]
    ) throws -> ChangeSet {
        let sets = try commit(
            [Draft(target, documentKind: kind.tag, actor: "tester", intent: "test", seen: seen, changes: changes)],
            time: time)
        return try #require(sets.first)
    }

    /// Makes a dossier with a person who has this phone number.
    func makePerson(_ phone: String = "1", time: Int64 = 1_700_000_000_000) throws -> RecordName {
        try write(
            .new, time: time,
            [RecordChange(.pending(ordinal: 0), kind: Fixture.person.tag, [Write(Fixture.phone.tag, .text(phone))])]
        ).document
    }

    @discardableResult
    func set(
        _ person: RecordName, _ field: Field, _ value: Value, _ kind: WriteKind = .set, seen: Context? = nil,
        time: Int64 = 1_700_000_000_000
    ) throws -> ChangeSet {
        try write(
            .document(person), seen: seen, time: time,
            [RecordChange(person, kind: Fixture.person.tag, [Write(field.tag, value, kind)])])
    }

    /// All segments of an origin from a sequence on, as they would be sent.
    func segments(of origin: ReplicaID, from first: Sequence32 = 1) throws -> [[UInt8]] {
        var bytes: [[UInt8]] = []
        for range in try held(origin).subtracting(first > 1 ? SequenceRanges(1...(first - 1)) : SequenceRanges()).ranges
        {
            var next = UInt64(range.lowerBound)
            while next <= UInt64(range.upperBound) {
                let part = try #require(try segment(origin, Sequence32(next)...range.upperBound))
                bytes.append(part.bytes)
                next = UInt64(part.range.upperBound) + 1
            }
        }
        return bytes
    }

    /// Gives all that it holds to another.
    func send(to other: ReplicaStore) throws {
        for origin in try heldOrigins() {
            for range in try held(origin).ranges {
                var next = UInt64(range.lowerBound)
                while next <= UInt64(range.upperBound) {
                    let part = try #require(try segment(origin, Sequence32(next)...range.upperBound))
                    _ = try other.apply(part.bytes, as: origin, from: part.range.lowerBound).get()
                    next = UInt64(part.range.upperBound) + 1
                }
            }
        }
    }

    /// Gives all that it merged to another as snapshot chunks.
    func sendSnapshot(to other: ReplicaStore, documents: Int = 512) throws {
        var after: Int64? = 0
        while let from = after {
            let (bytes, next) = try snapshotChunk(after: from, documents: documents)
            _ = try other.join(snapshotChunk: bytes).get()
            after = next
        }
    }

    func count(_ sql: String) throws -> Int64 {
        try reading { db in try Int64.fetchOne(db, sql: sql) ?? 0 }
    }

    func text(_ sql: String) throws -> String? { try reading { db in try String.fetchOne(db, sql: sql) } }

    func documents() throws -> [RecordName: DocumentState] {
        Dictionary(uniqueKeysWithValues: try allDocuments().map { ($0.name, $0) })
    }
}

extension DocumentState {
    /// The same state whatever the order in which siblings came.
    var normalized: DocumentState {
        var copy = self
        copy.records = records.mapValues { record in
            RecordState(
                kind: record.kind,
                cells: record.cells.compactMap { cell in
                    CellState(cell.tag, ordering: cell.siblings)
                })
        }
        return copy
    }
}

/// Forges segments as a hostile or newer replica would.
struct Forger {
    let origin: ReplicaID
    private(set) var next: Sequence32 = 1

    init(_ number: UInt64) { origin = ReplicaID(0xF000 + number) }

    var dot: Dot { Dot(origin, next) }

    mutating func set(
        document: RecordName? = nil, kind: UInt32 = Fixture.dossier.tag, stamp: Int64 = 1_700_000_000_000,
        deps: Context = .empty, seen: Context? = nil, _ changes: [RecordChange]
    ) -> ChangeSet {
        defer { next += 1 }
        return ChangeSet(
            dot: dot, document: document ?? RecordName(dot, 0), documentKind: kind,
            salt: document == nil ? Salt(UInt64(next), 5) : nil, actor: "forger", intent: "forge",
            time: 1_700_000_000_000, stamp: Stamp(stamp), deps: deps, seen: seen, changes: changes)
    }

    static func segment(_ sets: [ChangeSet]) -> [UInt8] { SegmentCodec().encode(Segment(sets)) }
}

/// A generator that gives the same numbers for the same seed (Steele et al., "SplitMix", 2014).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &self) == 0 }

    mutating func pick<Element>(_ from: [Element]) -> Element? { from.randomElement(using: &self) }
}

extension ReplicaStore {
    /// A look-up in a transaction of its own.
    func find(_ kind: RecordKind, field: String, equals value: Value) throws -> ReplicaStore.Found? {
        try transaction { transaction throws(StoreError) in try transaction.find(kind, field: field, equals: value) }
    }
}
