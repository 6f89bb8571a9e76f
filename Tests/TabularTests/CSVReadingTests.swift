import Foundation
import Tabular
import Testing

@Suite("Reading CSV")
struct CSVReadingTests {
    @Test("Line ends may be CRLF, LF or CR, and the last one may be missing", arguments: ["\r\n", "\n", "\r"])
    func lineEnds(end: String) throws {
        let expected = [["1", "2"], ["", "4"]]
        #expect(try Reading("a,b\(end)1,2\(end),4\(end)").rows == expected)
        #expect(try Reading("a,b\(end)1,2\(end),4").rows == expected)
        #expect(try Reading("a,b\(end)1,2\(end)\(end),4\(end)\(end)").rows == expected)
    }

    @Test("A byte order mark belongs to no column")
    func byteOrderMark() throws {
        #expect(try Reading("\u{FEFF}a,b\n1,2").header == ["a", "b"])
        #expect(try Reading("\u{FEFF}\"a\",b\n1,2").rows == [["1", "2"]])
    }

    @Test(
        "The delimiter is the one that the header has most of outside quotes",
        arguments: [
            ("a,b\n1,2\n", CSVOptions.Delimiter.comma), ("a;b\n1;2\n", .semicolon), ("a\tb\n1\t2\n", .tab),
            ("\"a,,\";b\n1;2\n", .semicolon), ("a\n1\n", .comma), ("a;b,c;d\n1;2;3\n", .semicolon),
        ])
    func detection(text: String, delimiter: CSVOptions.Delimiter) throws {
        let reader = try CSVReader(bytes: Array(text.utf8))
        #expect(reader.delimiter == delimiter)
        #expect(try Reading(reader).failures.isEmpty)
    }

    @Test("Quoted fields keep delimiters, line breaks and doubled quotes; the line numbers count those breaks")
    func quotes() throws {
        let reading = try Reading("a,b\n\"x, \"\"y\"\"\",\"1\r\n2\n3\r4\"\n\"\",\"\"\"\"\nlast,5'6\"\n")
        #expect(reading.rows == [["x, \"y\"", "1\r\n2\n3\r4"], ["", "\""], ["last", "5'6\""]])
        #expect(reading.lines == [2, 6, 7])
        #expect(reading.failures.isEmpty)
    }

    @Test("A row with too few or too many fields is reported with its number and bytes, and the next is read")
    func ragged() throws {
        let reading = try Reading("a,b\n1,2\n1\n\"1\",2,3\n5,6\n")
        #expect(reading.rows == [["1", "2"], ["5", "6"]])
        #expect(reading.failures.map(\.code) == [.ragged, .ragged])
        #expect(reading.failures.map(\.row) == [3, 4])
        #expect(reading.failures.map(\.raw) == [Array("1".utf8), Array("\"1\",2,3".utf8)])
    }

