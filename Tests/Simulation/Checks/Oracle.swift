import ChangeSets
import HybridTime
import Merging

/// The merge once more, naively and without any code of the engine's: from a plain set of change sets, in no order, it
/// says what must be there. A write's sibling is there unless another write to the same cell (for sets: to the same
/// element) has seen it; of fields that keep one value the greatest by (stamp, dot) is left.
struct Oracle {
    struct Entry: Hashable {
        let record: RecordName
        let field: UInt32
        let dot: Dot
        let stamp: Int64
        let value: Value
    }

    private(set) var entries: Set<Entry> = []
    private(set) var records: Set<RecordName> = []
    private(set) var context: [ReplicaID: UInt32] = [:]
    private(set) var greatest: Int64 = 0

    private struct Item {
        let origin: ReplicaID
        let sequence: UInt32
        let stamp: Int64
        let saw: [ReplicaID: UInt32]
        let write: Write
    }

    private struct Cell: Hashable {
        let record: RecordName
        let field: UInt32
    }

    init(_ sets: [ChangeSet]) {
        var cells: [Cell: [Item]] = [:]
        for set in sets {
            context[set.dot.origin] = Swift.max(context[set.dot.origin] ?? 0, set.dot.sequence)
            greatest = Swift.max(greatest, set.stamp.milliseconds)
            var saw: [ReplicaID: UInt32] = [:]
            for entry in (set.seen ?? set.deps).entries { saw[entry.origin] = entry.sequence }
            for change in set.changes {
                records.insert(change.record)
                for write in change.writes {
                    cells[Cell(record: change.record, field: write.field.raw), default: []].append(
                        Item(
                            origin: set.dot.origin, sequence: set.dot.sequence, stamp: set.stamp.milliseconds,
                            saw: saw, write: write))
                }
            }
        }
        for (cell, items) in cells { keep(cell, items) }
    }

    private mutating func keep(_ cell: Cell, _ items: [Item]) {
        var left: [Item] = []
        for item in items where item.write.kind != .remove {
            let isSeen = items.contains { other in
                if other.origin == item.origin && other.sequence == item.sequence { return false }
                if cell.field % 4 == 2 && other.write.value != item.write.value { return false }
                return (other.saw[item.origin] ?? 0) >= item.sequence
            }
            if !isSeen || cell.field % 4 == 0 { left.append(item) }
        }
        if cell.field % 4 == 0 {
            var best = left[0]
            for item in left {
                let isLater = item.stamp > best.stamp
                let isTie = item.stamp == best.stamp
                let isGreater =
                    item.origin.bits > best.origin.bits
                    || item.origin.bits == best.origin.bits && item.sequence > best.sequence
                if isLater || isTie && isGreater { best = item }
            }
            left = [best]
        }
        for item in left {
            entries.insert(
                Entry(
                    record: cell.record, field: cell.field, dot: Dot(item.origin, item.sequence), stamp: item.stamp,
                    value: item.write.value))
        }
    }

    /// Where a state differs from this, in words; nil where it does not.
    func difference(_ state: DocumentState) -> String? {
        var theirs: [ReplicaID: UInt32] = [:]
        for entry in state.context.entries { theirs[entry.origin] = entry.sequence }
        if theirs != context { return "context \(state.context.entries), expected \(context)" }
        if Set(state.records.keys) != records { return "records differ" }
        if state.greatest.milliseconds != greatest { return "greatest stamp \(state.greatest), expected \(greatest)" }
        var found: Set<Entry> = []
        var count = 0
        for (name, record) in state.records {
            for cell in record.cells {
                for sibling in cell.siblings {
                    count += 1
                    found.insert(
                        Entry(
                            record: name, field: cell.tag.raw, dot: sibling.dot,
                            stamp: sibling.stamp.milliseconds, value: sibling.value ?? .null))
                }
            }
        }
        if count != found.count { return "a sibling twice" }
        let lost = entries.subtracting(found)
        let extra = found.subtracting(entries)
        if lost.isEmpty && extra.isEmpty { return nil }
        let first = lost.first ?? extra.first
        return "\(lost.count) siblings lost, \(extra.count) too many, such as \(first.map { "\($0)" } ?? "")"
    }
}
