import Foundation
import Tabular
import WireSamples

extension FuzzTarget {
    /// The input is options, the size of the reader's window, and a file.
    static let csv = FuzzTarget("csv", seeds: { csvSeeds }) { input in
        var parts = FuzzInput(input)
        let (bits, chunk, longest) = (parts.byte(), parts.byte(), parts.byte())
        let delimiters: [CSVOptions.Delimiter?] = [nil, .comma, .semicolon, .tab]
        let options = CSVOptions(
            delimiter: delimiters[Int(bits & 3)], escapeFormulas: bits & 4 != 0, versionLine: bits & 8 != 0)
        let bytes = parts.rest()
        let rowBytesMax = bits & 16 == 0 ? 1 << 16 : 8 + Int(longest)
        let small = table(bytes, options, chunkBytes: 2 + Int(chunk), rowBytesMax: rowBytesMax)
        let whole = table(bytes, options, chunkBytes: bytes.count + 16, rowBytesMax: rowBytesMax)
        guard let whole, whole.isUnderstood else { return .refused }
        // What stands before the header, and the header itself, are looked at in the first window alone.
        if options.delimiter != nil, !options.versionLine, whole.startsAtOnce {
            try BrokenLaw.check(small == whole, "rows that depend on the window's size")
        }
        try checkWritten(whole, options)
        return .accepted
    }

    private struct Table: Equatable {
        var header: [String] = []
        var rows: [[String]] = []
        var lines: [Int] = []
        var failures: [CSVRowFailure.Code] = []
        var startsAtOnce = true
        var isUnderstood: Bool { !rows.isEmpty || !failures.isEmpty }
    }

    /// Nil where the file as a whole was refused.
    private static func table(
        _ bytes: [UInt8], _ options: CSVOptions, chunkBytes: Int, rowBytesMax: Int
    ) -> Table? {
        var table = Table()
        table.startsAtOnce = bytes.first != 0x0A && bytes.first != 0x0D && bytes.first != 0xEF
        do {
            let reader = try CSVReader(
                bytes: bytes, options: options, chunkBytes: chunkBytes, rowBytesMax: rowBytesMax)
            table.header = reader.header.names
            while let step = try reader.next() {
                switch step {
                case .row(let row):
                    table.rows.append((0..<row.count).map { row[$0] })
                    table.lines.append(row.line)
                case .failure(let failure):
                    table.failures.append(failure.code)
                    table.lines.append(failure.line)
                }
            }
        } catch { return nil }
        return table
    }

    /// What our writer makes of the rows, our reader reads back.
    private static func checkWritten(_ table: Table, _ options: CSVOptions) throws {
        // A lone empty field is a blank line to other programs, and a mark before the header is taken for one of the file.
        guard table.header.count > 1, table.header[0].utf8.first != 0xEF, table.header[0].utf8.first != 0x23 else {
            return
        }
        let options = CSVOptions(delimiter: options.delimiter ?? .comma, escapeFormulas: options.escapeFormulas)
        var writer = CSVWriter(options: options)
        try writer.write(header: table.header)
        for row in table.rows { try writer.write(row: row) }
        let bytes = try writer.finish()
        let again = FuzzTarget.table(bytes, options, chunkBytes: bytes.count + 16, rowBytesMax: 1 << 20)
        try BrokenLaw.check(again?.header == table.header && again?.rows == table.rows, "a table that is not read back")
    }

    /// The input is a mapping's YAML.
    static let mapping = FuzzTarget("mapping", inputBytesMax: 8_192, seeds: mappingFiles) { input in
        guard let text = String(validating: input, as: UTF8.self) else { return .refused }
        return (try? ImportMapping(yaml: text)) == nil ? .refused : .accepted
    }

    /// The input is a file that goes through a mapping with an expression of every kind.
    static let rows = FuzzTarget("rows", seeds: { [Array(rowsSample.utf8)] }) { input in
        let path = try scratch.file(input)
        var failures = 0
        var records = 0
        do {
            let reader = try ImportReader(rowsParsed.get(), folder: "/", paths: ["rows": [path]]) { _ in failures += 1 }
            while let row = try reader.next() {
                records += 1
                try BrokenLaw.check(!row.key.isEmpty, "a record without a key")
            }
            let counted = reader.statistics
            try BrokenLaw.check(
                counted.failures == failures && counted.records.values.reduce(0, +) == records,
                "records and failures that are not those of the statistics")
        } catch let error as BrokenLaw { throw error } catch is TabularError { return .refused }
        return records > 0 ? .accepted : .refused
    }

    private static let scratch = Scratch()
    private static let rowsParsed = Result { try ImportMapping(yaml: rowsMapping) }

    @Sendable private static func mappingFiles() throws -> [[UInt8]] {
        let folder = Vectors.root.appending(path: "Tools/mappings")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
        return try files.map { Array(try Data(contentsOf: $0)) } + [Array(rowsMapping.utf8)]
            + aliases.map { Array($0.utf8) }
    }

    /// Aliases of aliases, deep nesting and tags: what a parser of YAML is usually brought down by.
    private static let aliases = [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: {? *c : 1}\n",
        String(repeating: "[", count: 200), String(repeating: "a: {", count: 60) + "b: c",
        "assay-mapping: !!int 1\nname: !x y\ninputs: {<<: *z}\n", "%YAML 1.2\n--- |\n a\n...\n--- b\n",
    ]
}

/// One file in the system's temporary folder, written anew for each input.
private final class Scratch: Sendable {
    private let path = NSTemporaryDirectory() + "assay-fuzz-\(ProcessInfo.processInfo.processIdentifier).csv"

    func file(_ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}
