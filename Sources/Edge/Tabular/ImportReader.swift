/// Reads foreign files through a mapping and gives one record after another, in constant memory.
///
/// Records come in the order of the mapping's targets; targets that stand one after the other and have the same input
/// are made from each row in turn, in one pass over the file. Rows that cannot be used go to the failure sink, each
/// once per pass, and the reading goes on. Look-up tables, and the keys of `distinct` targets, move to a private temporary
/// file when they are no longer small.
///
/// A reader belongs to one task.
public final class ImportReader {
    /// What was counted so far.
    public struct Statistics: Equatable, Sendable {
        /// The records of each target.
        public internal(set) var records: [ImportTarget: Int] = [:]
        /// The rows of each target that a condition kept out.
        public internal(set) var filtered: [ImportTarget: Int] = [:]
        /// The rows of each target whose key a `distinct` rule had seen before.
        public internal(set) var repeated: [ImportTarget: Int] = [:]
        /// The rows that went to the failure sink.
        public internal(set) var failures = 0
        /// The rows read, those of look-up tables included.
        public internal(set) var rows = 0
    }

    /// The counts up to the last record that was given.
    public private(set) var statistics = Statistics()
    /// The files in the order in which ``ImportRow/file`` counts them.
    public private(set) var files: [ImportSource] = []
    private let mapping: ImportMapping
    private let sink: (ImportFailure) throws -> Void
    private var tables: [String: LookupTable] = [:]
    /// Rules that share a pass, by their place in the mapping, and the file that the pass goes over.
    private var passes: [(rules: [Int], file: Int)] = []
    private var nextPass = 0
    private var csv: CSVReader?
    private var file = 0
    private var rules: [CompiledRule] = []
    private var row: CSVRow?
    private var nextRule = 0
    private let kept: KeptTables
    /// The keys that each `distinct` rule has met.
    private var seen: [Int: KeptTable] = [:]
    /// The files whose unreadable rows were already reported.
    private var reported: Set<Int> = []

    /// Finds the files and loads the look-up tables.
    ///
    /// `folder` is where the mapping's patterns are looked for; `paths` names the files of some roles instead. `sink`
    /// gets every row that cannot be used; an error that it throws ends the import; `keptBytesMax` is what look-up tables
    /// and keys may hold in memory. Throws a ``TabularError``: `file`, `header` or `encoding` for a file,
    /// `missing-column` for a column that the mapping names and a file lacks, `unknown-name` for a role in `paths` that
    /// the mapping has not, `limit` for too many files.
    public init(
        _ mapping: ImportMapping, folder: String, paths: [String: [String]] = [:],
        keptBytesMax: Int = ImportLimits.keptBytesMax, sink: @escaping (ImportFailure) throws -> Void
    ) throws {
        self.mapping = mapping
        kept = KeptTables(bytesMax: keptBytesMax)
        self.sink = sink
        if let role = paths.keys.sorted().first(where: { role in !mapping.inputs.contains { $0.role == role } }) {
            throw TabularError(
                .unknownName, file: mapping.file, "the mapping has no input \"\(role)\"",
                advice: "Use one of: \(mapping.inputs.map(\.role).joined(separator: ", ")).")
        }
        for input in mapping.inputs {
            let found = try paths[input.role] ?? ImportFiles.paths(input, folder: folder, mapping: mapping.file)
            files += found.map { ImportSource(role: input.role, path: $0) }
        }
        for table in mapping.tables { tables[table.name] = try load(table) }
        for index in mapping.rules.indices where mapping.rules[index].isDistinct {
            seen[index] = kept.makeTable(columns: 0)
        }
        passes = plan()
        for pass in passes { try check(pass.rules, file: pass.file) }
    }

    /// The rows of look-up tables, and the keys of `distinct` targets, that are in memory now.
    var rowsHeld: Int { kept.rowsHeld }

    /// The next record; nil after the last.
    ///
    /// Throws what the sink throws, and a ``TabularError``: `file` where a file cannot be read on, or the temporary file
    /// not be written.
    public func next() throws -> ImportRow? {
        while true {
            if let row, nextRule < rules.count {
                let rule = nextRule
                nextRule += 1
                if let record = try record(row, rule) { return record }
                continue
            }
            row = nil
            nextRule = 0
            guard let csv else {
                guard try openPass() else { return nil }
                continue
            }
            switch try csv.next() {
            case .row(let found)?:
                statistics.rows += 1
                row = found
            case .failure(let failure)?:
                statistics.rows += 1
                try report(failure)
            case nil:
                reported.insert(file)
                self.csv = nil
            }
        }
    }

