import ByteCoding
import HybridTime

/// The first bytes of a bundle: a file that carries change sets where there is no line (Protocol/sync.md, "Bundles").
public struct BundleHeader: Hashable, Sendable {
    public let organisation: OrganisationID
    /// The replica that wrote the file; it says nothing of whose change sets are in it.
    public let writer: ReplicaID

    public init(organisation: OrganisationID, writer: ReplicaID) {
        self.organisation = organisation
        self.writer = writer
    }

    /// What every bundle begins with.
    static let magic = Array("assaybun".utf8)
    static let version: UInt8 = 1
    /// Magic, version, organisation and writer.
    public static let bytesCount = 8 + 1 + SyncLimits.organisationBytes + 8
    /// A SHA-256 of all bytes before it ends the file.
    public static let checksumBytes = 32

    public var encoded: [UInt8] {
        var out = ByteWriter()
        out.raw(BundleHeader.magic)
        out.byte(BundleHeader.version)
        out.raw(organisation.bytes)
        out.fixed64(writer.bits)
        return out.bytes
    }

    /// Reads exactly ``bytesCount`` bytes.
    public init(decoding bytes: ArraySlice<UInt8>) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        guard try reader.raw(BundleHeader.magic.count).elementsEqual(BundleHeader.magic) else {
            throw reader.failure(.invalidValue, "no bundle")
        }
        guard try reader.byte() == BundleHeader.version else { throw reader.failure(.unknownVersion, "bundle") }
        guard let organisation = OrganisationID(try reader.raw(SyncLimits.organisationBytes)) else {
            throw reader.failure(.truncated, "organisation")
        }
        let writer = try reader.fixed64()
        guard writer != 0 else { throw reader.failure(.invalidValue, "replica 0") }
        try reader.finish("a bundle's header")
        self.init(organisation: organisation, writer: ReplicaID(writer))
    }
}

/// Reads a bundle as it comes, in pieces of any size, and gives its frames. Total: whatever the bytes, it gives frames that
/// a bundle may hold or throws, and keeps no more than one frame in memory.
public struct BundleReader: Sendable {
    private enum State {
        case header
        case frames
        /// After `bye`: only the checksum may follow.
        case checksum
    }

    private var state = State.header
    private var head: [UInt8] = []
    private var frames = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
    private var hasSegments = false
    public private(set) var header: BundleHeader?

    public init() {}

    /// Whether the last frame has come.
    public var isComplete: Bool { state == .checksum }

    /// Takes bytes that stand before the checksum.
    public mutating func append(_ bytes: some Collection<UInt8>) throws(DecodingFailure) {
        var rest = bytes[...]
        if state == .header {
            let missing = BundleHeader.bytesCount - head.count
            head += rest.prefix(missing)
            rest = rest.dropFirst(missing)
            guard head.count == BundleHeader.bytesCount else { return }
            header = try BundleHeader(decoding: head[...])
            state = .frames
        }
        frames.append(rest)
    }

    /// The next whole frame; nil until more bytes come, and after the last one.
    public mutating func next() throws(DecodingFailure) -> SyncFrame? {
        guard state == .frames else {
            if state == .checksum, frames.isInsideFrame {
                throw DecodingFailure(.trailingBytes, offset: 0, "a bundle goes on after its last frame")
            }
            return nil
        }
        guard let frame = try frames.next() else { return nil }
        switch frame {
        case .offer where !hasSegments: break
        case .segment: hasSegments = true
        case .bye: state = .checksum
        default: throw DecodingFailure(.invalidValue, offset: 0, "a \(frame.name) in a bundle")
        }
        return frame
    }
}
