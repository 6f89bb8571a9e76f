import ArgumentParser
import CredentialStore
import Foundation
import HubWatching
import ReplicaStore

/// `assay hub status`
struct HubStatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "How a hub of this machine fares: its sessions, what lags, what waits, the hub above.",
        usage: "assay hub status [<options>]",
        discussion: """
            EXAMPLE
              assay hub status --store region

            Asks the hub that runs on the store, by a socket beside it that its owner alone may use. Where none runs, it \
            says so and tells what the store alone knows.

            Exit code 2 where change sets were put aside, the store cannot be read or the hub above refuses this one, 69 \
            where no hub runs.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "How many sessions to list, those that lag most first.") var limit = 20

    func run() throws {
        try reporting(output) {
            let running: HubStatus?
            do throws(StatusSocket.AskingError) { running = try StatusSocket.ask(in: location.path) } catch {
                throw Failure(error, location.path)
            }
            let status = try running ?? fromStore()
            if output.json {
                Console.print(String(decoding: try JSONEncoder.stable.encode(status), as: UTF8.self))
            } else {
                HubStatusText(status, now: wallClock(), limit: max(limit, 0)).lines.forEach { Console.print($0) }
            }
            if !status.isRunning { throw Failure.unavailable }
            if status.needsPerson { throw Failure.waiting }
        }
    }

    private func fromStore() throws -> HubStatus {
        try location.with { store in
            let isHeadquarters = try store.isHeadquarters()
            let identity = store.replica.identity
            guard store.replica.isHub else {
                throw Failure("not-a-hub", "\(identity.name) is no hub: make one with assay init --hub.")
            }
            return HubStatus(
                isRunning: false,
                hub: HubStatus.Hub(
                    name: identity.name, replica: identity.replica.description, isHeadquarters: isHeadquarters),
                store: try store.replica.health(isHeadquarters: isHeadquarters))
        }
    }
}

extension HubStatus {
    fileprivate var needsPerson: Bool { store?.quarantined.isEmpty != true || uplink?.state == .refused }
}

extension Failure {
    fileprivate init(_ error: StatusSocket.AskingError, _ path: String) {
        switch error {
        case .notAllowed(let reason):
            self.init("hub-not-asked", "The hub at \(path) cannot be asked: \(reason). Ask as its owner.")
        case .noAnswer:
            self.init(
                "hub-silent", "The hub at \(path) does not answer; see its log, or restart it.",
                exit: Failure.unavailable)
        case .unreadable(let reason):
            self.init(
                "hub-unreadable", "The hub at \(path) answers in a way that this build does not read: \(reason).")
        }
    }
}
