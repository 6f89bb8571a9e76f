import ChangeSets
import HybridTime
import Merging

/// What one origin's change sets have left in the state, as snapshot chunks: how small its work gets without its history.
enum LastValues {
    static func bytes(of origin: ReplicaID, in documents: [DocumentState]) -> Int {
        var left: [DocumentState] = []
        for document in documents {
            var part = DocumentState(
                name: document.name, kind: document.kind, salt: document.salt, context: Context(), greatest: .zero)
            for (name, record) in document.records {
                let cells = record.cells.compactMap { cell in
                    CellState(cell.tag, ordering: cell.siblings.filter { $0.dot.origin == origin })
                }
                guard !cells.isEmpty else { continue }
                part.records[name] = RecordState(kind: record.kind, cells: cells)
                for sibling in cells.flatMap(\.siblings) {
                    part.context.include(sibling.dot)
                    part.greatest = max(part.greatest, sibling.stamp)
                }
            }
            if !part.records.isEmpty { left.append(part) }
        }
        let codec = SnapshotCodec()
        return stride(from: 0, to: left.count, by: SnapshotCodec.documentsMax).reduce(0) { total, start in
            total + codec.encode(Array(left[start..<min(start + SnapshotCodec.documentsMax, left.count)])).count
        }
    }
}
