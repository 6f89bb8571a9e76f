import SampleData
import Tabular
import Testing

/// A second reader, byte by byte and without any care for speed, that the fast one has to agree with.
private struct Oracle {
    enum Line: Equatable {
        case fields([[UInt8]], line: Int)
        case textAfterQuote(line: Int)
        case unterminatedQuote(line: Int)

        var line: Int {
            switch self {
            case .fields(_, line: let line), .textAfterQuote(line: let line), .unterminatedQuote(line: let line): line
            }
        }
    }

    private enum State {
        case start, plain, quoted, closed
    }

    private(set) var lines: [Line] = []
    private var fields: [[UInt8]] = []
    private var field: [UInt8] = []
    private var state = State.start
    private var isSpoiled = false
    private var isBlank = true
    private var line = 1
    private var firstLine = 1

    init(_ bytes: [UInt8], delimiter: UInt8) {
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            let pairs = byte == 0x0D && index + 1 < bytes.count && bytes[index + 1] == 0x0A
            let isBreak = byte == 0x0A || byte == 0x0D
            if isBreak && state != .quoted {
                endRow()
                index += pairs ? 2 : 1
                line += 1
                firstLine = line
                continue
            }
            if isBreak && !pairs { line += 1 }
            isBlank = false
            switch (state, byte) {
            case (.quoted, 0x22): state = .closed
            case (.quoted, _): field.append(byte)
            case (.closed, 0x22):
                field.append(byte)
                state = .quoted
            case (_, delimiter): endField()
            case (.start, 0x22): state = .quoted
            case (.closed, _):
                isSpoiled = true
                state = .plain
            default:
                field.append(byte)
                state = .plain
            }
            index += 1
        }
        if state == .quoted {
            lines.append(.unterminatedQuote(line: firstLine))
        } else {
            endRow()
        }
    }

    private mutating func endField() {
        fields.append(field)
        field = []
        state = .start
    }

    private mutating func endRow() {
        if !isBlank {
            endField()
            lines.append(isSpoiled ? .textAfterQuote(line: firstLine) : .fields(fields, line: firstLine))
        }
        fields = []
        field = []
        state = .start
        isSpoiled = false
        isBlank = true
    }
}

@Suite("The scanner beside a slow one")
struct ScannerOracleTests {
    /// Text of at most so many bytes in which quotes, delimiters and line ends are common.
    private func text(_ random: inout some RandomNumberGenerator, count: Int) -> [UInt8] {
        let alphabet = Array(",,;\"\"\"\r\n\r\nab ".utf8)
        return (0..<count).map { _ in alphabet.randomElement(using: &random) ?? 0x61 }
    }

    private func check(_ body: [UInt8], columns: Int, chunkBytes: Int, rowBytesMax: Int = 1_000) throws {
        let header = Array((0..<columns).map { "c\($0)" }.joined(separator: ",").utf8) + [0x0A]
        let expected = Oracle(header + body, delimiter: 0x2C).lines.dropFirst()
        let reader = try CSVReader(
            bytes: header + body, options: CSVOptions(delimiter: .comma), chunkBytes: chunkBytes,
            rowBytesMax: rowBytesMax)
        var found: [Oracle.Line] = []
        var wanted: [Oracle.Line] = []
        for line in expected {
            // Ragged rows and broken characters are other tests' matter.
            if case .fields(let fields, line: _) = line, fields.count != columns { continue }
            wanted.append(line)
        }
        while let step = try reader.next() {
            switch step {
            case .row(let row):
                found.append(.fields((0..<row.count).map { Array(row[$0].utf8) }, line: row.line))
            case .failure(let failure) where failure.code == .textAfterQuote:
                found.append(.textAfterQuote(line: failure.line))
            case .failure(let failure) where failure.code == .unterminatedQuote:
                found.append(.unterminatedQuote(line: failure.line))
            case .failure(let failure): #expect(failure.code == .ragged)
            }
        }
        #expect(found == wanted, "\(String(decoding: body.suffix(200), as: UTF8.self).debugDescription)")
    }

    @Test("Both find the same fields and lines in any text, through windows of any size", arguments: 1...3)
    func anyText(columns: Int) throws {
        var random = SplitMix64(seed: UInt64(columns))
        for _ in 0..<4_000 {
            let body = text(&random, count: Int.random(in: 0..<60, using: &random))
            try check(body, columns: columns, chunkBytes: Int.random(in: 2..<80, using: &random))
        }
    }

    @Test("A row that is too long ends where the slow reader ends it, wherever the window's edges fall")
    func longRows() throws {
        var random = SplitMix64(seed: 5)
        let options = CSVOptions(delimiter: .comma)
        var skipped = 0
        for _ in 0..<4_000 {
            let bytes = Array("a,b\n".utf8) + text(&random, count: 200)
            let wanted = Oracle(bytes, delimiter: 0x2C).lines.dropFirst().map(\.line)
            let reader = try CSVReader(bytes: bytes, options: options, chunkBytes: 8, rowBytesMax: 20)
            var found: [Int] = []
            while let step = try reader.next() {
                switch step {
                case .row(let row): found.append(row.line)
                case .failure(let failure):
                    found.append(failure.line)
                    if failure.code == .rowTooLong { skipped += 1 }
                }
            }
            #expect(found == wanted, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
        #expect(skipped > 500)
    }
}
