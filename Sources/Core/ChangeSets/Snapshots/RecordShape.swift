import ByteCoding
import HybridTime
import Merging

/// What records of one kind and the same course of life have in common: which of a record's versions each cell shows.
///
/// A **version** is one (dot, stamp) that left something in the record; versions are numbered in ascending (stamp, dot).
struct RecordShape: Hashable {
    struct Entry: Hashable {
        let field: FieldTag
        let version: Int
    }

    let kind: UInt32
    let versions: Int
    /// Ascending by tag; a cell with several siblings, or a set with several elements, has several entries.
    let entries: [Entry]

    /// The versions of a record, and its shape with the siblings in the order of its entries.
    static func of(_ record: RecordState) -> (shape: RecordShape, versions: [Sibling], siblings: [Sibling]) {
        var versions: [Sibling] = []
        for cell in record.cells {
            for sibling in cell.siblings
            where !versions.contains(where: { $0.dot == sibling.dot && $0.stamp == sibling.stamp }) {
                versions.append(sibling)
            }
        }
        versions.sort(by: Sibling.precedes)
        var entries: [Entry] = []
        var siblings: [Sibling] = []
        for cell in record.cells {
            let ordered = cell.isSingle
                ? [cell.first]
                : cell.siblings.sorted { left, right in
                    if left.dot != right.dot || left.stamp != right.stamp { return Sibling.precedes(left, right) }
                    return Value.precedes(left.value ?? .null, right.value ?? .null)
                }
            for sibling in ordered {
                let version = versions.firstIndex { $0.dot == sibling.dot && $0.stamp == sibling.stamp } ?? 0
                entries.append(Entry(field: cell.tag, version: version))
                siblings.append(sibling)
            }
        }
        return (RecordShape(kind: record.kind, versions: versions.count, entries: entries), versions, siblings)
    }

    func write(to out: inout ByteWriter) {
        out.varint(UInt64(kind))
        out.count(versions)
        out.count(entries.count)
        for entry in entries {
            out.varint(UInt64(entry.field.raw))
            out.count(entry.version)
        }
    }

    static func read(_ reader: inout ByteReader) throws(DecodingFailure) -> RecordShape {
        let kind = UInt32(try reader.count(limit: 1 << 20, "a record kind"))
        let versions = try reader.count(limit: ChangeSetLimits.changeSetWritesMax, "versions")
        let count = try reader.count(limit: min(ChangeSetLimits.changeSetWritesMax, reader.remaining), "cells")
        var entries: [Entry] = []
        for _ in 0..<count {
            let field = FieldTag(raw: UInt32(try reader.count(limit: Int(FieldTag.rawMax), "a field tag")))
            if let last = entries.last, field < last.field { throw reader.failure(.invalidValue, "fields out of order") }
            guard versions > 0 else { throw reader.failure(.invalidValue, "a cell without a version") }
            entries.append(Entry(field: field, version: try reader.count(limit: versions - 1, "a version")))
        }
        return RecordShape(kind: kind, versions: versions, entries: entries)
    }
}
