import ChangeSets
import HybridTime
import Merging

/// The merge once more, naively and without any code of the engine's: a write's sibling is there unless another write to
/// the same cell (for sets: to the same element) has seen it; of `latest` fields only the greatest is kept.
struct Oracle {
    struct Cell: Hashable {
        let document: RecordName
        let record: RecordName
        let field: UInt32
    }

    struct Entry: Hashable {
        let dot: Dot
        let stamp: Int64
        let value: Value
    }

    private(set) var cells: [Cell: Set<Entry>] = [:]
    private(set) var contexts: [RecordName: [ReplicaID: UInt32]] = [:]
    private(set) var records: Set<RecordName> = []

    init(_ sets: [ChangeSet]) {
        struct Item {
            let set: ChangeSet
            let write: Write
        }
        var items: [Cell: [Item]] = [:]
        for set in sets {
            contexts[set.document, default: [:]][set.dot.origin] = max(
                contexts[set.document]?[set.dot.origin] ?? 0, set.dot.sequence)
            for change in set.changes {
                records.insert(change.record)
                for write in change.writes {
                    items[Cell(document: set.document, record: change.record, field: write.field.raw), default: []]
                        .append(Item(set: set, write: write))
                }
            }
        }
        for (cell, all) in items {
            let isSet = cell.field % 4 == 2
            var kept = all.filter { one in
                one.write.kind != .remove
                    && !all.contains { other in
                        other.set.dot != one.set.dot && (!isSet || other.write.value == one.write.value)
                            && Oracle.saw(other.set, one.set.dot)
                    }
            }
            if cell.field % 4 == 0 {
                let greatest = kept.max { left, right in
                    let (a, b) = (left.set, right.set)
                    return (a.stamp.milliseconds, a.dot.origin.bits, a.dot.sequence)
                        < (b.stamp.milliseconds, b.dot.origin.bits, b.dot.sequence)
                }
                kept = greatest.map { [$0] } ?? []
            }
            let entries = Set(
                kept.map { Entry(dot: $0.set.dot, stamp: $0.set.stamp.milliseconds, value: $0.write.value) })
            if !entries.isEmpty { cells[cell] = entries }
        }
    }

    private static func saw(_ set: ChangeSet, _ dot: Dot) -> Bool {
        (set.seen ?? set.follows).entries.contains { $0.origin == dot.origin && $0.sequence >= dot.sequence }
    }
}
