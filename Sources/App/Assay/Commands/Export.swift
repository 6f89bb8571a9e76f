import ArgumentParser
import CredentialStore
import Foundation
import GRDB
import Importing
import Tabular

/// `assay export`
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write people, bookings, scores or open cases as CSV.",
        usage: "assay export <what> [<options>]",
        discussion: """
            EXAMPLE
              assay export people --csv people.csv

            The first line names the format and its version, the second the columns. What was imported comes out as it \
            went in. An apostrophe stands before fields that a spreadsheet would take for a formula; an import with \
            escapeFormulas takes it away again.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Argument(help: "people, bookings, scores or cases.") var what: ExportWhat
    @Option(help: "The file to write, mode 0600. Default: the standard output.") var csv: String?
    @Flag(inversion: .prefixedNo, help: "Put an apostrophe before formula characters.") var escapeFormulas = true

    enum ExportWhat: String, CaseIterable, ExpressibleByArgument {
        case people, bookings, scores, cases

        var table: ExportTable {
            switch self {
            case .people: .people
            case .bookings: .bookings
            case .scores: .scores
            case .cases: .cases
            }
        }
    }

    func run() throws {
        try reporting(output) {
            let options = CSVOptions(escapeFormulas: escapeFormulas)
            let path = csv ?? "/dev/stdout"
            do {
                let count = try location.with { store in
                    var writer = try CSVWriter(path: path, options: options)
                    let count = try what.table.write(store, to: &writer) { rows in
                        if csv != nil { Console.progress("\(rows) rows") }
                    }
                    try writer.finish()
                    return count
                }
                Console.endProgress()
                guard let csv else { return }
                if output.json {
                    Console.json(["file": .text(csv), "rows": JSONValue(count)])
                } else {
                    Console.print("\(count) rows in \(csv)")
                }
            } catch let error as TabularError {
                Console.endProgress()
                throw Failure(error)
            }
        }
    }
}
