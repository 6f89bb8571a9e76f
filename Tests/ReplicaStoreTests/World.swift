import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore
import Testing

/// Several stores that commit, exchange parts of their journals in any order, and join each other's state.
struct World {
    var random: Seeded
    var stores: [ReplicaStore] = []
    var folders: [Folder] = []
    var sets: [ChangeSet] = []
    /// What hubs denied.
    private(set) var denied: Set<Dot> = []
    private let denies: Bool
    private var people: [RecordName] = []
    private var places: [RecordName] = []
    /// Forms that somebody opened and has not saved yet.
    private var forms: [(store: Int, document: RecordName, context: Context)] = []

    /// - Parameter denies: whether hubs deny change sets now and then.
    init(seed: UInt64, denies: Bool = false) throws {
        random = Seeded(seed)
        self.denies = denies
        for number in 0..<Int.random(in: 2...4, using: &random) {
            let test = try TestStore(UInt64(number + 1), isHub: number % 2 == 0)
            stores.append(test.store)
            folders.append(test.folder)
        }
    }

    mutating func run(_ steps: Int) throws {
        for _ in 0..<steps {
            let at = Int.random(in: 0..<stores.count, using: &random)
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<2: try make(at)
            case 2..<8: try edit(at)
            case 8: try openForm(at)
            case 9: try saveForm(at)
            case 10: try writeShared(at)
            case 11: try group(at)
            case 12..<17: try exchange(at)
            case 17: try snapshot(at)
            case 18: if random.chance(2) { try stores[at].packTail() } else { _ = try stores[at].digest() }
            default: if random.chance(4) { try reopen(at) }
            }
            if denies, random.chance(12) { try deny(at) }
        }
    }

    private mutating func deny(_ at: Int) throws {
        guard stores[at].isHub, let set = sets.randomElement(using: &random) else { return }
        guard case .success(let verdict) = try stores[at].deny(set.dot, reason: "no role", actor: "hub", time: time())
        else { return }
        denied.insert(set.dot)
        sets.append(verdict)
    }

    /// Everyone gets everything that anyone wrote, in a random order and piece by piece.
    mutating func settle() throws {
        for from in stores.indices.shuffled(using: &random) {
            for to in stores.indices.shuffled(using: &random) where to != from { try stores[from].send(to: stores[to]) }
        }
        // What had come as state lacked the journal behind it until now.
        for store in stores { try store.remakeWanted() }
    }

    // MARK: Steps

    private mutating func time() -> Int64 { 1_700_000_000_000 + Int64.random(in: -5_000...5_000, using: &random) }

    private mutating func make(_ at: Int) throws {
        var writes = [Write(Fixture.phone.tag, value(.text))]
        if random.chance(2) { writes.append(Write(Fixture.hold.tag, .text("none"))) }
        let set = try stores[at].write(
            .new, time: time(),
            [
                RecordChange(.pending(ordinal: 0), kind: Fixture.person.tag, writes),
                RecordChange(.pending(ordinal: 3), kind: Fixture.entry.tag, [Write(Fixture.at.tag, .integer(.max))]),
            ])
        sets.append(set)
        people.append(set.document)
    }

    private func holds(_ document: RecordName, _ at: Int) throws -> Bool { try !context(document, at).isEmpty }

    private func context(_ document: RecordName, _ at: Int) throws -> Context {
        let store = stores[at]
        return try store.readingRecords { records, _ in try records.context(document) }
    }

    private mutating func value(_ type: FieldType) -> Value {
        if random.chance(8) { return .null }
        switch type {
        case .integer:
            return [.integer(.min), .integer(.max), .integer(0), .integer(-1)].randomElement(using: &random) ?? .null
        case .boolean: return .integer(random.chance(2) ? 0 : 1)
        case .timestamp: return .integer(time())
        case .text:
            return .text(
                ["", "a", "\u{E9}", "e\u{301}", "quote\" back\\ \u{1}\u{0}x", "\u{1F468}\u{200D}\u{1F469}", "מלל"]
                    .randomElement(using: &random) ?? "")
        case .date: return .text(["2000-01-01", "2000-02-30"].randomElement(using: &random) ?? "")
        case .enumeration: return .text(["none", "held", "barred", "newer word"].randomElement(using: &random) ?? "")
        case .bytes: return .bytes([[], [0], [0, 255, 0]].randomElement(using: &random) ?? [])
        case .reference:
            let unknown = RecordName(ReplicaID(0xDEAD_0000 + UInt64.random(in: 0..<40, using: &random)), 9, 3)
            return .reference(random.chance(2) ? unknown : people.randomElement(using: &random) ?? unknown)
        }
    }

    private mutating func write() -> Write {
        let field = Fixture.person.fields.randomElement(using: &random) ?? Fixture.phone
        guard field.policy == .addWins else { return Write(field.tag, value(field.type)) }
        let element = ["x@a", "y@b", "", "é", "e\u{301}"].randomElement(using: &random) ?? ""
        return Write(field.tag, .text(element), random.chance(3) ? .remove : .add)
    }

    private mutating func edit(_ at: Int, seen: Context? = nil, _ document: RecordName? = nil) throws {
        guard let person = document ?? people.randomElement(using: &random), try holds(person, at) else { return }
        var writes = [write()]
        let second = write()
        if second.field != writes[0].field { writes.append(second) }
        var changes = [RecordChange(person, kind: Fixture.person.tag, writes.sorted { $0.field < $1.field })]
        if random.chance(4) {
            changes.append(
                RecordChange(.pending(ordinal: 1), kind: Fixture.entry.tag, [Write(Fixture.room.tag, value(.text))]))
        }
        sets.append(try stores[at].write(.document(person), seen: seen, time: time(), changes))
    }

    private mutating func openForm(_ at: Int) throws {
        guard let person = people.randomElement(using: &random), try holds(person, at) else { return }
        forms.append((at, person, try context(person, at)))
    }

    private mutating func saveForm(_ at: Int) throws {
        guard let index = forms.firstIndex(where: { $0.store == at }) else { return }
        let form = forms.remove(at: index)
        try edit(at, seen: form.context, form.document)
    }

    /// Documents that everyone names alike and anyone may write to first.
    private mutating func writeShared(_ at: Int) throws {
        let name = RecordName(hash: UInt64.random(in: 77...79, using: &random))
        sets.append(
            try stores[at].write(
                .document(name), kind: Fixture.site, time: time(),
                [
                    RecordChange(
                        name, kind: Fixture.place.tag,
                        [Write(Fixture.name.tag, value(.text)), Write(Fixture.scopes.tag, .text("org"), .add)])
                ]))
    }

    private mutating func group(_ at: Int) throws {
        let time = time()
        let drafts = [
            Draft(
                .new, documentKind: Fixture.dossier.tag, actor: "a", intent: "group",
                changes: [RecordChange(.pending(ordinal: 0), kind: Fixture.person.tag, [Write(Fixture.phone.tag, "1")])]
            ),
            Draft(
                .document(.pending(ordinal: 0)), documentKind: Fixture.dossier.tag, actor: "a", intent: "group",
                changes: [
                    RecordChange(
                        .pending(ordinal: 0), kind: Fixture.person.tag,
                        [Write(Fixture.link.tag, .reference(.pending(ordinal: 0)))])
                ]),
        ]
        let made = try stores[at].commit(drafts, time: time)
        sets += made
        people += made.prefix(1).map(\.document)
    }

    private mutating func exchange(_ from: Int) throws {
        let to = Int.random(in: 0..<stores.count, using: &random)
        guard to != from, let origin = try stores[from].heldOrigins().randomElement(using: &random),
            let run = try stores[from].held(origin).ranges.randomElement(using: &random)
        else { return }
        let first = Sequence32.random(in: run, using: &random)
        let last = Sequence32.random(in: first...run.upperBound, using: &random)
        guard let part = try stores[from].segment(origin, first...last) else { return }
        _ = try stores[to].apply(part.bytes).get()
        if random.chance(4) {
            let again = try stores[to].apply(part.bytes).get()
            #expect(again.applied == 0 && again.duplicates == part.range.count)
        }
    }

    private mutating func snapshot(_ from: Int) throws {
        let to = Int.random(in: 0..<stores.count, using: &random)
        guard to != from else { return }
        if random.chance(2) { return try stores[from].sendSnapshot(to: stores[to], documents: 3) }
        let after = try stores[from].count("SELECT coalesce((SELECT id FROM document ORDER BY random() LIMIT 1), 0)")
        _ = try stores[to].join(snapshotChunk: stores[from].snapshotChunk(after: after, documents: 2).bytes).get()
    }

    private mutating func reopen(_ at: Int) throws {
        try stores[at].close()
        stores[at] = try ReplicaStore.open(in: folders[at].path, schema: Fixture.schema, durability: .none)
    }
}

