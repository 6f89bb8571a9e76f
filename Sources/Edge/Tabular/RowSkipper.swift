/// Passes over a row that is too long to hold, byte by byte, to find where the next one begins.
struct RowSkipper {
    private enum State {
        case atFieldStart
        case unquoted
        case quoted
        /// Behind a quote inside quotes, which closes the field unless another one follows.
        case afterQuote
    }

    private let delimiter: UInt8
    private var state = State.atFieldStart
    /// The line breaks inside quotes that were passed.
    private(set) var lineBreaks = 0

    init(delimiter: UInt8) { self.delimiter = delimiter }

    /// The place behind the row's line end, or nil where the window ends first. Of a window that ends before its source
    /// the last byte is left for the next call, which begins with it.
    mutating func skip(_ window: ByteWindow, from: Int) -> Int? {
        let stop = window.isAtSourceEnd ? window.end : window.end - 1
        let bytes = window.bytes(0, window.end)
        for position in from..<max(from, stop) {
            let byte = bytes[position]
            let isBreak = byte == Byte.lineFeed || byte == Byte.carriageReturn
            let pairs = byte == Byte.carriageReturn && position + 1 < window.end && bytes[position + 1] == Byte.lineFeed
            if isBreak && state != .quoted { return position + (pairs ? 2 : 1) }
            switch state {
            case .atFieldStart where byte == Byte.quote: state = .quoted
            case .quoted where byte == Byte.quote: state = .afterQuote
            case .quoted: if isBreak && !pairs { lineBreaks += 1 }
            case .afterQuote where byte == Byte.quote: state = .quoted
            default: state = byte == delimiter ? .atFieldStart : .unquoted
            }
        }
        return nil
    }
}
