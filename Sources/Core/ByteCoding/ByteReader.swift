/// Reads primitives from foreign bytes. It is total: every length is checked before anything is taken or allocated,
/// only minimal varints are accepted, and every failure is a ``DecodingFailure``.
public struct ByteReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// How many bytes were read.
    public var offset: Int { position - bytes.startIndex }
    public var remaining: Int { bytes.endIndex - position }
    public var isAtEnd: Bool { position == bytes.endIndex }

    public func failure(_ code: DecodingFailure.Code, _ what: String) -> DecodingFailure {
        DecodingFailure(code, offset: offset, what)
    }

    public mutating func byte() throws(DecodingFailure) -> UInt8 {
        guard position < bytes.endIndex else { throw failure(.truncated, "a byte") }
        defer { position += 1 }
        return bytes[position]
    }

    public mutating func varint() throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let next = try byte()
            if shift == 63, next > 1 { throw failure(.integerOverflow, "a varint of more than 64 bits") }
            value |= UInt64(next & 0x7F) << shift
            if next < 0x80 {
                if next == 0, shift > 0 { throw failure(.overlongVarint, "a varint with a needless last byte") }
                return value
            }
            shift += 7
        }
    }

    public mutating func signed() throws(DecodingFailure) -> Int64 { unzigzag(try varint()) }

    /// A count or a length that may not pass a named limit.
    public mutating func count(limit: Int, _ what: String) throws(DecodingFailure) -> Int {
        let value = try varint()
        guard value <= UInt64(limit) else { throw failure(.limitExceeded, "\(what): \(value), limit \(limit)") }
        return Int(value)
    }

    /// A count of items of at least `bytesEach` bytes each: more than what is left could hold ends early.
    public mutating func count(limit: Int, bytesEach: Int, _ what: String) throws(DecodingFailure) -> Int {
        let value = try count(limit: limit, what)
        guard value <= remaining / bytesEach else { throw failure(.truncated, "\(value) of \(what)") }
        return value
    }

    public mutating func fixed64() throws(DecodingFailure) -> UInt64 {
        var value: UInt64 = 0
        for (index, byte) in try raw(8).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
        return value
    }

    /// The next `count` bytes, as a slice of the buffer.
    public mutating func raw(_ count: Int) throws(DecodingFailure) -> ArraySlice<UInt8> {
        guard count >= 0, count <= remaining else { throw failure(.truncated, "\(count) bytes") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A length within the limit, then that many bytes.
    public mutating func block(limit: Int, _ what: String) throws(DecodingFailure) -> ArraySlice<UInt8> {
        try raw(try count(limit: limit, what))
    }

    /// A length within the limit, then well-formed UTF-8.
    public mutating func text(limit: Int, _ what: String) throws(DecodingFailure) -> String {
        let utf8 = try block(limit: limit, what)
        guard let text = String(validating: utf8, as: UTF8.self) else { throw failure(.invalidText, what) }
        return text
    }

    /// Refuses whatever is left.
    public func finish(_ what: String) throws(DecodingFailure) {
        guard isAtEnd else { throw failure(.trailingBytes, "\(remaining) bytes after \(what)") }
    }
}