extension ReplicaStore {
    /// Every cell of every row as SQLite has it, compared with what the policy shows of the row's clock.
    func expectColumnsMatchClocks(_ label: String) throws {
        for state in try allDocuments() where state.kind < EngineRecords.tagMin {
            for (name, record) in state.records {
                let kind = try #require(schema.record(record.kind))
                let row = try #require(try row(name, kind), "\(label)")
                for field in kind.fields {
                    let column = try self.value(row[field.name], field)
                    let expected = Self.expected(record.cell(field.tag), field)
                    #expect(column == expected, "\(label), \(field.name)")
                }
            }
        }
    }

    private static func expected(_ cell: CellState?, _ field: Field) -> Value {
        guard let cell else { return .null }
        guard field.policy == .addWins else { return field.policy.shown(of: cell).sibling.value ?? .null }
        return .text(Text(cell.elements.map { "\($0)" }.joined(separator: "|")))
    }

    private func row(_ name: RecordName, _ kind: RecordKind) throws -> Row? {
        try reading { db in
            let bits = Int64(bitPattern: name.origin.bits)
            guard let origin = try Int64.fetchOne(db, sql: "SELECT n FROM origin WHERE id = ?", arguments: [bits])
            else {
                return nil
            }
            let id = origin << 43 | Int64(name.sequence) << 11 | Int64(name.ordinal)
            // GRDB's texts end at a NUL: bytes do not.
            let columns = kind.fields.map { field in
                Tables.isText(field) ? "CAST(\"\(field.name)\" AS BLOB) AS \"\(field.name)\"" : "\"\(field.name)\""
            }
            return try Row.fetchOne(
                db, sql: "SELECT \(columns.joined(separator: ", ")) FROM \"\(kind.name)\" WHERE id = ?", arguments: [id]
            )
        }
    }

