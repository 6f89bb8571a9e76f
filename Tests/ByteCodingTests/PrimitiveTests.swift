import ByteCoding
import Testing

@Suite("Primitives")
struct PrimitiveTests {
    private static let edges: [UInt64] = [
        0, 1, 127, 128, 255, 256, 16_383, 16_384, 1 << 32, (1 << 63) - 1, 1 << 63, .max,
    ]

    @Test("Every varint comes back, in as few bytes as its bits need", arguments: edges)
    func varint(value: UInt64) throws {
        var writer = ByteWriter()
        writer.varint(value)
        #expect(writer.count == max(1, (64 - value.leadingZeroBitCount + 6) / 7))
        var reader = ByteReader(writer.bytes)
        #expect(try reader.varint() == value)
        #expect(reader.isAtEnd)
    }

    @Test("Zigzag keeps every signed integer and small magnitudes short", arguments: [0, -1, 1, -64, 63, .min, .max])
    func signed(value: Int64) throws {
        #expect(unzigzag(zigzag(value)) == value)
        var writer = ByteWriter()
        writer.signed(value)
        if (-64...63).contains(value) { #expect(writer.count == 1) }
        var reader = ByteReader(writer.bytes)
        #expect(try reader.signed() == value)
    }

    private func code(_ bytes: [UInt8], _ read: (inout ByteReader) throws(DecodingFailure) -> Void) -> DecodingFailure
        .Code?
    {
        var reader = ByteReader(bytes)
        do throws(DecodingFailure) { try read(&reader) } catch { return error.code }
        return nil
    }

    @Test("A varint that is cut, overlong or too large is refused with its code")
    func badVarints() {
        let ten = [UInt8](repeating: 0xFF, count: 9)
        func varint(_ reader: inout ByteReader) throws(DecodingFailure) { _ = try reader.varint() }
        #expect(code([], varint) == .truncated)
        #expect(code([0x80], varint) == .truncated)
        #expect(code([0x80, 0x00], varint) == .overlongVarint)
        #expect(code([0xFF, 0x80, 0x00], varint) == .overlongVarint)
        #expect(code(ten + [0x01], varint) == nil)
        #expect(code(ten + [0x02], varint) == .integerOverflow)
        #expect(code(ten + [0x81, 0x00], varint) == .integerOverflow)
    }

    @Test("Counts pass at their limit and fail one above; more items than bytes left end early")
    func counts() {
        #expect(code([10]) { reader throws(DecodingFailure) in _ = try reader.count(limit: 10, "x") } == nil)
        #expect(code([11]) { reader throws(DecodingFailure) in _ = try reader.count(limit: 10, "x") } == .limitExceeded)
        let items: (inout ByteReader) throws(DecodingFailure) -> Void = { reader throws(DecodingFailure) in
            _ = try reader.count(limit: 10, bytesEach: 2, "x")
        }
        #expect(code([2, 0, 0, 0, 0], items) == nil)
        #expect(code([2, 0, 0, 0], items) == .truncated)
        #expect(code([11, 0, 0, 0, 0], items) == .limitExceeded)
    }

    @Test("Texts must be UTF-8, within their limit and all there; nothing may follow the end")
    func texts() {
        let text: (inout ByteReader) throws(DecodingFailure) -> Void = { reader throws(DecodingFailure) in
            _ = try reader.text(limit: 4, "x")
        }
        #expect(code([2, 0xC3, 0xA9], text) == nil)
        #expect(code([2, 0xC3, 0x28], text) == .invalidText)
        #expect(code([3, 0xED, 0xA0, 0x80], text) == .invalidText)
        #expect(code([2, 0xC0, 0x80], text) == .invalidText)
        #expect(code([2, 0x41], text) == .truncated)
        #expect(code([5, 1, 1, 1, 1, 1], text) == .limitExceeded)
        #expect(code([0]) { reader throws(DecodingFailure) in try reader.finish("x") } == .trailingBytes)
    }

    @Test("A slice that does not start at zero is read like any other, with offsets from its start")
    func slices() throws {
        let bytes: [UInt8] = [9, 9, 3, 1, 0, 0, 0, 0, 0, 0, 0]
        var reader = ByteReader(bytes[2...])
        #expect(try reader.byte() == 3)
        #expect(reader.offset == 1)
        #expect(try reader.fixed64() == 1)
        #expect(reader.isAtEnd)
    }
}

@Suite("Digests")
struct DigestTests {
    @Test("Thirty-two bytes make a digest and come back; any other number does not")
    func bytes() throws {
        let bytes = [UInt8](0..<32)
        let digest = try #require(Digest256(bytes))
        #expect(digest.bytes == bytes)
        #expect(digest.description == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")
        #expect(Digest256([UInt8](0..<31)) == nil)
        #expect(Digest256([UInt8](0..<33)) == nil)
    }

    @Test("Sums carry through all 256 bits, in any order, and wrap at the end")
    func sums() {
        let one = Digest256(words: (0, 0, 0, 1))
        let most = Digest256(words: (.max, .max, .max, .max))
        #expect(most &+ one == .zero)
        #expect(Digest256(words: (0, 0, .max, .max)) &+ one == Digest256(words: (0, 1, 0, 0)))
        let odd = Digest256(words: (7, .max, 3, .max))
        #expect((odd &+ most) &+ one == odd &+ (one &+ most))
        #expect(odd &+ most == most &+ odd)
        #expect(odd &+ .zero == odd)
    }
}
