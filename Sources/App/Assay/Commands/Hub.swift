import ArgumentParser
import CredentialStore
import Foundation
import HubServer
import Logging
import ServiceLifecycle
import StoreSync
import SyncTransport

/// `assay hub …`
struct Hub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve this store to the replicas below it.", subcommands: [Serve.self])

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Listen for replicas, and stay in sync with the hub above.",
            usage: "assay hub serve [<options>]",
            discussion: """
                EXAMPLE
                  assay hub serve --store region --listen 127.0.0.1:7401 --parent 127.0.0.1:7400

                Listens on loopback only: until sessions are encrypted, names and scores would cross a network in the \
                clear. --insecure listens anywhere all the same, for tests. Ends cleanly on SIGTERM or Ctrl-C.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Address and port to listen on; port 0 lets the system choose.") var listen = "127.0.0.1:7400"
        @Option(
            name: .customLong("parent"),
            help: "The hub above this one, as address:port; again for others to fall back on, in order.")
        var parents: [String] = []
        @Flag(help: "Listen on addresses other than loopback although nothing is encrypted.") var insecure = false
        @Option(help: "What to log: debug, info, notice, warning, error.") var logLevel = "info"

        func run() async throws {
            try await reporting(output) {
                let store = try location.open()
                guard store.replica.isHub else {
                    throw Failure(
                        "not-a-hub", "\(store.replica.identity.name) is no hub: make one with assay init --hub.")
                }
                let address = try HubAddress(argument: listen)
                var configuration = HubServer.Configuration(host: address.host, port: address.port)
                configuration.insecure = insecure
                if !parents.isEmpty {
                    configuration.parent = SyncClient.Configuration(hubs: try HubAddress.list(parents))
                }
                var logger = Logger(label: "assay.hub") { StreamLogHandler.standardError(label: $0) }
                logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
                logger[metadataKey: "hub"] = "\(store.replica.identity.name)"
                let sessions = StoreSessions(store.replica, isHeadquarters: try store.isHeadquarters())
                let watch = StoreWatch(store.replica)
                let server: HubServer
                do { server = try HubServer(configuration: configuration, store: sessions, logger: logger) } catch {
                    throw Failure("address-not-loopback", "\(error)", exit: Failure.usage)
                }
                let group = ServiceGroup(
                    services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
                // Scripts that let the system choose the port read this line.
                async let announced: Void = announce(server, address.host)
                try await group.run()
                await announced
                withExtendedLifetime(watch) {}
                try store.replica.close()
            }
        }

        private func announce(_ server: HubServer, _ host: String) async {
            // A hub that cannot listen says why itself.
            guard let port = try? await server.boundPort else { return }
            let address = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            if output.json {
                Console.json(["listening": .text(address)])
            } else {
                Console.print("listening on \(address)")
            }
        }
    }
}
