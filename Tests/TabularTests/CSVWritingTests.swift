import Foundation
import Tabular
import Testing

@Suite("Writing CSV")
struct CSVWritingTests {
    static let awkward = [
        "", "plain", "a,b", "a;b", "a\tb", "\"", "\"\"", "a\"b", "\r", "\n", "\r\n", " lead", "trail ", "#version",
        "=1+1", "+44", "-159", "@x", "\tx", "\rx", "'", "'=x", "''=x", "'x", "=\"a\"", "\u{FEFF}bom", "é", "الاسم",
        "\u{0}", "李小龙", "e\u{301}", "🏅",
    ]

    private func bytes(_ rows: [[String]], _ options: CSVOptions, version: String? = nil) throws -> [UInt8] {
        var writer = CSVWriter(options: options)
        try writer.write(header: rows.first.map { $0.indices.map { "column \($0)" } } ?? [], version: version)
        for row in rows { try writer.write(row: row) }
        return try writer.finish()
    }

    @Test("Quotes stand only where a field needs them, and lines end with CRLF")
    func minimalQuotes() throws {
        var writer = CSVWriter()
        try writer.write(header: ["a", "b"])
        try writer.write(row: ["1 2", "x;y"])
        try writer.write(row: ["1,2", "x\"y"])
        let text = try String(decoding: writer.finish(), as: UTF8.self)
        #expect(text == "a,b\r\n1 2,x;y\r\n\"1,2\",\"x\"\"y\"\r\n")
    }

    @Test(
        "Every text comes back as it went in, alone, in pairs, with every delimiter, escaped or not",
        arguments: CSVOptions.Delimiter.allCases, [false, true])
    func roundTrip(delimiter: CSVOptions.Delimiter, escapes: Bool) throws {
        let options = CSVOptions(delimiter: delimiter, escapeFormulas: escapes)
        for rows in [Self.awkward.map { [$0] }, Self.awkward.map { [$0, "x"] }, Self.awkward.map { ["x", $0] }] {
            let reading = try Reading(bytes(rows, options), options)
            #expect(reading.rows.map { $0.map { Array($0.utf8) } } == rows.map { $0.map { Array($0.utf8) } })
            #expect(reading.failures.isEmpty)
        }
    }

    @Test("With the option no field on paper begins with a formula character, without it fields stay as they are")
    func formulas() throws {
        let options = CSVOptions(escapeFormulas: true)
        let written = try Reading(bytes(Self.awkward.map { [$0, ""] }, options)).rows.compactMap(\.first)
        #expect(written.count == Self.awkward.count)
        for field in written {
            #expect(field.utf8.first.map { !"=+-@\t\r".utf8.contains($0) } ?? true, "\(field)")
        }
        #expect(try Reading(bytes([["-159"]], options)).rows == [["'-159"]])
        #expect(try Reading(bytes([["-159"]], CSVOptions())).rows == [["-159"]])
    }

    @Test("A version line is read back, also after a spreadsheet has padded it, and counts as a line")
    func versionLine() throws {
        let options = CSVOptions(versionLine: true)
        let reader = try CSVReader(bytes: bytes([["1", "2"]], options, version: "assay-bookings 1"), options: options)
        #expect(reader.versionLine == "assay-bookings 1")
        let reading = try Reading(reader)
        #expect(reading.rows == [["1", "2"]])
        #expect(reading.lines == [3])
        let padded = try CSVReader(bytes: Array("#assay-bookings 1;;\r\na;b\r\n".utf8), options: options)
        #expect(padded.versionLine == "assay-bookings 1")
        #expect(padded.header.names == ["a", "b"])
        #expect(try CSVReader(bytes: Array("a,b\n".utf8), options: options).versionLine == nil)
        #expect(try CSVReader(bytes: Array("#a,b\n".utf8)).header.names == ["#a", "b"])
    }

    @Test(
        "A header that looks like a version line or a byte order mark comes back", arguments: ["#id", "\u{FEFF}id", ""])
    func awkwardHeader(name: String) throws {
        let options = CSVOptions(delimiter: .comma, versionLine: true)
        var writer = CSVWriter(options: options)
        try writer.write(header: [name])
        try writer.write(row: ["1"])
        let reading = try Reading(writer.finish(), options)
        #expect(reading.header.map { Array($0.utf8) } == [Array(name.utf8)])
        #expect(reading.rows == [["1"]])
    }

    @Test("A formula that nobody escaped stays as it is, and only one apostrophe goes")
    func foreignFormulas() throws {
        let options = CSVOptions(delimiter: .comma, escapeFormulas: true)
        let reading = try Reading("'-a,=b\n=x,'=x\n-1,''=x\n'x,'\n", options)
        #expect(reading.header == ["-a", "=b"])
        #expect(reading.rows == [["=x", "=x"], ["-1", "'=x"], ["'x", "'"]])
    }

    @Test("A file larger than the buffer is written whole and readable only by its owner")
    func file() throws {
        let folder = try ScratchFolder()
        let path = folder.path + "/out.csv"
        let rows = (0..<50_000).map { ["\($0)", "text, \($0)"] }
        var writer = try CSVWriter(path: path)
        try writer.write(header: ["a", "b"])
        for row in rows { try writer.write(row: row) }
        try writer.finish()
        #expect(try Reading(CSVReader(path: path)).rows == rows)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }
}
