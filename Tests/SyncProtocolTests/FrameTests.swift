import ByteCoding
import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

@Suite("Frames")
struct FrameTests {
    /// What a byte string means: frames, then a failure or the wait for more.
    private func read(_ bytes: [UInt8], limit: Int = SyncLimits.frameBytesMax) -> ([SyncFrame], DecodingFailure?) {
        var accumulator = FrameAccumulator(frameBytesMax: limit)
        accumulator.append(bytes)
        var frames: [SyncFrame] = []
        do {
            while let frame = try accumulator.next() { frames.append(frame) }
        } catch { return (frames, error) }
        return (frames, nil)
    }

    @Test("Every frame comes back as it was sent, also one byte at a time")
    func roundTrip() throws {
        for (name, frame) in Samples.frames {
            #expect(read(frame.encoded).0 == [frame], "\(name)")
        }
        var accumulator = FrameAccumulator()
        var frames: [SyncFrame] = []
        for byte in Samples.frames.flatMap(\.frame.encoded) {
            accumulator.append([byte])
            while let frame = try accumulator.next() { frames.append(frame) }
        }
        #expect(frames == Samples.frames.map(\.frame))
        #expect(!accumulator.isInsideFrame)
    }

    @Test("The samples hold every type of frame")
    func coverage() {
        let types = Set(Samples.frames.map(\.frame.typeByte))
        #expect((1...17).allSatisfy(types.contains))
    }

    @Test("Every truncation of a frame waits, and every shortened body is refused with a reason")
    func truncations() {
        for (name, frame) in Samples.frames {
            let bytes = frame.encoded
            for count in 0..<bytes.count {
                let (frames, failure) = read(Array(bytes.prefix(count)))
                #expect(frames.isEmpty && failure == nil, "\(name) cut at \(count)")
            }
            var reader = ByteReader(bytes)
            guard (try? reader.varint()) != nil else { continue }
            let body = bytes[reader.offset...]
            for count in 0..<body.count {
                do {
                    let short = try SyncFrame(decoding: body.prefix(count))
                    // Opaque bytes run to the end of their frame.
                    #expect([5, 8, 11, 35, 36, 37].contains(short.typeByte), "\(name) shortened to \(count)")
                } catch { #expect(!error.what.isEmpty) }
            }
        }
    }

    @Test("Every flipped bit decodes or is refused, and what decodes encodes to the same bytes")
    func bitFlips() {
        for (name, frame) in Samples.frames {
            let bytes = frame.encoded
            for bit in 0..<bytes.count * 8 {
                var damaged = bytes
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                let (frames, _) = read(damaged)
                for frame in frames {
                    #expect(read(frame.encoded).0 == [frame], "\(name), bit \(bit)")
                }
                if frames.count == 1, frames[0].typeByte < 32, frames[0].encoded.count == damaged.count {
                    #expect(frames[0].encoded == damaged, "\(name), bit \(bit): two byte strings for one frame")
                }
            }
        }
    }

    @Test("Two hundred thousand random byte strings neither trap nor come out as anything they do not encode")
    func randomBytes() {
        var random = SeededRandom(20_261_123)
        for _ in 0..<200_000 {
            let count = Int.random(in: 1...48, using: &random)
            var body = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Small numbers and a true type take a mutant further than noise.
            body[0] = UInt8.random(in: 0...40, using: &random)
            for index in body.indices.dropFirst() where Bool.random(using: &random) { body[index] &= 3 }
            guard let frame = try? SyncFrame(decoding: body[...]), frame.typeByte < 32 else { continue }
            #expect(Array(frame.encoded.suffix(body.count)) == body)
        }
    }

    @Test("A length above the limit is refused before its frame is read")
    func lengthLimit() {
        var writer = ByteWriter()
        writer.count(SyncLimits.frameBytesMax + 1)
        #expect(read(writer.bytes).1?.code == .limitExceeded)
        var small = ByteWriter()
        small.count(SyncLimits.helloBytesMax + 1)
        #expect(read(small.bytes, limit: SyncLimits.helloBytesMax).1?.code == .limitExceeded)
        #expect(read(small.bytes).1 == nil)
    }

    @Test("A full segment fits into a frame, and one byte more does not")
    func greatestSegment() {
        let bytes = Array(repeating: UInt8(3), count: SyncLimits.segmentBytesMax)
        let frame = SyncFrame.feed(
            scope: Samples.scope(String(repeating: "s", count: SyncLimits.scopeBytesMax)), position: .max,
            payload: SegmentPayload(origin: ReplicaID(1), first: 1, last: .max, bytes: bytes))
        #expect(read(frame.encoded).0 == [frame])
        var body = ByteWriter()
        body.byte(5)
        body.fixed64(1)
        body.varint(1)
        body.varint(0)
        body.raw(bytes)
        body.byte(0)
        #expect(throws: DecodingFailure.self) { try SyncFrame(decoding: body.bytes[...]) }
    }

    @Test("Texts that are too long are cut at a character, not refused")
    func clipping() {
        let error = SyncError(.hubBusy, subject: "", String(repeating: "é", count: 400))
        #expect(error.message.utf8.count == 512)
        #expect(read(SyncFrame.error(error).encoded).0 == [.error(error)])
    }
}
