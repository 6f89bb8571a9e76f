import CredentialStore
import Credentialing
import Foundation
import HubServer
import HubWatching
import HybridTime
import Logging
import Merging
import PrometheusMetrics
import ReplicaStore
import ServiceLifecycle
import StoreSync
import SyncTransport
import Testing

/// A replica of an organisation in a folder of its own.
struct Site: Sendable {
    let folder: String
    let store: CredentialStore
    let sessions: StoreSessions

    init(_ number: UInt64, isHub: Bool, isHeadquarters: Bool = false, under parent: String? = nil) throws {
        let parent = parent ?? NSTemporaryDirectory()
        folder = URL(fileURLWithPath: parent).appendingPathComponent("assay-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        store = try CredentialStore.create(
            in: folder,
            identity: Identity(
                replica: ReplicaID(number), organisation: Array(repeating: 7, count: 16), name: "Site \(number)"),
            isHub: isHub)
        sessions = StoreSessions(store.replica, isHeadquarters: isHeadquarters)
    }

    func register(_ number: UInt64) throws {
        let form = RegisterPerson(
            candidateNumber: CandidateNumber.text(number * 7_919), given: "Ana", family: "Novák")
        _ = try store.perform(form, actor: ActorIdentity("dora"), now: WallClock.milliseconds())
    }

    func sync(with port: Int) async throws { _ = try await client(port).syncOnce() }

    func client(_ port: Int) -> SyncClient {
        SyncClient(
            configuration: .init(host: "127.0.0.1", port: port), store: sessions,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func remove() {
        try? store.replica.close()
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// A hub with everything that watches it, as `assay hub serve` runs it.
struct WatchedHub: Sendable {
    let site: Site
    let port: Int
    let metricsPort: Int

    static var registry: PrometheusRegistry { PrometheusRegistry(HubFamilies.all) }
    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func run<Result: Sendable>(
        _ site: Site, isHeadquarters: Bool = true, parent: Int? = nil,
        _ body: @escaping @Sendable (WatchedHub) async throws -> Result
    ) async throws -> Result {
        let registry = registry
        var configuration = HubServer.Configuration()
        configuration.metrics = registry
        configuration.parent = parent.map { SyncClient.Configuration(host: "127.0.0.1", port: $0) }
        let server = try HubServer(configuration: configuration, store: site.sessions, logger: logger)
        let observer = HubObserver(
            server, site.store.replica, registry, isHeadquarters: isHeadquarters, host: "127.0.0.1",
            clock: WallClock.milliseconds)
        let endpoint = try MetricsEndpoint(HubAddress(host: "127.0.0.1", port: 0), observer, logger)
        let socket = StatusSocket(in: site.folder, observer, logger)
        let group = ServiceGroup(services: [server, socket, endpoint], logger: logger)
        let running = Task { try await group.run() }
        let result: Swift.Result<Result, any Error>
        do {
            let hub = WatchedHub(
                site: site, port: try await server.boundPort, metricsPort: try await endpoint.boundPort)
            result = .success(try await body(hub))
        } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await running.value
        return try result.get()
    }

    /// Waits for the socket, which is there a moment after the port.
    func status() async throws -> HubStatus {
        for _ in 0..<2_000 {
            if let status = try await ask() { return status }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw CancellationError()
    }

    /// Asking blocks, so it has a thread of its own.
    func ask() async throws -> HubStatus? { try await WatchedHub.ask(in: site.folder) }

    static func ask(in folder: String) async throws -> HubStatus? {
        try await blocking { try StatusSocket.ask(in: folder) }
    }

    func metrics() async throws -> Exposition {
        let answer = try await WatchedHub.http(metricsPort, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        #expect(parts[0].contains("Content-Type: text/plain; version=0.0.4"))
        return try Exposition(String(parts[1]))
    }

    /// Sends a request over a socket and returns all that comes back.
    static func http(_ port: Int, _ request: String) async throws -> String {
        try await blocking {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = in_port_t(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let connected = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
            }
            guard connected == 0 else { throw POSIXError(.ECONNREFUSED) }
            try file.write(contentsOf: Data(request.utf8))
            return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
        }
    }

    /// On a thread of its own: the shared ones are few, and the hub's work needs them.
    private static func blocking<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
        }
    }
}

/// Waits until something holds, giving way in between; false after many turns.
func eventually(_ condition: @Sendable () async throws -> Bool) async rethrows -> Bool {
    for _ in 0..<2_000 {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return false
}
