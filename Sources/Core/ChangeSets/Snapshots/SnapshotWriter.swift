import ByteCoding
import HybridTime
import Merging

/// Lays documents' states out in columns.
struct SnapshotWriter {
    private var out = ByteWriter(reserving: 1 << 16)
    private var origins = OriginTable()
    private var cuts: [Int] = []

    private mutating func cut() { if out.count - (cuts.last ?? 0) >= 320 { cuts.append(out.count) } }

    mutating func write(_ documents: [DocumentState]) -> ([UInt8], [ArraySlice<UInt8>]) {
        let names = documents.map(\.name)
        out.count(documents.count)
        IntegerColumn.write(names.map { origins.place(of: $0.origin) }, to: &out)
        IntegerColumn.write(names.map { Int64($0.sequence) }, to: &out)
        IntegerColumn.write(names.map { Int64($0.ordinal) }, to: &out)
        IntegerColumn.write(documents.map { Int64($0.kind) }, to: &out)
        let groups = SnapshotWriter.groups(documents)
        let dots = DotTable(groups.lazy.flatMap(\.members).flatMap(\.versions), &origins)
        dots.write(to: &out)
        cut()
        writeRecords(groups, dots, documents)
        writeContexts(groups, documents)
        // The greatest stamp is told against the greatest one that is still in the state.
        IntegerColumn.write(documents.map(\.greatest.milliseconds), base: documents.map(greatestHeld), to: &out)
        for document in documents {
            out.fixed64(document.salt.high)
            out.fixed64(document.salt.low)
        }
        var head = ByteWriter()
        origins.write(from: 0, to: &head)
        let bytes = head.bytes + out.bytes
        var parts: [ArraySlice<UInt8>] = []
        var start = 0
        for cut in cuts.map({ $0 + head.count }) where bytes.count - cut >= 320 {
            parts.append(bytes[start..<cut])
            start = cut
        }
        parts.append(bytes[start...])
        return (bytes, parts)
    }

    private func greatestHeld(_ document: DocumentState) -> Int64 {
        var greatest: Int64 = 0
        for record in document.records.values {
            for cell in record.cells {
                greatest = max(greatest, cell.first.stamp.milliseconds)
                for other in cell.others { greatest = max(greatest, other.stamp.milliseconds) }
            }
        }
        return greatest
    }

    private struct Member {
        let document: Int
        let name: RecordName
        let versions: [RecordVersion]
        let siblings: [Sibling]
    }

    /// The records of one shape.
    private struct Group {
        let shape: RecordShape
        var members: [Member] = []
    }

    /// Records by their shapes, both in order of first appearance.
    private static func groups(_ documents: [DocumentState]) -> [Group] {
        var groups: [Group] = []
        var places: [RecordShape: Int] = [:]
        for (number, document) in documents.enumerated() {
            for (name, record) in document.records.sorted(by: { $0.key < $1.key }) {
                let (shape, versions, siblings) = RecordShape.of(record)
                let place = places[shape] ?? groups.count
                if place == groups.count {
                    places[shape] = place
                    groups.append(Group(shape: shape))
                }
                groups[place].members.append(
                    Member(document: number, name: name, versions: versions, siblings: siblings))
            }
        }
        return groups
    }

    private mutating func writeRecords(_ groups: [Group], _ dots: DotTable, _ documents: [DocumentState]) {
        out.count(groups.count)
        for group in groups {
            group.shape.write(to: &out)
            out.count(group.members.count)
        }
        cut()
        for group in groups { writeColumns(group.shape, group.members, dots, documents) }
    }

    /// Contexts, where they are not just what the versions of the document's records add up to.
    private mutating func writeContexts(_ groups: [Group], _ documents: [DocumentState]) {
        var implied = [Context](repeating: .empty, count: documents.count)
        for member in groups.flatMap(\.members) {
            for version in member.versions { implied[member.document].include(version.dot) }
        }
        let told = documents.indices.filter { documents[$0].context != implied[$0] }
        out.count(told.count)
        IntegerColumn.write(told.map(Int64.init), to: &out)
        ContextColumn.write(told.map { documents[$0].context }, origins: &origins, to: &out)
        cut()
    }

    private mutating func writeColumns(
        _ shape: RecordShape, _ members: [Member], _ dots: DotTable, _ documents: [DocumentState]
    ) {
        IntegerColumn.write(members.map { Int64($0.document) }, to: &out)
        let bare = members.map { member in
            ValueColumn.Row(
                time: 0, document: documents[member.document].name, own: documents[member.document].name.dot)
        }
        NameColumn.write(zip(members.map(\.name), bare).map { ($0, $1) }, origins: &origins, to: &out)
        for version in 0..<shape.versions {
            IntegerColumn.write(members.map { dots.form(of: $0.versions[version], of: $0.name) }, to: &out)
            cut()
        }
        var earlier: [[Int64]] = []
        for (place, entry) in shape.entries.enumerated() {
            let rows = members.map { member in
                ValueColumn.Row(
                    time: member.versions[entry.version].stamp.milliseconds,
                    document: documents[member.document].name, own: member.name.dot)
            }
            let values = members.map { $0.siblings[place].value ?? .null }
            ValueColumn.write(values, rows: rows, origins: &origins, earlier: &earlier, to: &out)
            cut()
        }
    }
}