    private func value(_ column: DatabaseValue, _ field: Field) throws -> Value {
        switch (column.storage, field.type) {
        case (.null, _): return .null
        case (.blob(let json), _) where field.policy == .addWins:
            let decoded = try #require(try JSONSerialization.jsonObject(with: json) as? [String])
            return .text(Text(decoded.map { "\(Value.text($0))" }.joined(separator: "|")))
        case (.blob(let data), _) where Tables.isText(field): return .text(String(decoding: data, as: UTF8.self))
        case (.blob(let data), _): return .bytes(Array(data))
        case (.int64(let raw), .reference):
            let bits = try reading { db in
                try Int64.fetchOne(db, sql: "SELECT id FROM origin WHERE n = ?", arguments: [raw >> 43])
            }
            let origin = ReplicaID(UInt64(bitPattern: try #require(bits)))
            return .reference(RecordName(origin, Sequence32(truncatingIfNeeded: raw >> 11), UInt16(raw & 2_047)))
        case (.int64(let number), _): return .integer(number)
        case (.double, _), (.string, _): throw StoreError.damaged(place: field.name, reason: "the column's type")
        }
    }
}

private enum Tables {
    static func isText(_ field: Field) -> Bool {
        switch field.type {
        case .text, .date, .enumeration: true
        default: field.policy == .addWins
        }
    }
}

extension Value: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self = .text(value) }
}
