import Merging

/// The table `question`: cells that hold several different values and wait for a person.
struct QuestionTable {
    private let insert: Statement
    private let delete: Statement

    init(_ connection: OpaquePointer) throws(StoreError) {
        insert = try Statement(
            connection, "INSERT OR REPLACE INTO question(record, kind, field, document) VALUES (?, ?, ?, ?)")
        delete = try Statement(connection, "DELETE FROM question WHERE record = ?")
    }

    /// - Precondition: the record's siblings have their values.
    func update(_ record: Folder.FoldingRecord) throws(StoreError) {
        delete.bind(1, record.id.raw)
        try delete.run()
        for cell in record.state.cells where !cell.isSingle {
            guard let position = record.table.kind.position(of: cell.tag),
                record.table.kind.fields[position].policy.shown(of: cell).isProvisional
            else { continue }
            insert.bind(1, record.id.raw)
            insert.bind(2, Int64(record.table.kind.tag))
            insert.bind(3, Int64(cell.tag.raw))
            insert.bind(4, record.document.raw)
            try insert.run()
        }
    }
}
