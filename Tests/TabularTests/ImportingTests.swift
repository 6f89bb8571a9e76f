import Foundation
import Tabular
import Testing

private let scores = """
    assay-mapping: 1
    name: test
    inputs: {marks: {files: "marks*.csv"}}
    targets:
      - target: booking
        from: marks
        key: {template: "{exam}:{who}"}
        fields: {person: who, session: exam}
      - target: score
        from: marks
        key: {template: "{exam}:{who}:1"}
        where: {column: mark, notEquals: ["", absent]}
        fields: {booking: {template: "{exam}:{who}"}, raw: mark, role: {constant: first}}
    """

@Suite("Importing files")
struct ImportingTests {
    @Test("Targets with the same input are made row by row, and files come in the order of their names")
    func order() throws {
        let importing = try Importing(
            scores, ["marks-2.csv": "who;exam;mark\np;e;7\n", "marks-1.csv": "mark,exam,who\n,e,q\n50,e,r\n"])
        #expect(importing.rows.map(\.key) == ["e:q", "e:r", "e:r:1", "e:p", "e:p:1"])
        #expect(importing.rows.map(\.target) == [.booking, .booking, .score, .booking, .score])
        #expect(importing.rows.map(\.file) == [0, 0, 0, 1, 1])
        #expect(importing.rows.map(\.line) == [2, 3, 3, 2, 2])
        #expect(importing.rows.last?.entries.map(\.field) == [.booking, .raw, .role])
        #expect(importing.rows.last?[.raw] == .integer(7))
        #expect(importing.statistics.filtered == [.score: 1])
        #expect(importing.failures.isEmpty)
    }

    @Test(
        "A score that is no whole number fails its row and no other",
        arguments: ["7.5", "seven", "+", "1234567890123456789", "0x10", "\"1 \"", "٣"])
    func wrongScore(mark: String) throws {
        let importing = try Importing(scores, ["marks.csv": "who,exam,mark\np,e,\(mark)\nq,e,-12\n"])
        #expect(importing.failures.map(\.code) == [.wrongValue])
        #expect(importing.rows.last?[.raw] == .integer(-12))
        #expect(importing.rows.filter { $0.target == .score }.count == 1)
    }

    @Test("A blank key fails the row once, whatever it would have become")
    func blankKey() throws {
        let importing = try Importing(scores, ["marks.csv": "who,exam,mark\n,e,5\nq,e,6\n"])
        #expect(importing.failures.map(\.code) == [.missingValue])
        #expect(importing.statistics.failures == 1)
        #expect(importing.rows.map(\.key) == ["e:q", "e:q:1"])
    }

    @Test("Of the rows with one key a distinct target takes the first that is good")
    func distinct() throws {
        let importing = try Importing(
            """
            assay-mapping: 1
            name: test
            inputs: {rows: {files: rows.csv}}
            targets: [{target: person, from: rows, key: id, distinct: true, fields: {given: n, birthDate: born}}]
            """, ["rows.csv": "id,n,born\n1,a,never\n1,b,1980-01-01\n1,c,1981-01-01\n2,d,\n"])
        #expect(importing.rows.map { $0[.given] } == [.text("b"), .text("d")])
        #expect(importing.statistics.repeated == [.person: 1])
        #expect(importing.failures.map(\.row) == [2])
    }

    @Test(
        "Two rows of a look-up table with one key are an error unless they are the same, and so is a key without a row")
    func repeatedKeys() throws {
        let yaml = """
            assay-mapping: 1
            name: test
            inputs: {rows: {files: rows.csv}, names: {files: names.csv}}
            tables: {names: {from: names, key: [k, l], columns: name}}
            targets: [{target: person, from: rows, key: id, fields: {given: {lookup: names, key: [id, l], take: name}}}]
            """
        let importing = try Importing(
            yaml, ["rows.csv": "id,l\n1,21\n9,9\n12,1\n", "names.csv": "k,l,name\n1,21,a\n12,1,b\n1,21,a\n1,21,c\n1\n"])
        #expect(importing.rows.map { $0[.given] } == [.text("a"), .text("b")])
        #expect(importing.failures.map(\.code) == [.repeatedKey, .unreadable(.ragged), .notFound])
        #expect(importing.failures.map(\.row) == [5, 6, 3])
    }

    @Test("A file that is read for a table and for a target reports its bad rows once")
    func reportedOnce() throws {
        let yaml = """
            assay-mapping: 1
            name: test
            inputs: {rows: {files: rows.csv}}
            tables: {rows: {from: rows, key: id, columns: n}}
            targets:
              - {target: person, from: rows, key: id, fields: {given: {lookup: rows, key: id, take: n}}}
            """
        let importing = try Importing(yaml, ["rows.csv": "id,n\n1,a\n2\n"])
        #expect(importing.rows.map { $0[.given] } == [.text("a")])
        #expect(importing.failures.map(\.code) == [.unreadable(.ragged)])
    }

