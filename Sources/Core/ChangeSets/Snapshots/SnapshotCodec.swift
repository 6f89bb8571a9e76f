import ByteCoding
import Deflating
import HybridTime
import Merging

/// Turns the states of documents into bytes and back (Protocol, "Snapshot chunk"): columns by the shape of the records.
/// A chunk is decodable alone, so that a bootstrap resumes at any of them.
public final class SnapshotCodec {
    private static let version: UInt8 = 1
    private let deflater = Deflater(dictionary: PresetDictionary.bytes, level: 6)
    private let inflater = Inflater(dictionary: PresetDictionary.bytes)

    public init() {}

    /// Documents in one chunk; a sender puts in fewer where they are large.
    public static let documentsMax = 1_024
    /// Records, versions and siblings in one chunk together.
    public static let itemsMax = 1 << 19
    /// A chunk's body after inflation.
    public static let decodedBytesMax = 8 << 20
    /// The bytes of all texts and byte strings together: repeated ones could else stand for any number.
    public static let contentBytesMax = 64 << 20

    public func encode(_ documents: [DocumentState]) -> [UInt8] {
        var writer = SnapshotWriter()
        let (bytes, parts) = writer.write(documents)
        var out = ByteWriter(reserving: bytes.count / 2 + 16)
        out.byte(SnapshotCodec.version)
        out.count(bytes.count)
        out.raw(deflater.compress(parts))
        return out.bytes
    }

    /// Total: a typed failure or documents whose records and contexts are well-formed.
    public func decode(_ bytes: ArraySlice<UInt8>) throws(DecodingFailure) -> [DocumentState] {
        var reader = ByteReader(bytes)
        guard try reader.byte() == SnapshotCodec.version else { throw reader.failure(.unknownVersion, "snapshot") }
        let size = try reader.count(limit: SnapshotCodec.decodedBytesMax, "a snapshot's decoded size")
        let packed = try reader.raw(reader.remaining)
        let body: [UInt8]
        do { body = try inflater.expand(packed, size: size) } catch {
            throw reader.failure(.inflateFailed, error == .sizeMismatch ? "not the declared size" : "a broken stream")
        }
        return try SnapshotCodec.decode(inflated: body)
    }

    /// What stands behind a header, already inflated.
    package static func decode(inflated body: [UInt8]) throws(DecodingFailure) -> [DocumentState] {
        var snapshot = SnapshotReader(body)
        return try snapshot.read()
    }
}
