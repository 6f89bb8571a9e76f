import ArgumentParser
import CredentialStore
import Foundation
import Logging
import StoreSync
import SyncProtocol
import SyncTransport

/// `assay sync`: one exchange with a hub, or a lasting one.
struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send what is new here to a hub, and take what is new there.",
        usage: "assay sync [<options>]",
        discussion: """
            EXAMPLE
              assay sync --hub 127.0.0.1:7400
              assay sync --hub 127.0.0.1:7401 --hub 127.0.0.1:7400 --watch

            A session that is cut loses nothing: run it again and it goes on where it was. Of several hubs the first that \
            takes it is used, and with --watch an earlier one again when it is back. The list is remembered for the next \
            time (assay hubs). Ctrl-C ends it at any moment.

            While a new store fills, what it has can be worked with: sites, schemes and sessions come first.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var hubs: HubOptions
    @Flag(help: "Stay connected, and reconnect when the line comes back.") var watch = false
    @Flag(help: "Say each second how far a store has come that fills; with --json as objects on the error output.")
    var progress = false
    @OptionGroup var logging: LogOptions

    func run() async throws {
        try await reporting(output) {
            let store = try location.open()
            do {
                try await sync(store)
                try store.replica.close()
            } catch {
                Console.endProgress()
                try? store.replica.close()
                throw error
            }
        }
    }

    private func sync(_ store: CredentialStore) async throws {
        let addresses = try hubs.addresses(store)
        guard !addresses.isEmpty else {
            throw Failure("no-hub", "No hub is known yet: say which with --hub address:port.", exit: Failure.usage)
        }
        var logger = logging.logger("assay.sync", otherwise: nil)
        logger[metadataKey: "replica"] = "\(store.replica.identity.replica)"
        let teller = SyncTeller(store, hubs: addresses, isWatching: watch, json: output.json, saysProgress: progress)
        let client = SyncClient(
            configuration: SyncClient.Configuration(hubs: addresses),
            store: StoreSessions(store.replica, isHeadquarters: try store.isHeadquarters()),
            logger: logger
        ) { teller.take($0) }
        if watch {
            let observer = StoreWatch(store.replica)
            try store.setHubAddresses(addresses.map(\.description))
            try await untilSignalled { try await client.watch() }
            Console.endProgress()
            withExtendedLifetime(observer) {}
            tidy(store, logger)
            return
        }
        let totals: SyncTotals
        do { totals = try await client.syncOnce() } catch let error as SyncFailure { throw Failure(error) }
        Console.endProgress()
        try store.setHubAddresses(addresses.map(\.description))
        if let hub = totals.hub { try store.setHubAddress(hub.description) }
        if let skew = totals.skew { try store.setClockSkew(skew.milliseconds) }
        tidy(store, logger)
        report(totals, teller.passedOver)
    }

    /// Once a day. What could not be folded away stays for the next time, and the sync was good all the same.
    private func tidy(_ store: CredentialStore, _ logger: Logger) {
        do { _ = try store.tidyDaily(now: store.time(), isHeadquarters: store.isHeadquarters()) } catch {
            logger.log(.warning, .tidyFailed, "what nobody needs any more stays", ["reason": "\(error)"])
        }
    }

    /// Runs what only its cancellation ends, until a signal asks for that.
    private func untilSignalled(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let watching = Task { try await body() }
        let signals = SignalActions()
        for number in SignalActions.ends { signals.on(number) { watching.cancel() } }
        defer { signals.cancel() }
        try await watching.value
    }

    private func report(_ totals: SyncTotals, _ passedOver: [HubFailure]) {
        let address = totals.hub?.description ?? ""
        if output.json {
            Console.json([
                "hub": .text(totals.hubName), "address": .text(address), "sent": JSONValue(totals.changeSetsPushed),
                "received": JSONValue(totals.changeSetsPulled), "snapshotBytes": JSONValue(totals.snapshotBytes),
                "bytesSent": JSONValue(totals.bytesSent), "bytesReceived": JSONValue(totals.bytesReceived),
                "clockSkewMilliseconds": JSONValue(totals.skew?.milliseconds),
                "passedOver": .list(passedOver.map(\.json)),
            ])
            return
        }
        var line = "\(totals.hubName): \(totals.changeSetsPushed) change sets sent, \(totals.changeSetsPulled) received"
        if totals.snapshotBytes > 0 { line += ", \(totals.snapshotBytes) bytes of state" }
        Console.print(line)
        Console.print("\(totals.bytesSent) bytes up, \(totals.bytesReceived) down")
        if !passedOver.isEmpty { Console.print("taken by \(address)") }
        if let skew = totals.skew, abs(skew.milliseconds) > 2_000 {
            Console.warn("assay: this device is \(ClockWords.amount(skew.milliseconds)); times are corrected.")
        }
    }
}
