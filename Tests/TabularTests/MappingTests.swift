import SampleData
import Tabular
import Testing

/// What an import of texts in memory gave.
struct Importing {
    var rows: [ImportRow] = []
    var failures: [ImportFailure] = []
    let statistics: ImportReader.Statistics
    let folder: ScratchFolder

    init(_ yaml: String, _ files: [String: String]) throws {
        folder = try ScratchFolder()
        for (name, text) in files { _ = try folder.write(name, text) }
        var failures: [ImportFailure] = []
        let reader = try ImportReader(ImportMapping(yaml: yaml, file: "m.yaml"), folder: folder.path) {
            failures.append($0)
        }
        while let row = try reader.next() { rows.append(row) }
        self.failures = failures
        statistics = reader.statistics
    }
}

/// A mapping with one input `rows`, whose people have the given lines as fields.
private func people(_ fields: String, key: String = "id", extra: String = "") -> String {
    """
    assay-mapping: 1
    name: test
    inputs: {rows: {files: "rows*.csv"}, days: {files: days.csv}}
    maps: {colour: {r: red, b: blue, n: ""}}
    tables: {days: {from: days, key: [term, part], columns: [start, label]}}
    \(extra)
    targets:
      - target: person
        from: rows
        key: \(key)
        fields:
          \(fields)
    """
}

private let days = "term,part,start,label\nT1,a,2013-10-01,first\nT1,b,2014-02-01,\n"

@Suite("Mapping rows to records")
struct MappingTests {
    private func value(
        _ expression: String, _ row: String, field: ImportField = .given, extra: String = ""
    ) throws -> ImportValue? {
        let importing = try Importing(
            people("\(field.rawValue): \(expression)", extra: extra),
            ["rows.csv": "id,a,b\n1,\(row)\n", "days.csv": days])
        if let failure = importing.failures.first { throw failure }
        return try #require(importing.rows.first)[field]
    }

    @Test(
        "Every expression gives its value",
        arguments: [
            ("a", "x,", "x"), ("{column: b, blank: [NA, '?']}", ",y", "y"), ("{constant: k}", ",", "k"),
            ("{template: '{{{a}-{b}}}'}", "x,y", "{x-y}"), ("{map: colour, of: a}", "r,", "red"),
            ("{map: {r: rot}, of: a}", "r,", "rot"), ("{map: colour, of: a, otherwise: a}", "q,", "q"),
            ("{lookup: days, key: [a, b], take: start}", "T1,b", "2014-02-01"),
            ("{lookup: days, key: [a, {constant: a}], take: label}", "T1,", "first"),
            ("{lookup: days, key: [a, b], take: label, otherwise: b}", "T9,z", "z"),
            ("{first: [a, b]}", ",y", "y"), ("{first: [a, b]}", "x,y", "x"),
            ("{date: {start: a, days: b}}", "2013-10-01,-1", "2013-09-30"),
            ("{date: {start: a, days: b, at: '09:05'}}", "2013-10-01,151", "2014-03-01T09:05"),
            ("{template: '{a}'}", "\"say \"\"hi\"\", é\",", "say \"hi\", é"),
        ])
    func expressions(expression: String, row: String, expected: String) throws {
        #expect(try value(expression, row) == .text(expected))
    }

    @Test(
        "A blank cell leaves its field out",
        arguments: [
            ("a", ",y"), ("{column: b, blank: [NA, '?']}", ",NA"), ("{constant: ''}", "x,"),
            ("{template: '{a}-{b}'}", "x,"), ("{map: colour, of: a}", ",y"), ("{map: colour, of: a}", "n,"),
            ("{lookup: days, key: [a, b], take: label}", "T1,"), ("{lookup: days, key: [a, b], take: label}", "T1,b"),
            ("{date: {start: a, days: b}}", "2013-10-01,"), ("{sample: given, number: a}", ",y"),
            ("{first: [a, b]}", ","), ("a", "\"\",y"),
        ])
    func blanks(expression: String, row: String) throws {
        #expect(try value(expression, row) == nil)
    }

