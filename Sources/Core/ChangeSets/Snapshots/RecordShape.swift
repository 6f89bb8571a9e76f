import ByteCoding
import HybridTime
import Merging

/// One (dot, stamp) that left something in a record.
struct RecordVersion: Hashable, Comparable {
    let dot: Dot
    let stamp: Stamp

    init(_ dot: Dot, _ stamp: Stamp) {
        self.dot = dot
        self.stamp = stamp
    }

    init(_ sibling: Sibling) { self.init(sibling.dot, sibling.stamp) }

    static func < (left: Self, right: Self) -> Bool {
        left.stamp != right.stamp ? left.stamp < right.stamp : left.dot < right.dot
    }
}

/// What records of one kind and the same course of life have in common: which of a record's versions each cell shows.
///
/// Versions are numbered in ascending (stamp, dot).
struct RecordShape: Hashable {
    struct Entry: Hashable {
        let field: FieldTag
        let version: Int

        /// Whether `next` may follow: a field of class one has one sibling, a set may have several elements of one
        /// version, every other field one sibling a version.
        func precedes(_ next: Entry) -> Bool {
            guard field == next.field else { return field < next.field }
            return switch field.mergeClass {
            case .one: false
            case .many, .append: version < next.version
            case .set: version <= next.version
            }
        }
    }

    let kind: UInt32
    let versions: Int
    /// Ascending by tag; a cell with several siblings, or a set with several elements, has several entries.
    let entries: [Entry]

    /// The versions of a record, and its shape with the siblings in the order of its entries.
    static func of(_ record: RecordState) -> (shape: RecordShape, versions: [RecordVersion], siblings: [Sibling]) {
        var versions: [RecordVersion] = []
        // Most siblings share their version with the one before: the search begins at the end.
        func note(_ sibling: Sibling) {
            let version = RecordVersion(sibling)
            if versions.lastIndex(of: version) == nil { versions.append(version) }
        }
        for cell in record.cells {
            note(cell.first)
            for other in cell.others { note(other) }
        }
        versions.sort()
        var entries: [Entry] = []
        var siblings: [Sibling] = []
        entries.reserveCapacity(record.cells.count)
        siblings.reserveCapacity(record.cells.count)
        func add(_ sibling: Sibling, _ field: FieldTag) {
            entries.append(Entry(field: field, version: versions.lastIndex(of: RecordVersion(sibling)) ?? 0))
            siblings.append(sibling)
        }
        for cell in record.cells {
            if cell.isSingle {
                add(cell.first, cell.tag)
            } else {
                for sibling in cell.siblings.sorted(by: Sibling.isOrdered) { add(sibling, cell.tag) }
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
        let kind = UInt32(try reader.count(limit: ChangeSetLimits.kindMax, "a record kind"))
        let versions = try reader.count(limit: ChangeSetLimits.changeSetWritesMax, "versions")
        let count = try reader.count(limit: ChangeSetLimits.changeSetWritesMax, bytesEach: 2, "cells")
        guard versions <= count else { throw reader.failure(.invalidValue, "a version that left nothing") }
        var entries: [Entry] = []
        for _ in 0..<count {
            let field = FieldTag(raw: UInt32(try reader.count(limit: Int(FieldTag.rawMax), "a field tag")))
            let version = try reader.varint()
            guard version < UInt64(versions) else { throw reader.failure(.invalidValue, "a version's number") }
            let entry = Entry(field: field, version: Int(version))
            if let last = entries.last, !last.precedes(entry) {
                throw reader.failure(.invalidValue, "cells out of order")
            }
            entries.append(entry)
        }
        return RecordShape(kind: kind, versions: versions, entries: entries)
    }
}
