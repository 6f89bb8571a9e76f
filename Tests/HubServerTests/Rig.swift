import HubServer
import Logging
import NIOConcurrencyHelpers
import SyncProtocol
import SyncTestSupport
import SyncTransport

/// A hub on a port of the system's choosing, over a memory store.
struct Rig: Sendable {
    let hub: HubServer
    let store: SharedMemoryStore
    let port: Int
    let log: LogLines

    /// Runs a hub for as long as the body does.
    static func run<Result: Sendable>(
        _ store: MemoryStore, _ configure: (inout HubServer.Configuration) -> Void = { _ in },
        _ body: @escaping @Sendable (Rig) async throws -> Result
    ) async throws -> Result {
        var store = store
        store.chunkDocumentsMax = 500
        var configuration = HubServer.Configuration()
        configure(&configuration)
        let log = LogLines()
        let shared = SharedMemoryStore(store)
        let hub = try HubServer(configuration: configuration, store: shared, logger: log.logger)
        let running = Task { try await hub.run() }
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(try await body(Rig(hub: hub, store: shared, port: try await hub.boundPort, log: log)))
        } catch { result = .failure(error) }
        running.cancel()
        // The port is free then: another hub may take it.
        _ = await running.result
        return try result.get()
    }

    /// A port outside of the system's own range: one that a stopped hub leaves is not taken by another test's.
    static func privatePort() -> Int { Int.random(in: 20_000..<30_000) }

    func client(
        _ store: SharedMemoryStore, notify: @escaping SyncClient.Observer = { _ in }
    ) -> SyncClient {
        var configuration = SyncClient.Configuration(host: "127.0.0.1", port: port)
        configuration.retry = .milliseconds(10) ... .milliseconds(40)
        return SyncClient(configuration: configuration, store: store, logger: log.logger, notify: notify)
    }
}

/// Keeps log lines, so that tests can ask what an operator would have seen.
final class LogLines: Sendable {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: [String: String]
    }

    private let kept = NIOLockedValueBox<[Line]>([])

    var lines: [Line] { kept.withLockedValue { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(kept: self.kept) } }

    private struct Handler: LogHandler {
        let kept: NIOLockedValueBox<[Line]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
            kept.withLockedValue { $0.append(Line(level: event.level, message: "\(event.message)", metadata: all)) }
        }
    }
}

/// Waits until something holds, giving way in between; false after many turns.
func eventually(_ condition: @Sendable () async -> Bool) async -> Bool {
    for _ in 0..<2_000 {
        if await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return false
}
