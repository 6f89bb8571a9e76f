/// Why foreign bytes were refused. The offset is counted from the start of the buffer that was being read.
public struct DecodingFailure: Error, Equatable, Sendable {
    /// A stable code: it appears in logs, in the protocol's error frames and in the vectors.
    public enum Code: String, Sendable {
        case truncated
        case overlongVarint = "overlong-varint"
        case integerOverflow = "integer-overflow"
        case limitExceeded = "limit-exceeded"
        case trailingBytes = "trailing-bytes"
        case invalidText = "invalid-text"
        case invalidValue = "invalid-value"
        case unknownVersion = "unknown-version"
        case inflateFailed = "inflate-failed"
    }

    public let code: Code
    public let offset: Int
    public let what: String

    public init(_ code: Code, offset: Int, _ what: String) {
        self.code = code
        self.offset = offset
        self.what = what
    }
}

extension DecodingFailure: CustomStringConvertible {
    public var description: String { "\(code.rawValue) at byte \(offset): \(what)" }
}
