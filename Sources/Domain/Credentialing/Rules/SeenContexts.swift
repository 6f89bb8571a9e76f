import ByteCoding
import HybridTime
import Merging

/// How far documents had come when somebody decided, as bytes in a record.
///
/// Grammar: contexts = count (name count (fixed64 varint)*)*; name = fixed64 varint varint. Documents ascend.
public struct SeenContexts: Hashable, Sendable {
    /// Decisions concern a handful of documents.
    public static let documentsMax = 1_024
    public static let entriesMax = 1_024

    public private(set) var contexts: [RecordName: Context]

    public init(_ contexts: [RecordName: Context]) { self.contexts = contexts }

    public subscript(document: RecordName) -> Context { contexts[document] ?? .empty }

    public var bytes: [UInt8] {
        var writer = ByteWriter()
        writer.count(contexts.count)
        for (name, context) in contexts.sorted(by: { $0.key < $1.key }) {
            Facts.write(name, &writer)
            writer.count(context.entries.count)
            for entry in context.entries {
                writer.fixed64(entry.origin.bits)
                writer.varint(UInt64(entry.sequence))
            }
        }
        return writer.bytes
    }

    /// - Returns: nil for bytes that are not exactly of the grammar, or past a limit.
    public init?(_ bytes: [UInt8]) {
        guard let contexts = try? SeenContexts.read(bytes) else { return nil }
        self.contexts = contexts
    }

    private static func read(_ bytes: [UInt8]) throws(DecodingFailure) -> [RecordName: Context] {
        var reader = ByteReader(bytes[...])
        var contexts: [RecordName: Context] = [:]
        for _ in 0..<(try reader.count(limit: documentsMax, "documents")) {
            let origin = ReplicaID(try reader.fixed64())
            let sequence = try narrow(&reader)
            let ordinal = UInt16(try reader.count(limit: Int(UInt16.max), "ordinal"))
            var entries: [Context.Entry] = []
            for _ in 0..<(try reader.count(limit: entriesMax, "entries of a context")) {
                let origin = ReplicaID(try reader.fixed64())
                entries.append(Context.Entry(origin, try narrow(&reader)))
            }
            guard let context = Context(entries: entries) else { throw reader.failure(.invalidValue, "context") }
            contexts[RecordName(origin, sequence, ordinal)] = context
        }
        try reader.finish("what a decision saw")
        return contexts
    }

    private static func narrow(_ reader: inout ByteReader) throws(DecodingFailure) -> Sequence32 {
        let value = try reader.varint()
        guard value <= UInt64(Sequence32.max) else { throw reader.failure(.invalidValue, "sequence") }
        return Sequence32(value)
    }
}
