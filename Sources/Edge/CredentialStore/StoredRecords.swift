import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// The domain's view of a store's records, all of one moment.
public struct StoredRecords: RecordReading {
    let reader: RecordReader

    public init(_ reader: RecordReader) { self.reader = reader }

    private func read<Result>(_ body: () throws(StoreError) -> Result) throws(ReadingFailure) -> Result {
        do throws(StoreError) { return try body() } catch { throw ReadingFailure(error.description) }
    }

    func views(
        _ kind: RecordKind, where condition: String, _ arguments: [Value], limit: Int
    ) throws(ReadingFailure) -> [RecordView] {
        try read { () throws(StoreError) in
            try reader.records(kind, where: condition, arguments, limit: limit).map { view($0, kind) }
        }
    }

    private func view(_ record: StoredRecord, _ kind: RecordKind) -> RecordView {
        RecordView(name: record.name, document: record.document, kind: kind, state: record.state)
    }

    public func record(_ name: RecordName, _ kind: RecordKind) throws(ReadingFailure) -> RecordView? {
        try read { () throws(StoreError) in try reader.record(name, kind).map { view($0, kind) } }
    }

    public func records(_ kind: RecordKind, matching matches: [Match]) throws(ReadingFailure) -> [RecordView] {
        try read { () throws(StoreError) in
            try reader.records(kind, matching: matches.map { ($0.field, $0.value) }).map { view($0, kind) }
        }
    }

    public func records(in document: RecordName, _ kind: RecordKind) throws(ReadingFailure) -> [RecordView] {
        try read { () throws(StoreError) in try reader.records(in: document, kind).map { view($0, kind) } }
    }

    public func documentContext(_ name: RecordName) throws(ReadingFailure) -> Context {
        try read { () throws(StoreError) in try reader.context(name) }
    }
}