    @Test(
        "A row whose value refuses its field fails with a code",
        arguments: [
            ("given", "{map: colour, of: a}", "q,", ImportFailure.Code.unmapped),
            ("given", "{lookup: days, key: [a, b], take: start}", "T9,a", .notFound),
            ("given", "{date: {start: a, days: b}}", "01/10/2013,3", .wrongValue),
            ("given", "{date: {start: a, days: b}}", "2013-10-01,x", .wrongValue),
            ("given", "{date: {start: a, days: b}}", "2013-10-01,99999999999999999", .wrongValue),
            ("given", "{sample: given, number: a}", "x,", .wrongValue),
            ("given", "{sample: given, number: a}", "-1,", .wrongValue),
            ("birthDate", "a", "2013-02-29,", .wrongValue), ("birthDate", "a", "2013-10-01T00:00,", .wrongValue),
        ])
    func refusals(field: String, expression: String, row: String, code: ImportFailure.Code) throws {
        let error = #expect(throws: ImportFailure.self) {
            try value(expression, row, field: try #require(ImportField(rawValue: field)))
        }
        #expect(error?.code == code)
        #expect(error?.raw == Array("1,\(row)".utf8))
        #expect(error?.row == 2)
    }

    @Test("A sample name is the one that the number always gives")
    func sampleNames() throws {
        let person = SamplePerson.make(number: 11_391)
        #expect(try value("{sample: family, number: a}", "11391,") == .text(person.family))
        #expect(try value("{sample: birthDate, number: a}", "11391,", field: .birthDate) == .date(person.birthDate))
    }

    @Test("The clear token clears, and only as a whole cell")
    func clearing() throws {
        let extra = "clear: '-'"
        #expect(try value("a", "-,", extra: extra) == .cleared)
        #expect(try value("a", "-,", field: .birthDate, extra: extra) == .cleared)
        #expect(try value("a", "--,", extra: extra) == .text("--"))
        #expect(try value("a", "-,") == .text("-"))
    }

    @Test(
        "Times are milliseconds since 1970, in the mapping's offset where they name none",
        arguments: [
            ("1970-01-01", "Z", 0), ("1970-01-02T00:00:01.5Z", "+02:00", 86_401_500),
            ("1970-01-01T02:00", "+02:00", 0), ("1970-01-01T00:00:00.25Z", "Z", 250),
            ("1970-01-01 02:00:00-01:30", "Z", 12_600_000),
            ("2013-10-01T09:30:15.1239Z", "Z", 1_380_619_815_123), ("1969-12-31T23:59:59Z", "Z", -1_000),
        ])
    func times(text: String, offset: String, expected: Int64) throws {
        let importing = try Importing(
            """
            assay-mapping: 1
            name: test
            utcOffset: "\(offset)"
            inputs: {rows: {files: rows.csv}}
            targets: [{target: session, from: rows, key: id, fields: {start: at}}]
            """, ["rows.csv": "id,at\n1,\(text)\n"])
        #expect(importing.rows.first?[.start] == .time(expected))
    }

    @Test("A day relative to a start date is a time in the mapping's offset, at the hour given or at midnight")
    func relativeTimes() throws {
        let importing = try Importing(
            """
            assay-mapping: 1
            name: test
            utcOffset: "+02:00"
            inputs: {rows: {files: rows.csv}}
            targets:
              - {target: session, from: rows, key: id, fields: {start: {date: {start: from, days: n, at: "09:30"}}}}
              - {target: session, from: rows, key: id, fields: {start: {date: {start: from, days: n}}}}
            """, ["rows.csv": "id,from,n\n1,1970-01-01,2\n"])
        let expected: [ImportValue] = [.time(207_000_000 - 7_200_000), .time(172_800_000 - 7_200_000)]
        #expect(importing.rows.compactMap { $0[.start] } == expected)
    }

    @Test(
        "Texts that are no times fail their row",
        arguments: [
            "2013-10-01T", "2013-10-01T24:00", "2013-10-01T09:60", "2013-10-01T09:30:60", "2013-10-01T09:30.5",
            "2013-10-01T09:30:15.", "2013-10-01T09:30+2:00", "2013-10-01T09:30Zx", "2013-13-01", "1.10.2013", "é",
        ])
    func wrongTimes(text: String) throws {
        let importing = try Importing(
            """
            assay-mapping: 1
            name: test
            inputs: {rows: {files: rows.csv}}
            targets: [{target: session, from: rows, key: id, fields: {start: at}}]
            """, ["rows.csv": "id,at\n1,\(text)\n"])
        #expect(importing.rows.isEmpty)
        #expect(importing.failures.map(\.code) == [.wrongValue])
    }
}
