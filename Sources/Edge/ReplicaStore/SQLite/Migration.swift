import GRDB
import Merging

/// Brings a store's tables up to a build's schema: kinds and fields are only ever added.
enum Migration {
    static func addMissing(_ schema: Schema, _ db: Database) throws {
        for kind in schema.records {
            guard try db.tableExists(kind.name) else {
                try db.execute(sql: Tables.recordTable(kind))
                continue
            }
            let present = Set(try db.columns(in: kind.name).map(\.name))
            for field in kind.fields where !present.contains(field.name) {
                try db.execute(
                    sql: "ALTER TABLE \"\(kind.name)\" ADD COLUMN \"\(field.name)\" \(Tables.columnType(field))")
            }
        }
    }
}
