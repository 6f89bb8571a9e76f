import ArgumentParser
import CredentialStore

/// `assay status`
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is saved here, at the hub and at headquarters; the clock; open cases.",
        usage: "assay status [<options>]",
        discussion: """
            EXAMPLE
              assay status --store lisbon
              assay status --store lisbon --watch

            Exit code 2 where cases wait for a person or change sets were put aside. With --watch it stays until Ctrl-C, \
            and with --json as well it writes one object a line for each change.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Stay, and show it anew whenever it changes.") var watch = false

    func run() async throws {
        try await reporting(output) {
            let store = try location.open()
            do {
                if watch {
                    try await StatusWatch(store, json: output.json).run()
                } else {
                    try show(store)
                }
            } catch {
                try? store.replica.close()
                throw error
            }
            try store.replica.close()
        }
    }

    private func show(_ store: CredentialStore) throws {
        let report = try StatusReport(store)
        if output.json { Console.json(report.json) } else { report.lines.forEach { Console.print($0) } }
        if report.needsPerson { throw Failure.waiting }
    }
}
