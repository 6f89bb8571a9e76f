import ArgumentParser
import CredentialStore
import Credentialing
import Foundation
import GRDB
import Importing
import Tabular

/// `assay import`
struct Import: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make records of CSV files, through a mapping file.",
        usage: "assay import --mapping <file> --as <as> [<options>] <files> ...",
        discussion: """
            EXAMPLE
              assay import --mapping oulad.yaml --as registry data/oulad_2013
              assay import --mapping oulad.yaml --as registry data/oulad_2013 --apply

            Without --apply nothing is written: you see what would be made, changed, left alone and refused. The same \
            files again change nothing. Rows that cannot be used go to <file>.errors.csv with the reason before each; \
            mend them there and import that file. The grammar of mappings is in Tools/mappings/README.md.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var actor: ActorOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The mapping file.") var mapping: String
    @Flag(help: "Write. Without it this is a dry run.") var apply = false
    @Option(help: "What the scores are, where the mapping does not say: first or second.") var role = ScoreRoleOption
        .first
    @Option(help: "The folder for the files of rows that could not be used.") var errors = "."
    @Argument(help: "One folder, or the files.") var files: [String]

    enum ScoreRoleOption: String, CaseIterable, ExpressibleByArgument {
        case first, second

        var role: ScoreRole { self == .first ? .first : .second }
    }

    func run() throws {
        try reporting(output) {
            do { try importing() } catch let error as TabularError {
                Console.endProgress()
                throw Failure(error)
            }
        }
    }

    private func importing() throws {
        let mapping = try ImportMapping(path: mapping)
        let (folder, paths) = try ImportFolder.sort(files, mapping)
        let errorFiles = ImportErrorFiles(folder: errors)
        var examples: [ImportFailure] = []
        let reader = try ImportReader(mapping, folder: folder, paths: paths) { failure in
            if examples.count < 3 { examples.append(failure) }
            try errorFiles.add(failure)
        }
        let began = ContinuousClock.now
        let (summary, cases) = try location.with { store in
            let before = try openCases(store)
            let importer = try Importer(store, actor: actor.identity, role: role.role) {
                (try? store.time()) ?? wallClock()
            }
            let summary = try importer.run(reader, mode: apply ? .apply : .rehearsal) { summary in
                Console.progress("\(summary.rows) rows, \(summary.refused) refused")
            }
            return (summary, try openCases(store) - before)
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        Console.endProgress()
        try errorFiles.finish()
        let report = ImportReport(
            summary: summary, isApplied: apply, newCases: cases, errorFiles: errorFiles.paths, examples: examples,
            seconds: seconds)
        if output.json { Console.json(report.json) } else { report.lines.forEach { Console.print($0) } }
    }

    private func openCases(_ store: CredentialStore) throws -> Int64 {
        try store.replica.reading { db in
            try Int64.fetchOne(db, sql: "SELECT count(*) FROM violation WHERE standing <> 'settled'") ?? 0
        }
    }
}

/// What `assay import` tells.
struct ImportReport {
    let summary: ImportSummary
    let isApplied: Bool
    let newCases: Int64
    let errorFiles: [String]
    let examples: [ImportFailure]
    let seconds: Double

    private var targets: [(name: String, counts: ImportSummary.Counts)] {
        ImportTarget.allCases.compactMap { target in summary.counts[target].map { (target.rawValue, $0) } }
    }

    var lines: [String] {
        var lines: [String] = []
        func cell(_ text: String) -> String { String(repeating: " ", count: max(1, 12 - text.count)) + text }
        if !targets.isEmpty {
            let names = isApplied ? ["made", "changed", "as before"] : ["to make", "to change", "as it is"]
            lines.append(Console.styled("           " + names.map(cell).joined(), .heading))
        }
        for (name, counts) in targets {
            let columns = [counts.made, counts.changed, counts.same].map { cell(String($0)) }.joined()
            lines.append(name + String(repeating: " ", count: max(1, 11 - name.count)) + columns)
        }
        if summary.refused > 0 {
            lines.append(Console.styled("refused: \(summary.refused) rows", .bad))
            for failure in examples { lines.append("  \(failure.source.path):\(failure.line): \(failure.reason)") }
            for path in errorFiles { lines.append("  all of them, with reasons: \(path)") }
        }
        if newCases > 0 { lines.append(Console.styled("cases opened: \(newCases): assay conflicts list", .warning)) }
        if summary.changesNothing {
            lines.append("Nothing changed: the store says all of this already.")
        } else if isApplied {
            lines.append("Saved: \(summary.changeSets) change sets.")
        } else {
            lines.append("Dry run: nothing was written. Run it again with --apply.")
        }
        return lines
    }

    var json: JSONValue {
        let counts: [(String, JSONValue)] = targets.map { name, counts in
            (
                name,
                ["made": JSONValue(counts.made), "changed": JSONValue(counts.changed), "same": JSONValue(counts.same)]
            )
        }
        return [
            "applied": .flag(isApplied), "nothingChanged": .flag(summary.changesNothing), "records": .object(counts),
            "refused": JSONValue(summary.refused), "errorFiles": .list(errorFiles.map { .text($0) }),
            "rows": JSONValue(summary.rows), "changeSets": JSONValue(summary.changeSets),
            "batches": JSONValue(summary.batches), "casesOpened": .number(newCases),
            "milliseconds": .number(Int64(seconds * 1_000)),
        ]
    }
}

/// Finds which input each named file is.
enum ImportFolder {
    static func sort(_ files: [String], _ mapping: ImportMapping) throws -> (folder: String, paths: [String: [String]])
    {
        guard let first = files.first else {
            throw Failure("no-files", "Nothing to import: name a folder or files.", exit: Failure.usage)
        }
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: first, isDirectory: &isFolder) else {
            throw Failure("no-files", "\(first) is not there: check the path.", exit: Failure.usage)
        }
        if isFolder.boolValue {
            guard files.count == 1 else {
                throw Failure("no-files", "Name one folder, or files, not both.", exit: Failure.usage)
            }
            return (first, [:])
        }
        var paths: [String: [String]] = [:]
        for file in files {
            let name = String(file.split(separator: "/").last ?? "")
            let fitting = mapping.inputs.filter { fnmatch($0.pattern, name, FNM_PERIOD) == 0 }
            let inputs = fitting.isEmpty && mapping.inputs.count == 1 ? mapping.inputs : fitting
            guard !inputs.isEmpty else {
                let patterns = mapping.inputs.map(\.pattern).joined(separator: ", ")
                throw Failure(
                    "unknown-file", "The mapping takes no file named \(name): it takes \(patterns).",
                    exit: Failure.usage)
            }
            for input in inputs { paths[input.role, default: []].append(file) }
        }
        let folder = first.contains("/") ? String(first[..<(first.lastIndex(of: "/") ?? first.startIndex)]) : "."
        return (folder.isEmpty ? "/" : folder, paths)
    }
}

extension Failure {
    init(_ error: TabularError) {
        self.init(
            error.code.rawValue, error.description.replacing(" [\(error.code.rawValue)]", with: ""),
            exit: error.code == .file ? Failure.inputOutput : Failure.refused)
    }
}
