import Foundation
import Importing
import Tabular
import Testing

/// Names and strings that break programs: in as text or refused, and out as they went in.
@Suite("What came in comes out", .enabled(if: SharedData.isPresent, SharedData.absence))
struct RoundTripTests {
    private static let mapping = """
        assay-mapping: 1
        name: naughty
        inputs: {people: {files: people.csv, escapeFormulas: ESCAPES}}
        targets:
          - {target: person, from: people, key: key, fields: {given: given, family: family}}

        """

    private func strings() throws -> [String] {
        let data = try Data(contentsOf: URL(fileURLWithPath: SharedData.folder + "/naughty/blns_even.json"))
        var strings = try JSONDecoder().decode([String].self, from: data)
        for name in ["forenames_a.csv", "surnames_a.csv"] {
            let reader = try CSVReader(path: SharedData.folder + "/naughty/names/" + name)
            let column = try #require(reader.header.index(of: "Localized Name"))
            while let step = try reader.next() { if case .row(let row) = step { strings.append(row[column]) } }
        }
        let files = try FileManager.default.contentsOfDirectory(
            atPath: SharedData.folder + "/naughty/csv-spectrum/csvs")
        for file in files {
            let reader = try CSVReader(path: SharedData.folder + "/naughty/csv-spectrum/csvs/" + file)
            while let step = try reader.next() {
                if case .row(let row) = step { strings += (0..<row.count).map { row[$0] } }
            }
        }
        return strings + ["a\u{0}b", " x ", "e\u{301}", "é", "'=1", "''@", "\u{FEFF}x", "\t", "#x", "\r\n"]
    }

    @Test(
        "Every string that breaks programs comes out byte for byte, or its row was refused", arguments: [true, false])
    func naughty(escapes: Bool) throws {
        let fixture = try ImportFixture()
        let strings = try strings()
        #expect(strings.count > 1_000)
        var writer = try CSVWriter(path: fixture.folder + "/people.csv", options: CSVOptions(escapeFormulas: escapes))
        try writer.write(header: ["key", "given", "family"])
        for (index, text) in strings.enumerated() { try writer.write(row: ["K\(index)", text, "f\(index)"]) }
        try writer.finish()
        let summary = try fixture.take(Self.mapping.replacing("ESCAPES", with: escapes ? "true" : "false"))
        let refused = Set(fixture.failures.map(\.row))
        #expect(fixture.failures.allSatisfy { $0.code.text == "too-long" })
        #expect(summary.counts[.person]?.made == strings.count - refused.count)

        let path = try fixture.export(.people, escapeFormulas: escapes)
        let reader = try CSVReader(path: path, options: CSVOptions(escapeFormulas: escapes, versionLine: true))
        let key = try #require(reader.header.index(of: "key"))
        let given = try #require(reader.header.index(of: "given"))
        var out: [String: [UInt8]] = [:]
        while let step = try reader.next() {
            guard case .row(let row) = step else {
                Issue.record("An exported row cannot be read: \(step)")
                continue
            }
            out[row[key]] = Array(row[given].utf8)
        }
        // The header is row 1.
        for (index, text) in strings.enumerated() where !refused.contains(index + 2) {
            #expect(out["K\(index)"] == Array(text.utf8), "string \(index)")
        }
    }

    @Test("An export of everything is the same after a second import of it")
    func exportsAreStable() throws {
        let fixture = try Day.fixture()
        try fixture.take(Day.mapping)
        for table in [ExportTable.people, .bookings, .scores, .cases] {
            let first = try Data(contentsOf: URL(fileURLWithPath: fixture.export(table)))
            try fixture.take(Day.mapping)
            #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.export(table))) == first)
        }
        let text = try String(contentsOfFile: fixture.export(.scores), encoding: .utf8)
        #expect(text.hasPrefix("#assay-scores 1\r\nkey,booking,person,"))
        #expect(text.contains("B1:first,B1,P1,S1,exam,first,85,registry,"))
    }
}