    @Test(
        "Bytes that are not UTF-8 spoil only their row",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3], [0x80]] as [[UInt8]])
    func invalidText(bytes: [UInt8]) throws {
        let reading = try Reading(Array("a,b\n1,".utf8) + bytes + Array("\né,ʤ\n".utf8))
        #expect(reading.failures.map(\.code) == [.invalidText])
        #expect(reading.failures.first?.raw == Array("1,".utf8) + bytes)
        #expect(reading.rows == [["é", "ʤ"]])
        let quoted = Array("\"a quoted field, ".utf8) + bytes + Array("and more\",2".utf8)
        let again = try Reading(Array("a,b\n".utf8) + quoted + Array("\nplain ASCII,behind it\n\"x é\",ʤ\n".utf8))
        #expect(again.failures.map(\.raw) == [quoted])
        #expect(again.rows == [["plain ASCII", "behind it"], ["x é", "ʤ"]])
    }

    @Test("A quote that is never closed is reported with the row and line where it began")
    func unterminated() throws {
        let reading = try Reading("a,b\n1,2\n\n3,\"4\n5,6\n7,8\n")
        #expect(reading.rows == [["1", "2"]])
        #expect(reading.failures.map(\.code) == [.unterminatedQuote])
        #expect(reading.failures.first?.row == 3)
        #expect(reading.failures.first?.line == 4)
        #expect(try Reading("a\n\"x\"\"").failures.map(\.code) == [.unterminatedQuote])
    }

    @Test("Text after a closing quote spoils only its row")
    func textAfterQuote() throws {
        let reading = try Reading("a,b\n\"1\"x,2\n3,4\n")
        #expect(reading.failures.map(\.code) == [.textAfterQuote])
        #expect(reading.rows == [["3", "4"]])
    }

    @Test("A field may be as long as the limit and no longer, quoted or not", arguments: [false, true])
    func fieldLimit(isQuoted: Bool) throws {
        let quote = isQuoted ? "\"" : ""
        let longest = String(repeating: "x", count: CSVLimits.fieldBytesMax)
        let reading = try Reading("a,b\n\(quote)\(longest)\(quote),1\n\(quote)\(longest)x\(quote),2\n3,4\n")
        #expect(reading.rows.map(\.[1]) == ["1", "4"])
        #expect(reading.rows.first?.first == longest)
        #expect(reading.failures.map(\.code) == [.fieldTooLong])
    }

    @Test("A row may have as many columns as the limit and no more")
    func columnLimit() throws {
        let widest = Array(repeating: "1", count: CSVLimits.columnsMax).joined(separator: ",")
        let header = (0..<CSVLimits.columnsMax).map(String.init).joined(separator: ",")
        let reading = try Reading("\(header)\n\(widest)\n\(widest),1\n\(widest)\n")
        #expect(reading.rows.count == 2)
        #expect(reading.failures.map(\.code) == [.tooManyColumns])
        #expect(throws: TabularError.self) { try CSVReader(bytes: Array("\(header),x\n".utf8)) }
    }

    @Test("A row that is longer than the window may grow is passed over, quoted breaks and all")
    func rowLimit() throws {
        let line = String(repeating: "0123456\"\"\r\n", count: CSVLimits.rowBytesMax / 10)
        let reading = try Reading("a,b\n1,2\n\"\(line)\",3\r\n\"4\n\",5\n6,7")
        #expect(reading.rows == [["1", "2"], ["4\n", "5"], ["6", "7"]])
        #expect(reading.failures.map(\.code) == [.rowTooLong])
        #expect(reading.failures.first?.row == 3)
        #expect(reading.failures.first?.raw.count == CSVLimits.chunkBytes)
        let quotedBreaks = CSVLimits.rowBytesMax / 10
        #expect(reading.lines == [2, 4 + quotedBreaks, 6 + quotedBreaks])
    }

    @Test("Rows come out the same wherever the window's edge falls")
    func edges() throws {
        let tail = "x,\"é,\"\"\r\n\"\r\ny,z\r\n\"\"\"\",'\r\n"
        let expected = [["x", "é,\"\r\n"], ["y", "z"], ["\"", "'"]]
        for shift in 0..<40 {
            let filler = String(repeating: "f", count: CSVLimits.chunkBytes - 8 - shift)
            let reading = try Reading("a,b\n\(filler),1\n\(tail)")
            #expect(reading.rows.first == [filler, "1"])
            #expect(Array(reading.rows.dropFirst()) == expected, "shift \(shift)")
            #expect(reading.failures.isEmpty)
            #expect(reading.lines == [2, 3, 5, 6], "shift \(shift)")
            // The filler's own line end, CR and LF, falls across the edge as well.
            let paired = try Reading("a,b\r\n\(filler),1\r\n\(tail)")
            #expect(paired.rows == reading.rows && paired.lines == reading.lines, "shift \(shift)")
        }
    }

    @Test("No bytes make the reader trap, and what it accepts it accepts again after writing")
    func anyBytes() throws {
        var state: UInt64 = 42
        let alphabet = Array(",;\t\"\"\"\r\n\n'=#aé\u{FEFF}".utf8) + [0xFF, 0x00]
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            for _ in 0..<24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            guard let reading = try? Reading(bytes) else { continue }
            var writer = CSVWriter()
            try writer.write(header: reading.header)
            for row in reading.rows { try writer.write(row: row) }
            let again = try Reading(writer.finish(), CSVOptions(delimiter: .comma))
            #expect(again.rows == reading.rows && again.failures.isEmpty, "\(bytes)")
        }
    }

    @Test(
        "A file without a usable header is refused with a code",
        arguments: [
            ("", TabularError.Code.header), ("\u{FEFF}\r\n", .header), ("a,a\n", .header), ("\"a\n", .header),
            ("\"a\"b,c\n", .header),
        ])
    func headers(text: String, code: TabularError.Code) {
        let error = #expect(throws: TabularError.self) { try CSVReader(bytes: Array(text.utf8)) }
        #expect(error?.code == code)
    }

    @Test("UTF-16 and a header that is not UTF-8 are refused as encodings")
    func encodings() {
        for bytes in [[0xFF, 0xFE, 0x61, 0x00], [0x61, 0xE9, 0x2C, 0x62]] as [[UInt8]] {
            let error = #expect(throws: TabularError.self) { try CSVReader(bytes: bytes) }
            #expect(error?.code == .encoding)
        }
    }

    @Test("A row that is used after the next one was read traps instead of giving another row's text")
    func staleRow() async {
        await #expect(processExitsWith: .failure) {
            let reader = try CSVReader(bytes: Array("a\n1\n".utf8))
            guard case .row(let row)? = try reader.next() else { return }
            guard row[0] == "1" else { return }
            _ = try reader.next()
            _ = row[0]
        }
    }

    @Test("A file that does not exist is named in the error")
    func missingFile() {
        let error = #expect(throws: TabularError.self) { try CSVReader(path: "/nowhere/people.csv") }
        #expect(error?.code == .file)
        #expect(error?.description.contains("/nowhere/people.csv") == true)
    }
}
