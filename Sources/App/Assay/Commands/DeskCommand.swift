import ArgumentParser
import CredentialStore
import Desk
import Foundation
import TerminalCells

/// `assay desk`
struct DeskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "desk",
        abstract: "The desk on exam day: check people in, follow sittings, key scores.",
        usage: "assay desk [<options>]",
        discussion: """
            EXAMPLE
              assay desk --store lisbon --hub 127.0.0.1:7401 --as 1042 --station "Desk 1"

            Runs on a terminal of at least \(DeskModel.columnsMin) by \(DeskModel.rowsMin) characters. Works without a \
            hub; where one is known, it syncs by itself. F1 shows the keys.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var hubs: HubOptions
    @Option(name: .customLong("as"), help: "Your staff number, offered first; the desk asks for the PIN.")
    var actor: String?
    @Option(help: "The desk's name. Default: the store's.") var station: String?
    @Option(help: "The code of the only site to show. Default: every site of the store.") var site: String?

    @Flag(help: "Practise: a throw-away store with made-up people, tickets P1001 onwards; choose any PIN.")
    var practice = false

    func run() async throws {
        try await reporting(try OutputOptions.parse([])) {
            guard isatty(STDIN_FILENO) != 0, isatty(STDOUT_FILENO) != 0 else {
                throw Failure("no-terminal", ScreenError.notATerminal.description, exit: Failure.usage)
            }
            if practice { return try await practise() }
            let store = try location.open()
            do {
                try await run(store)
                try store.replica.close()
            } catch {
                try? store.replica.close()
                throw error
            }
        }
    }

    private func practise() async throws {
        let day = try PracticeDay(now: wallClock())
        defer { day.end() }
        let services = try StoreDeskServices(
            day.store, StoreDeskServices.Options(actor: "proctor", station: "Practice", folder: day.folder))
        try await run(services, "Practice site")
    }

    private func run(_ store: CredentialStore) async throws {
        let services = try StoreDeskServices(
            store,
            StoreDeskServices.Options(
                actor: actor, station: station ?? store.replica.identity.name, site: site,
                hubs: try hubs.addresses(store), folder: location.path))
        try await run(services, site ?? store.replica.identity.name)
    }

    private func run(_ services: StoreDeskServices, _ title: String) async throws {
        let settings = DeskSettings(
            site: title, utcOffsetSeconds: TimeZone.current.secondsFromGMT(), isPractice: practice)
        do {
            try await DeskProgram.run(services: services, settings: settings, now: wallClock)
        } catch let error as ScreenError {
            throw Failure("no-terminal", error.description, exit: Failure.usage)
        }
        await services.stop()
    }
}
