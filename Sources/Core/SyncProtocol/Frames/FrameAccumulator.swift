import ByteCoding

/// Cuts a stream of bytes into frames, wherever the network cut it. A length above the limit is refused as soon as it
/// is read, before any of the frame is kept.
public struct FrameAccumulator: Sendable {
    private var bytes: [UInt8] = []
    private var start = 0
    /// What a frame may have now: little before the peer is known, all afterwards.
    public var frameBytesMax: Int

    public init(frameBytesMax: Int = SyncLimits.helloBytesMax) { self.frameBytesMax = frameBytesMax }

    /// Whether part of a frame is waiting for the rest.
    public var isInsideFrame: Bool { start < bytes.count }

    public mutating func append(_ more: some Collection<UInt8>) {
        if start > 0, start >= bytes.count / 2 {
            bytes.removeFirst(start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole frame, or nil until more bytes come. After a failure the stream cannot be read any further.
    public mutating func next() throws(DecodingFailure) -> SyncFrame? {
        var reader = ByteReader(bytes[start...])
        guard let count = try length(&reader) else { return nil }
        guard reader.remaining >= count else { return nil }
        let body = try reader.raw(count)
        start += reader.offset
        let frame = try SyncFrame(decoding: body)
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.count < 65_536)
            start = 0
        }
        return frame
    }

    /// The length before a frame; nil while its own bytes are not all there.
    private func length(_ reader: inout ByteReader) throws(DecodingFailure) -> Int? {
        let count: Int
        do {
            count = try reader.count(limit: frameBytesMax, "frame bytes")
        } catch {
            if error.code == .truncated { return nil }
            throw error
        }
        guard count > 0 else { throw reader.failure(.invalidValue, "an empty frame") }
        return count
    }
}
