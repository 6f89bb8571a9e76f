/// Where a field stands in the window, counted from the start of its row.
struct FieldSpan {
    /// The content, without the quotes around it.
    var start: Int32
    var end: Int32
    /// Whether the content has doubled quotes, which stand for single ones.
    var hasDoubledQuotes: Bool
}

/// Finds the fields of one row after RFC 4180, eight bytes at a time.
///
/// A quote opens a quoted field only as the first byte of a field; elsewhere it is text, as spreadsheets take it. The
/// scanner only marks places: nothing is copied and the row's own bytes stay whole for the error file.
struct RowScanner: ~Copyable {
    enum Outcome {
        /// The row is complete; its content ends before `end`.
        case row
        /// The window ends inside the row and the source has more.
        case needsMore
        /// The source ends inside quotes.
        case unterminatedQuote
    }

    let spans: UnsafeMutablePointer<FieldSpan>
    /// The fields seen; only the first `CSVLimits.columnsMax` have a span.
    private(set) var count = 0
    /// The row's first byte, its end without the line end, and the first byte after its line end, in the window.
    private(set) var start = 0
    private(set) var end = 0
    private(set) var next = 0
    private(set) var hasQuotedField = false
    private(set) var hasTextAfterQuote = false
    /// Set bits outside ASCII seen in or shortly after the row; zero proves that the row is ASCII.
    private(set) var highBits: UInt64 = 0
    /// Whether the last scan that needed more stopped inside quotes.
    private(set) var stoppedInQuotes = false

    init() {
        spans = .allocate(capacity: CSVLimits.columnsMax)
        spans.initialize(
            repeating: FieldSpan(start: 0, end: 0, hasDoubledQuotes: false), count: CSVLimits.columnsMax)
    }

    deinit { spans.deallocate() }

    /// Scans the row that begins at `from`. `isLast` says that the window ends where the source ends.
    mutating func scan(_ window: ByteWindow, from: Int, delimiter: UInt8) -> Outcome {
        let base = UnsafePointer(window.base)
        let limit = window.end
        let isLast = window.isAtSourceEnd
        let delimiters = repeated(delimiter)
        start = from
        count = 0
        highBits = 0
        hasQuotedField = false
        hasTextAfterQuote = false
        stoppedInQuotes = false
        var field = from
        var position = from
        nextField: while true {
            if position < limit, base[position] == Byte.quote {
                hasQuotedField = true
                let content = position + 1
                guard let close = closingQuote(base, from: content, limit: limit, isLast: isLast) else {
                    stoppedInQuotes = true
                    end = limit
                    next = limit
                    return isLast ? .unterminatedQuote : .needsMore
                }
                store(content, close.position, hasDoubledQuotes: close.hasDoubled)
                position = close.position + 1
                if position == limit { return finish(limit, next: limit) }
                let byte = base[position]
                if byte == delimiter {
                    position += 1
                    field = position
                    continue nextField
                }
                if byte == Byte.lineFeed || byte == Byte.carriageReturn {
                    return endLine(base, at: position, limit: limit, isLast: isLast)
                }
                hasTextAfterQuote = true
                field = position
            }
            while position < limit {
                let word = load(base, position)
                highBits |= word
                var matches =
                    zeroBytes(word ^ delimiters) | zeroBytes(word ^ lineFeeds) | zeroBytes(word ^ carriageReturns)
                while matches != 0 {
                    let found = position + matches.trailingZeroBitCount >> 3
                    store(field, found, hasDoubledQuotes: false)
                    if base[found] != delimiter {
                        return endLine(base, at: found, limit: limit, isLast: isLast)
                    }
                    field = found + 1
                    if base[field] == Byte.quote {
                        position = field
                        continue nextField
                    }
                    matches &= matches &- 1
                }
                position += 8
            }
            guard isLast else { return .needsMore }
            store(field, limit, hasDoubledQuotes: false)
            return finish(limit, next: limit)
        }
    }

    /// The quote that closes a field, skipping doubled ones; nil where the window ends first.
    private mutating func closingQuote(
        _ base: UnsafePointer<UInt8>, from: Int, limit: Int, isLast: Bool
    ) -> (position: Int, hasDoubled: Bool)? {
        var hasDoubled = false
        var position = from
        scan: while position < limit {
            let word = load(base, position)
            highBits |= word
            let matches = zeroBytes(word ^ quotes)
            if matches == 0 {
                position += 8
                continue scan
            }
            let found = position + matches.trailingZeroBitCount >> 3
            if found + 1 == limit { return isLast ? (found, hasDoubled) : nil }
            guard base[found + 1] == Byte.quote else { return (found, hasDoubled) }
            hasDoubled = true
            position = found + 2
        }
        return nil
    }

    @inline(__always)
    private mutating func store(_ from: Int, _ to: Int, hasDoubledQuotes: Bool) {
        if count < CSVLimits.columnsMax {
            spans[count] = FieldSpan(
                start: Int32(truncatingIfNeeded: from - start), end: Int32(truncatingIfNeeded: to - start),
                hasDoubledQuotes: hasDoubledQuotes)
        }
        count += 1
    }

    @inline(__always)
    private mutating func finish(_ end: Int, next: Int) -> Outcome {
        self.end = end
        self.next = next
        return .row
    }

    @inline(__always)
    private mutating func endLine(_ base: UnsafePointer<UInt8>, at place: Int, limit: Int, isLast: Bool) -> Outcome {
        if base[place] == Byte.lineFeed { return finish(place, next: place + 1) }
        if place + 1 == limit { return isLast ? finish(place, next: limit) : .needsMore }
        return finish(place, next: base[place + 1] == Byte.lineFeed ? place + 2 : place + 1)
    }
}

enum Byte {
    static let quote: UInt8 = 0x22
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let hash: UInt8 = 0x23
}

private var lineFeeds: UInt64 { @inline(__always) get { repeated(Byte.lineFeed) } }
private var carriageReturns: UInt64 { @inline(__always) get { repeated(Byte.carriageReturn) } }
private var quotes: UInt64 { @inline(__always) get { repeated(Byte.quote) } }

@inline(__always)
private func repeated(_ byte: UInt8) -> UInt64 { UInt64(byte) &* 0x0101_0101_0101_0101 }

/// Eight bytes, the first in the lowest place on every machine.
@inline(__always)
private func load(_ base: UnsafePointer<UInt8>, _ position: Int) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(base + position).loadUnaligned(as: UInt64.self))
}

/// The high bit of exactly the bytes that are zero (no carry leaves its byte).
@inline(__always)
private func zeroBytes(_ word: UInt64) -> UInt64 {
    let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
    return ~(((word & low) &+ low) | word | low)
}

extension RowScanner {
    /// Whether a field is longer than the limit; asked only of rows that are.
    var hasLongField: Bool {
        (0..<min(count, CSVLimits.columnsMax)).contains {
            Int(spans[$0].end - spans[$0].start) > CSVLimits.fieldBytesMax
        }
    }
}
