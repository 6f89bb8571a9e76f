import ByteCoding
import SyncProtocol
import WireSamples

extension FuzzTarget {
    /// The input is a frame's type and body; the length before them is made right.
    static let frame = FuzzTarget("frame", seeds: frameBodies) { input in
        guard let frame = try? SyncFrame(decoding: input[...]) else { return .refused }
        try BrokenLaw.check(frame.encoded == framed(input), "a frame of type \(input[0]) has two byte strings")
        try BrokenLaw.check(frame.typeByte == input[0], "a frame of another type than its byte")
        return .accepted
    }

    /// The input is a stream of frames, cut where its first bytes say.
    static let stream = FuzzTarget("stream", seeds: streams) { input in
        var parts = FuzzInput(input)
        let limit = parts.byte() & 1 == 0 ? SyncLimits.helloBytesMax : SyncLimits.frameBytesMax
        let piece = 1 + Int(parts.byte())
        let bytes = parts.rest()
        let (frames, failure, used) = read(bytes, limit: limit, piece: piece)
        let whole = read(bytes, limit: limit, piece: max(1, bytes.count))
        try BrokenLaw.check(
            frames == whole.frames && failure == whole.failure, "frames that depend on how they are cut")
        var again: [UInt8] = []
        for frame in frames {
            again += frame.encoded
        }
        try BrokenLaw.check(again.elementsEqual(bytes.prefix(used)), "a stream of frames has two byte strings")
        return frames.isEmpty ? .refused : .accepted
    }

    private static func read(
        _ bytes: [UInt8], limit: Int, piece: Int
    ) -> (frames: [SyncFrame], failure: DecodingFailure.Code?, used: Int) {
        var accumulator = FrameAccumulator(frameBytesMax: limit)
        var frames: [SyncFrame] = []
        var used = 0
        do throws(DecodingFailure) {
            for start in stride(from: 0, to: bytes.count, by: piece) {
                accumulator.append(bytes[start..<min(bytes.count, start + piece)])
                while let frame = try accumulator.next() {
                    frames.append(frame)
                    used += frame.encoded.count
                }
            }
        } catch { return (frames, error.code, used) }
        return (frames, nil, used)
    }

    private static func framed(_ body: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.block(body)
        return writer.bytes
    }

    /// Type and body of every vector that has a whole frame.
    @Sendable private static func frameBodies() throws -> [[UInt8]] {
        let all = try Vectors.valid(.frames).map(\.hex) + Vectors.invalid(.frames).map(\.hex)
        return all.map(Hex.bytes).compactMap { bytes in
            var reader = ByteReader(bytes)
            guard let body = try? reader.block(limit: SyncLimits.frameBytesMax, "frame") else { return nil }
            return Array(body)
        }
    }

    @Sendable private static func streams() throws -> [[UInt8]] {
        let all = try Vectors.valid(.frames).map { Hex.bytes($0.hex) }
        // Each behind a ping, so that a stream that breaks has something before it.
        let ping = SyncFrame.ping(7).encoded
        let refused = try Vectors.invalid(.frames).map { [0, 200] + ping + Hex.bytes($0.hex) }
        return refused + [[1, 6] + all.flatMap { $0 }, [0, 0] + all.prefix(4).flatMap { $0 }]
    }
}