    /// Fails the row that the last record came from: it goes to the sink, and what else it would become is left out.
    ///
    /// For whoever takes the records and finds that one cannot be used. Without a last record it is a programming error.
    /// Throws what the sink throws.
    public func refuse(code: String, reason: String) throws {
        guard let row else { preconditionFailure("there is no row to refuse") }
        nextRule = rules.count
        try fail(.refused(code), reason, row: row.number, line: row.line, raw: row.raw, file: file)
    }

    private func record(_ row: CSVRow, _ place: Int) throws -> ImportRow? {
        do {
            let target = rules[place].target
            guard let key = try rules[place].key(row) else {
                statistics.filtered[target, default: 0] += 1
                return nil
            }
            let seen = seen[rules[place].index]
            if let seen, try seen.row(key) != nil {
                statistics.repeated[target, default: 0] += 1
                return nil
            }
            let entries = try rules[place].entries(row)
            // Only now: a row that fails must not keep a later good one out.
            try seen?.insert(key)
            statistics.records[target, default: 0] += 1
            return ImportRow(target: target, key: key, entries: entries, file: file, row: row.number, line: row.line)
        } catch let fault as RowFault {
            // The row has failed as a whole: what else it would have become waits until it is mended.
            nextRule = rules.count
            try fail(fault.code, fault.reason, row: row.number, line: row.line, raw: row.raw, file: file)
            return nil
        }
    }

    private func fail(
        _ code: ImportFailure.Code, _ reason: String, row: Int, line: Int, raw: [UInt8], file: Int
    ) throws {
        statistics.failures += 1
        try sink(ImportFailure(code: code, reason: reason, source: files[file], row: row, line: line, raw: raw))
    }

    private func report(_ failure: CSVRowFailure) throws {
        guard !reported.contains(file) else { return }
        try fail(
            .unreadable(failure.code), failure.reason, row: failure.row, line: failure.line, raw: failure.raw,
            file: file)
    }
}

// MARK: Passes and tables

extension ImportReader {
    /// One pass for each run of rules with the same input and each of its files.
    private func plan() -> [(rules: [Int], file: Int)] {
        var runs: [[Int]] = []
        for index in mapping.rules.indices {
            if let last = runs.last?.last, mapping.rules[last].input == mapping.rules[index].input {
                runs[runs.count - 1].append(index)
            } else {
                runs.append([index])
            }
        }
        return runs.flatMap { run in
            files.indices.filter { files[$0].role == mapping.rules[run[0]].input }.map { (run, $0) }
        }
    }

    private func open(_ file: Int) throws(TabularError) -> CSVReader {
        let options = mapping.inputs.first { $0.role == files[file].role }?.options ?? CSVOptions()
        let reader = try CSVReader(path: files[file].path, options: options)
        files[file].header = reader.header
        files[file].delimiter = reader.delimiter
        return reader
    }

    private func compiled(_ rules: [Int], file: Int, header: CSVHeader) throws(TabularError) -> [CompiledRule] {
        var compiled: [CompiledRule] = []
        for index in rules {
            compiled.append(
                try CompiledRule(
                    mapping.rules[index], index: index, mapping: mapping, header: header, tables: tables,
                    in: CompilingContext(mapping: mapping.file, file: files[file].path)))
        }
        return compiled
    }

    /// Compiles the rules against a file's header, so that a missing column shows before the first record is given.
    private func check(_ rules: [Int], file: Int) throws(TabularError) {
        _ = try compiled(rules, file: file, header: open(file).header)
    }

    /// Opens the file of the next pass; false after the last.
    private func openPass() throws(TabularError) -> Bool {
        guard nextPass < passes.count else { return false }
        let pass = passes[nextPass]
        nextPass += 1
        let reader = try open(pass.file)
        rules = try compiled(pass.rules, file: pass.file, header: reader.header)
        file = pass.file
        csv = reader
        return true
    }

    private func load(_ rule: ImportTable) throws -> LookupTable {
        let table = LookupTable(rule, in: kept)
        for file in files.indices where files[file].role == rule.input {
            let reader = try open(file)
            self.file = file
            let context = CompilingContext(mapping: mapping.file, file: files[file].path)
            var key: [Int] = []
            for name in rule.key { key.append(try context.index(of: name, in: reader.header, at: rule.place)) }
            var columns: [Int] = []
            for name in rule.columns { columns.append(try context.index(of: name, in: reader.header, at: rule.place)) }
            while let step = try reader.next() {
                statistics.rows += 1
                switch step {
                case .failure(let failure): try report(failure)
                case .row(let row):
                    do {
                        try table.add(key: LookupTable.joined(key.map { row[$0] }), values: columns.map { row[$0] })
                    } catch let fault as RowFault {
                        try fail(fault.code, fault.reason, row: row.number, line: row.line, raw: row.raw, file: file)
                    }
                }
            }
            reported.insert(file)
        }
        return table
    }
}
