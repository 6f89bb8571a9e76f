import CZlib

/// Why a compressed body was refused.
public enum InflateFailure: Error, Equatable, Sendable {
    /// The stream is broken, or asks for a dictionary other than the protocol's.
    case malformed
    /// It holds more or fewer bytes than its header declared.
    case sizeMismatch
}

/// Raw deflate streams (RFC 1951) with a preset dictionary. A codec holds its zlib state between calls (about 300 KiB for
/// the pair), so take one from a pool for the time of one segment.
public final class Deflater {
    private var stream = z_stream()
    private let dictionary: [UInt8]

    /// - Parameters:
    ///   - dictionary: at most 32 KiB that both sides know; part of the protocol version.
    ///   - level: zlib's 1 to 9.
    public init(dictionary: [UInt8], level: Int32 = 9) {
        self.dictionary = dictionary
        let status = deflateInit2_(
            &stream, level, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib cannot start a deflate stream: \(status)")
    }

    deinit { deflateEnd(&stream) }

    /// Compresses `parts` one behind the other. A new deflate block, with its own codes, starts after each part, so that
    /// columns of different statistics do not share one; empty parts cost nothing.
    public func compress(_ parts: [ArraySlice<UInt8>]) -> [UInt8] {
        deflateReset(&stream)
        dictionary.withUnsafeBufferPointer { _ = deflateSetDictionary(&stream, $0.baseAddress, UInt32($0.count)) }
        let total = parts.reduce(0) { $0 + $1.count }
        var output = [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(total))) + 64 + 16 * parts.count)
        let written = output.withUnsafeMutableBufferPointer { target in
            stream.next_out = target.baseAddress
            stream.avail_out = UInt32(target.count)
            for (index, part) in parts.enumerated() {
                let isLast = index == parts.count - 1
                part.withUnsafeBufferPointer { source in
                    stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                    stream.avail_in = UInt32(source.count)
                    let status = deflate(&stream, isLast ? Z_FINISH : Z_BLOCK)
                    // An empty part leaves zlib nothing to do, which it calls a buffer error.
                    precondition(
                        isLast ? status == Z_STREAM_END : status == Z_OK || status == Z_BUF_ERROR, "deflate: \(status)")
                }
            }
            if parts.isEmpty { _ = deflate(&stream, Z_FINISH) }
            return target.count - Int(stream.avail_out)
        }
        output.removeLast(output.count - written)
        return output
    }
}

/// The inverse of ``Deflater``.
public final class Inflater {
    private var stream = z_stream()
    private let dictionary: [UInt8]

    public init(dictionary: [UInt8]) {
        self.dictionary = dictionary
        let status = inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib cannot start an inflate stream: \(status)")
    }

    deinit { inflateEnd(&stream) }

    /// Expands a stream that must hold exactly `size` bytes. Never writes more than that, whatever the stream says.
    /// - Parameter size: what the header declared; the caller has checked it against its limit.
    public func expand(_ input: ArraySlice<UInt8>, size: Int) throws(InflateFailure) -> [UInt8] {
        inflateReset(&stream)
        dictionary.withUnsafeBufferPointer { _ = inflateSetDictionary(&stream, $0.baseAddress, UInt32($0.count)) }
        // One byte more than declared shows a stream that holds more.
        var status: Int32 = Z_OK
        var left = 0
        let output = [UInt8](unsafeUninitializedCapacity: size + 1) { target, count in
            input.withUnsafeBufferPointer { source in
                stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.avail_in = UInt32(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = UInt32(size + 1)
                status = inflate(&stream, Z_FINISH)
                left = Int(stream.avail_in)
                count = size + 1 - Int(stream.avail_out)
            }
        }
        guard status == Z_STREAM_END || status == Z_BUF_ERROR else { throw .malformed }
        guard output.count <= size else { throw .sizeMismatch }
        guard status == Z_STREAM_END, left == 0 else { throw .malformed }
        guard output.count == size else { throw .sizeMismatch }
        return output
    }
}
