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
        discussion: """
            EXAMPLE
              assay sync --hub 127.0.0.1:7400
              assay sync --hub 127.0.0.1:7400 --watch

            A session that is cut loses nothing: run it again and it goes on where it was. The hub's address is \
            remembered for the next time.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The hub, as address:port. Default: the last one.") var hub: String?
    @Flag(help: "Stay connected, and reconnect when the line comes back.") var watch = false

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
        guard let address = try hub ?? store.hubAddress() else {
            throw Failure("no-hub", "No hub is known yet: say which with --hub address:port.", exit: Failure.usage)
        }
        let target = try HostPort(address)
        let watching = watch
        let client = SyncClient(
            configuration: SyncClient.Configuration(host: target.host, port: target.port),
            store: StoreSessions(store.replica, isHeadquarters: try store.isHeadquarters()),
            logger: Logger(label: "assay.sync") { _ in SwiftLogNoOpLogHandler() }
        ) { notice in
            switch notice {
            case .progress(let totals):
                Console.progress(
                    "\(totals.phase.rawValue): \(totals.changeSetsPushed) sent, \(totals.changeSetsPulled) received, "
                        + "\(totals.bytesSent + totals.bytesReceived) bytes")
            case .skew(let skew) where watching:
                // Kept for the desk and for status; a session's thread does not wait for the disk.
                DispatchQueue.global().async { try? store.setClockSkew(skew.milliseconds) }
                if abs(skew.milliseconds) > 2_000 {
                    Console.warn("assay: this device is \(ClockWords.amount(skew.milliseconds)); times are corrected.")
                }
            case .settled:
                if let note = try? store.replica.identityNote() { Console.warn("assay: \(note.inWords)") }
            case .ended(.refusedByPeer(let error)) where error.code == .hubRegressed:
                Console.warn("assay: \(error.message)")
            case .retrying(let milliseconds, let reason) where watching:
                Console.warn("assay: \(reason); next try in \(milliseconds / 1_000) s")
            default: break
            }
        }
        if watch {
            let observer = StoreWatch(store.replica)
            try store.setHubAddress(address)
            try await client.watch()
            withExtendedLifetime(observer) {}
            return
        }
        let totals: SyncTotals
        do { totals = try await client.syncOnce() } catch let error as SyncFailure { throw Failure(error) }
        Console.endProgress()
        try store.setHubAddress(address)
        if let skew = totals.skew { try store.setClockSkew(skew.milliseconds) }
        report(totals, address)
    }

    private func report(_ totals: SyncTotals, _ address: String) {
        if output.json {
            Console.json([
                "hub": .text(totals.hubName), "address": .text(address), "sent": JSONValue(totals.changeSetsPushed),
                "received": JSONValue(totals.changeSetsPulled), "snapshotBytes": JSONValue(totals.snapshotBytes),
                "bytesSent": JSONValue(totals.bytesSent), "bytesReceived": JSONValue(totals.bytesReceived),
                "clockSkewMilliseconds": JSONValue(totals.skew?.milliseconds),
            ])
            return
        }
        var line = "\(totals.hubName): \(totals.changeSetsPushed) change sets sent, \(totals.changeSetsPulled) received"
        if totals.snapshotBytes > 0 { line += ", \(totals.snapshotBytes) bytes of state" }
        Console.print(line)
        Console.print("\(totals.bytesSent) bytes up, \(totals.bytesReceived) down")
        if let skew = totals.skew, abs(skew.milliseconds) > 2_000 {
            Console.warn("assay: this device is \(ClockWords.amount(skew.milliseconds)); times are corrected.")
        }
    }
}
