import ChangeSets
import HybridTime
import Merging

/// Random runs of change sets of one origin, sound but as odd as a segment may hold.
package struct AnyChangeSets {
    private struct Cell {
        let field: FieldTag
        let kind: WriteKind
        let style: Int
    }

    private struct Record {
        let kind: UInt32
        /// Own, the document's, or another record.
        let place: Int
        let ordinal: UInt16
        let cells: [Cell]
    }

    private struct Template {
        let intent: Text
        let documentKind: UInt32
        let creates: Bool
        let records: [Record]
    }

    private var random: SplitMix64
    private let origin: ReplicaID
    private var documents: [RecordName] = []
    private var contexts: [RecordName: Context] = [:]
    private var stamps: [RecordName: Stamp] = [:]
    private var time: Int64
    private var authority = Context.empty
    private let others: [ReplicaID]

    package static let texts = [
        "", "checked_in", "admitted", "Zo\u{EB}", "Zoe\u{308}", "\u{1F469}\u{200D}\u{1F4BB}", "a\u{0}b", "2026-02-28",
        "2026-02-30", "2026-13-01", "0000-01-01", "9999-12-31", "2024-02-29", "2023-02-29", "20-2-00001", "2026-1-001",
    ]

    package init(seed: UInt64) {
        random = SplitMix64(seed)
        origin = ReplicaID(random.next() | 1)
        others = (0..<4).map { [seed] number in ReplicaID(seed &* 977 &+ UInt64(number) + 2) }
        time = 1_700_000_000_000 + Int64(random.below(1_000_000))
        for other in others { documents.append(RecordName(other, UInt32(1 + random.below(50)), 0)) }
        documents.append(RecordName(hash: random.next() | 1, ordinal: UInt16(random.below(3))))
        documents.append(RecordName(others[0], .max, 2_047))
    }

    package mutating func run(count: Int) -> [ChangeSet] {
        let first = random.chance(5) ? UInt32.max - UInt32(count - 1) : UInt32(1 + random.below(5_000))
        let templates = (0..<(1 + random.below(5))).map { number in template(number) }
        return (0..<count).map { index in
            changeSet(random.pick(templates), Dot(origin, first + UInt32(index)), first)
        }
    }

    private mutating func template(_ number: Int) -> Template {
        let records = (0..<random.below(4)).map { place in
            let cells = (0..<random.below(6)).map { _ in
                let field = FieldTag(raw: random.chance(5) ? FieldTag.rawMax : UInt32(random.below(200)))
                let kind: WriteKind = field.mergeClass == .set ? random.pick([.add, .remove]) : .set
                return Cell(field: field, kind: kind, style: random.below(14))
            }
            return Record(
                kind: UInt32(random.below(random.chance(5) ? 1 << 20 : 30)), place: random.below(3),
                ordinal: random.chance(10) ? 2_047 : UInt16(place), cells: cells)
        }
        return Template(
            intent: Text(["check-in", "enter-score", "", "résumé", "correct-name"][number]),
            documentKind: UInt32(random.below(8)), creates: random.chance(25), records: records)
    }

    private mutating func changeSet(_ template: Template, _ dot: Dot, _ first: UInt32) -> ChangeSet {
        advanceTime()
        let document = template.creates ? RecordName(dot, 0) : random.pick(documents)
        if template.creates { documents.append(document) }
        let deps = anyDeps(document, dot)
        var seen: Context?
        if random.chance(8), let entry = deps.entries.first {
            seen = random.chance(30) ? .empty : Context(Dot(entry.origin, max(1, entry.sequence / 2)))
        }
        if random.chance(5) { authority = random.chance(30) ? .empty : Context(Dot(random.pick(others), 7)) }
        var stamp = (stamps[document] ?? .zero).next(wallTime: time)
        if random.chance(8) { stamp = Stamp(Int64(random.next() >> 18)) }
        if random.chance(1) { stamp = random.pick([.zero, .greatest]) }
        if stamp > .greatest { stamp = .greatest }
        stamps[document] = stamp
        var next = deps
        next.include(dot)
        contexts[document] = next
        let back = random.chance(10) ? UInt32(random.below(Int(min(dot.sequence, 1_000)))) : 0
        let changes = template.records.map { record in change(record, document, dot) }
        let salt = template.creates ? Salt(random.next(), random.next()) : nil
        return ChangeSet(
            dot: dot, document: document, documentKind: template.documentKind, salt: salt, group: dot.sequence - back,
            actor: Text(random.pick(["ada", "grace@example.org", "", "Zo\u{EB}", "Zoe\u{308}"])),
            intent: template.intent,
            time: time, stamp: stamp, deps: deps, seen: seen, authority: authority, changes: changes)
    }

    private mutating func advanceTime() {
        switch random.below(100) {
        case 0..<85: time &+= Int64(random.below(60_000))
        case 85..<97: time &-= Int64(random.below(5_000_000))
        default: time = random.pick([.min, .max, 0, -1, 1_700_000_000_000, 1 << 45])
        }
    }

    private mutating func anyDeps(_ document: RecordName, _ dot: Dot) -> Context {
        var deps = contexts[document] ?? (document.isHash || document.dot == dot ? .empty : Context(document.dot))
        if random.chance(15) {
            for _ in 0..<random.below(4) { deps.include(Dot(random.pick(others), UInt32(1 + random.below(3_000)))) }
        }
        if random.chance(3) { deps = .empty }
        // An origin's own later dots cannot be among what it depends on.
        return Context(entries: deps.entries.filter { $0.origin != dot.origin || $0.sequence < dot.sequence }) ?? .empty
    }

    private mutating func change(_ record: Record, _ document: RecordName, _ dot: Dot) -> RecordChange {
        let name: RecordName =
            switch record.place {
            case 0: RecordName(dot, record.ordinal)
            case 1: RecordName(document.origin, document.sequence, record.ordinal)
            default: anyName(document, dot)
            }
        var previous = 0
        let writes = record.cells.map { cell in
            Write(cell.field, value(cell.style, document, dot, &previous), cell.kind)
        }
        return RecordChange(name, kind: record.kind, writes)
    }

    private mutating func anyName(_ document: RecordName, _ dot: Dot) -> RecordName {
        switch random.below(4) {
        case 0: RecordName(dot, UInt16(random.below(5)))
        case 1: RecordName(document.origin, document.sequence, UInt16(random.below(5)))
        case 2: RecordName(hash: random.next() | 1)
        default: RecordName(random.pick(others), random.chance(5) ? .max : UInt32(random.below(90)), 3)
        }
    }

    private mutating func value(_ style: Int, _ document: RecordName, _ dot: Dot, _ previous: inout Int) -> Value {
        switch style {
        case 0: return .integer(7)
        case 1:
            previous = random.below(5)
            return .integer(Int64(previous))
        case 2: return .integer(Int64(previous * 31 + 5))
        case 3: return .integer(time &+ Int64(random.below(3_000)))
        case 4: return .integer(random.pick([.min, .max, 0, -1, 1, 255, 256, 65_535, -65_536]))
        case 5: return .integer(Int64(bitPattern: random.next()) >> Int64(random.below(64)))
        case 6:
            previous = random.below(4)
            return .text(Text(["held", "released", "void", ""][previous]))
        case 7: return .text("unique \(random.below(1_000))")
        case 8: return .text(Text(random.pick(["2026-02-28", "2024-02-29", "0000-01-01", "9999-12-31", "1969-12-31"])))
        case 9: return .text(Text(random.pick(AnyChangeSets.texts)))
        case 10: return .bytes((0..<random.below(20)).map { _ in UInt8(random.below(256)) })
        case 11: return .reference(anyName(document, dot))
        case 12: return .null
        default: return value(random.below(13), document, dot, &previous)
        }
    }

    /// Documents' states as replicas come to hold them: operations of several origins, and branches joined.
    package mutating func states(count: Int) -> [DocumentState] {
        (0..<count).map { number in
            let document =
                number == 1 ? RecordName(hash: random.next() | 1) : RecordName(others[0], UInt32(number + 1), 0)
            var left = DocumentState(
                name: document, kind: UInt32(random.below(9)), salt: Salt(random.next(), random.next()))
            var right = left
            var sequences: [UInt32] = [UInt32](repeating: UInt32(count), count: others.count)
            let templates = (0..<3).map { number in template(number) }
            for _ in 0..<random.below(12) {
                let place = random.below(2)
                let dot = Dot(others[place], sequences[place] + 1)
                sequences[place] += 1
                advanceTime()
                let changes = random.pick(templates).records.map { change($0, document, dot) }
                var state = place == 0 ? left : right
                state.apply(
                    changes, dot: dot, stamp: state.greatest.next(wallTime: time), seen: state.context)
                if place == 0 { left = state } else { right = state }
                if random.chance(20) { if place == 0 { left.join(right) } else { right.join(left) } }
            }
            left.join(right)
            return left
        }
    }
}
