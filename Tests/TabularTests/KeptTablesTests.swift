import Testing

@testable import Tabular

/// What a reader keeps by key is bounded, and what has moved to the temporary file is found like the rest.
@Suite("Files of any length in constant memory")
struct KeptTablesTests {
    private static let mapping = """
        assay-mapping: 1
        name: test
        inputs: {rows: {files: rows.csv}, names: {files: names.csv}, places: {files: places.csv}}
        tables:
          names: {from: names, key: [k, l], columns: [given, family]}
          places: {from: places, key: k, columns: region}
        targets:
          - target: person
            from: rows
            key: id
            distinct: true
            fields:
              given: {lookup: names, key: [name, l], take: given}
              family: {lookup: names, key: [name, l], take: family}
              region: {lookup: places, key: place, take: region}
        """
    /// Composed, decomposed, with a blank and with a NUL: keys and values are bytes.
    private static let oddities = ["\u{E9}", "e\u{301}", " ", "a\u{0}b", "a\u{0}c"]
    private static let count = 4_000

    /// Rows in no order, every third a repetition, and some that cannot be used.
    private static func folder() throws -> ScratchFolder {
        let folder = try ScratchFolder()
        var names = "k,l,given,family\n"
        for number in 0..<count {
            names += "N\(number),\(number % 7),Given \(number),\(number % 5 == 0 ? "" : "Family \(number)")\n"
            if number % 100 == 0 { names += "N\(number),\(number % 7),Another,\n" }
        }
        for (number, odd) in oddities.enumerated() { names += "\(odd),0,\(odd),\(number)\n" }
        var rows = "id,name,l,place\n"
        for step in 0..<count + count / 2 {
            let number = step * 1_237 % count
            rows += "P\(number),N\(number % 50 == 49 ? count + number : number),\(number % 7),L\(number % 3)\n"
        }
        for odd in oddities { rows += "\(odd),\(odd),0,L0\n" }
        _ = try folder.write("names.csv", names)
        _ = try folder.write("rows.csv", rows)
        _ = try folder.write("places.csv", "k,region\nL0,north\nL1,\nL2,south\n")
        return folder
    }

    private struct Taken {
        var rows: [ImportRow] = []
        var failures: [ImportFailure] = []
        var statistics = ImportReader.Statistics()
        var heldMost = 0

        init(_ folder: ScratchFolder, _ bytes: Int = ImportLimits.keptBytesMax) throws {
            var failures: [ImportFailure] = []
            let reader = try ImportReader(
                ImportMapping(yaml: mapping), folder: folder.path, keptBytesMax: bytes
            ) { failures.append($0) }
            repeat { heldMost = max(heldMost, reader.rowsHeld) } while try add(reader.next())
            self.failures = failures
            statistics = reader.statistics
        }

        private mutating func add(_ row: ImportRow?) -> Bool {
            if let row { rows.append(row) }
            return row != nil
        }
    }

    @Test(
        "However long the files are, what is looked up in memory stays within the limit", arguments: [0, 1_000, 60_000])
    func bound(bytes: Int) throws {
        let folder = try KeptTablesTests.folder()
        let small = try Taken(folder, bytes)
        // A row counts for more than 64 bytes.
        #expect(small.heldMost <= bytes / 64)
        let large = try Taken(folder)
        #expect(large.heldMost > KeptTablesTests.count * 3 / 2)
        #expect(small.rows == large.rows)
        #expect(small.failures == large.failures)
        #expect(small.statistics == large.statistics)
        #expect(small.failures.contains { $0.code == .repeatedKey } && small.failures.contains { $0.code == .notFound })
        #expect(small.statistics.repeated[.person] ?? 0 > KeptTablesTests.count / 3)
    }

    @Test("Keys are bytes in memory and in the temporary file", arguments: [0, ImportLimits.keptBytesMax])
    func bytes(limit: Int) throws {
        let taken = try Taken(KeptTablesTests.folder(), limit)
        let odd = taken.rows.suffix(KeptTablesTests.oddities.count)
        #expect(odd.map { Array($0.key.utf8) } == KeptTablesTests.oddities.map { Array($0.utf8) })
        #expect(odd.map { $0[.family] } == KeptTablesTests.oddities.indices.map { .text(String($0)) })
    }

    @Test("The largest table leaves the memory first")
    func largest() throws {
        let tables = KeptTables(bytesMax: 64 * 100)
        let small = tables.makeTable(columns: 1)
        let large = tables.makeTable(columns: 0)
        for number in 0..<10 { try small.insert("S\(number)", ["\(number)"]) }
        for number in 0..<10_000 { try large.insert("L\(number)") }
        #expect(tables.rowsHeld == 10)
        #expect(try small.row("S7") == ["7"] && large.row("L7") == [] && large.row("L10000") == nil)
    }
}
