import ArgumentParser
import CredentialStore
import Foundation
import HubServer
import HubWatching
import Logging
import PrometheusMetrics
import ServiceLifecycle
import StoreSync
import SyncTransport

/// `assay hub serve`
struct HubServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Listen for replicas, and stay in sync with the hub above.",
        usage: "assay hub serve [<options>]",
        discussion: """
            EXAMPLE
              assay hub serve --store region --listen 127.0.0.1:7401 \\
                --parent 127.0.0.1:7400 --metrics 127.0.0.1:9464

            Listens on loopback only: until sessions are encrypted, names and scores would cross a network in the \
            clear. --insecure listens anywhere all the same, for tests. Ends cleanly on SIGTERM or Ctrl-C. While it \
            runs, assay hub status tells how it fares.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Address and port to listen on; port 0 lets the system choose.") var listen = "127.0.0.1:7400"
    @Option(
        name: .customLong("parent"),
        help: "The hub above this one, as address:port; again for others to fall back on, in order.")
    var parents: [String] = []
    @Option(help: "Serve metrics in Prometheus' format at http://address:port/metrics; loopback only.")
    var metrics: String?
    @Option(help: "How many sessions may be open at once; each needs an open file (see ulimit -Hn).")
    var sessions = 1_024
    @Flag(help: "Listen on addresses other than loopback although nothing is encrypted.") var insecure = false
    @OptionGroup var logging: LogOptions

    func validate() throws {
        guard (1...1_000_000).contains(sessions) else { throw ValidationError("--sessions takes 1 to 1000000") }
    }

    func run() async throws {
        try await reporting(output) {
            OpenFiles.raiseLimit()
            let store = try location.open()
            guard store.replica.isHub else {
                throw Failure(
                    "not-a-hub", "\(store.replica.identity.name) is no hub: make one with assay init --hub.")
            }
            try await serve(store)
            try store.replica.close()
        }
    }

    private func serve(_ store: CredentialStore) async throws {
        let registry = PrometheusRegistry(HubFamilies.all)
        let configuration = try configuration(registry)
        var logger = logging.logger("assay.hub", otherwise: .info)
        logger[metadataKey: "hub"] = "\(store.replica.identity.name)"
        let isHeadquarters = try store.isHeadquarters()
        let sessions = StoreSessions(store.replica, isHeadquarters: isHeadquarters)
        let watch = StoreWatch(store.replica)
        let server: HubServer
        do { server = try HubServer(configuration: configuration, store: sessions, logger: logger) } catch {
            throw Failure("address-not-loopback", "\(error)", exit: Failure.usage)
        }
        let observer = HubObserver(
            server, store.replica, registry, isHeadquarters: isHeadquarters, host: configuration.host,
            clock: configuration.clock)
        let endpoint = try endpoint(observer, logger)
        var services: [any Service] = [server, StatusSocket(in: location.path, observer, logger)]
        if let endpoint { services.append(endpoint) }
        services.append(
            DailyWork(store: store, logger: logger, isHeadquarters: isHeadquarters, clock: ContinuousClock()) {
                try store.time()
            })
        let group = ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // Scripts that let the system choose the port read these lines.
        async let announced: Void = announce(server, endpoint, configuration.host)
        try await group.run()
        await announced
        withExtendedLifetime(watch) {}
    }

    private func configuration(_ registry: PrometheusRegistry) throws -> HubServer.Configuration {
        let address = try HubAddress(argument: listen)
        var configuration = HubServer.Configuration(host: address.host, port: address.port)
        configuration.insecure = insecure
        configuration.metrics = registry
        configuration.sessionsMax = sessions
        if !parents.isEmpty { configuration.parent = SyncClient.Configuration(hubs: try HubAddress.list(parents)) }
        return configuration
    }

    private func endpoint(_ observer: HubObserver, _ logger: Logger) throws -> MetricsEndpoint? {
        guard let metrics else { return nil }
        do { return try MetricsEndpoint(HubAddress(argument: metrics), observer, logger) } catch let error
            as MetricsEndpointError
        { throw Failure("address-not-loopback", "\(error)", exit: Failure.usage) }
    }

    private func announce(_ server: HubServer, _ endpoint: MetricsEndpoint?, _ host: String) async {
        // What cannot listen says why itself.
        guard let port = try? await server.boundPort else { return }
        let address = HubAddress(host: host, port: port).description
        var watched: String?
        if let endpoint {
            guard let port = try? await endpoint.boundPort else { return }
            watched = "http://\(HubAddress(host: endpoint.host, port: port))/metrics"
        }
        if output.json {
            Console.json(["listening": .text(address), "metrics": JSONValue(watched)])
        } else {
            Console.print("listening on \(address)")
            if let watched { Console.print("metrics at \(watched)") }
        }
    }
}