    @Test("Error files keep the rows byte for byte behind the reason, and can be mended and imported")
    func errorFiles() throws {
        let folder = try ScratchFolder()
        let good = "who;exam;mark\np;e;7\n"
        let bad: [[UInt8]] = [
            Array("\"q \"\"x\"\"\";e;\"4,5\"".utf8), Array("r;e".utf8), Array("s;".utf8) + [0xE9] + Array(";5".utf8),
            Array("t;e;\"open".utf8),
        ]
        var bytes = Array(good.utf8)
        bytes += bad.joined(separator: [0x0A])
        let path = folder.path + "/marks.csv"
        #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
        let errors = ImportErrorFiles(folder: folder.path)
        let reader = try ImportReader(ImportMapping(yaml: scores), folder: folder.path) { try errors.add($0) }
        while try reader.next() != nil {}
        try errors.finish()
        #expect(errors.paths == [path + ".errors.csv"])
        let written = Array(try Data(contentsOf: URL(fileURLWithPath: path + ".errors.csv")))
        let lines = written.split(separator: 0x0A).map { Array($0) }
        #expect(lines.first == Array("reason;who;exam;mark\r".utf8))
        #expect(reader.statistics.failures == 4)
        for (line, row) in zip(lines.dropFirst(), bad) {
            #expect(line.contains(0x3B) && line.dropLast().suffix(row.count).elementsEqual(row))
        }
        // The first row, mended where it stands, is a row again.
        let mended = try folder.write(
            "mended.csv", "reason;who;exam;mark\r\n\"4,5 is wrong; mend it\";\"q \"\"x\"\"\";e;45\r\n")
        let again = try ImportReader(
            ImportMapping(yaml: scores), folder: "/nowhere", paths: ["marks": [mended]]
        ) { throw $0 }
        _ = try again.next()
        #expect(try again.next()?[.raw] == .integer(45))
    }

    @Test("An error file that is imported with an error left gives one with a reason column of its own")
    func errorsOfErrors() throws {
        let folder = try ScratchFolder()
        let file = try folder.write("marks.csv.errors.csv", "reason,who,exam,mark\r\nold,q,e,x\r\n")
        let errors = ImportErrorFiles(folder: folder.path)
        let reader = try ImportReader(
            ImportMapping(yaml: scores), folder: folder.path, paths: ["marks": [file]]
        ) { try errors.add($0) }
        while try reader.next() != nil {}
        try errors.finish()
        let reading = try Reading(CSVReader(path: #require(errors.paths.first)))
        #expect(reading.header == ["reason 2", "reason", "who", "exam", "mark"])
        #expect(reading.rows.map { Array($0.dropFirst()) } == [["old", "q", "e", "x"]])
    }

    @Test("A wildcard finds every file but the hidden ones, ordered by name")
    func wildcards() throws {
        let folder = try ScratchFolder()
        let names = (10..<40).map { "marks-\($0).csv" }
        for name in names.shuffled() + ["other.csv", ".marks.csv", "marks.txt"] {
            _ = try folder.write(name, "who,exam,mark\n")
        }
        let reader = try ImportReader(ImportMapping(yaml: scores), folder: folder.path + "/") { throw $0 }
        #expect(reader.files.map(\.path) == names.map { folder.path + "/" + $0 })
        #expect(try reader.next() == nil)
    }

    @Test("An error that the sink throws ends the import")
    func sinkThrows() throws {
        let folder = try ScratchFolder()
        _ = try folder.write("marks.csv", "who,exam,mark\np,e\n")
        let reader = try ImportReader(ImportMapping(yaml: scores), folder: folder.path) { throw $0 }
        #expect(throws: ImportFailure.self) { try reader.next() }
    }

    @Test("Missing files, folders and roles are named with what to do")
    func missing() throws {
        let folder = try ScratchFolder()
        let mapping = try ImportMapping(yaml: scores, file: "m.yaml")
        let none = #expect(throws: TabularError.self) { try ImportReader(mapping, folder: folder.path) { _ in } }
        #expect(none?.code == .file && none?.line == 3 && none?.file == "m.yaml")
        let gone = #expect(throws: TabularError.self) { try ImportReader(mapping, folder: "/nowhere") { _ in } }
        #expect(gone?.code == .file && gone?.file == "/nowhere")
        let role = #expect(throws: TabularError.self) {
            try ImportReader(mapping, folder: folder.path, paths: ["grades": ["x.csv"]]) { _ in }
        }
        #expect(role?.code == .unknownName)
    }
}
