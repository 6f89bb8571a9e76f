import HybridTime
import Logging
import NIOCore
import NIOPosix
import SyncProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Runs a replica's sessions with its parent over TCP: once, or for ever.
public struct SyncClient: Sendable {
    /// Where the parent is and how sessions run.
    public struct Configuration: Sendable {
        public var host: String
        public var port: Int
        public var windowBytes = SyncLimits.windowBytesMin
        /// How long a connection may take to come about.
        public var connectTimeout: TimeAmount = .seconds(10)
        /// How long to wait for the hub to close after our last frame.
        public var grace: Duration = .seconds(2)
        public var heartbeat: Duration = .milliseconds(SyncTimes.heartbeatMilliseconds)
        /// The wait before the first and before every late retry in watch mode; each is drawn between half and all.
        public var retry: ClosedRange<Duration> = .seconds(1) ... .seconds(60)
        public var clock: @Sendable () -> Int64 = WallClock.milliseconds

        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    public typealias Observer = @Sendable (SyncNotice) -> Void

    let configuration: Configuration
    let store: any SessionStore
    let logger: Logger
    let notify: Observer

    public init(
        configuration: Configuration, store: any SessionStore, logger: Logger, notify: @escaping Observer = { _ in }
    ) {
        self.configuration = configuration
        self.store = store
        self.logger = logger
        self.notify = notify
    }

    /// Pushes all and pulls all, then returns what was moved. Throws ``SyncFailure`` where it did not come to that, and
    /// `CancellationError` where its task was cancelled; what was committed until then stays.
    public func syncOnce() async throws -> SyncTotals {
        var unresolved: Set<ReplicaID> = []
        var attempt = 1
        while true {
            let (end, totals) = try await session(wantsLive: false, &unresolved)
            try Task.checkCancellation()
            if end == .completed { return totals }
            guard end.goesOnAtOnce, attempt < SyncClient.attemptsMax else { throw SyncFailure.ended(end) }
            attempt += 1
        }
    }

    /// Sessions that end because a name changed are followed by another at once, but not for ever.
    private static let attemptsMax = 8

    /// Stays live with the parent and connects again whenever the connection is lost, until its task is cancelled.
    /// Throws ``SyncFailure`` only where a person has to do something first.
    public func watch() async throws {
        var backoff = Backoff(configuration.retry)
        var unresolved: Set<ReplicaID> = []
        var atOnce = 0
        while !Task.isCancelled {
            let failure: SyncFailure
            do {
                let (end, totals) = try await session(wantsLive: true, &unresolved)
                failure = .ended(end)
                if totals.phase == .live {
                    backoff.reset()
                    atOnce = 0
                }
                atOnce += 1
                if end.goesOnAtOnce, atOnce < SyncClient.attemptsMax { continue }
            } catch let error as SyncFailure {
                failure = error
            } catch is CancellationError {
                break
            }
            if Task.isCancelled { break }
            guard failure.isTransient else { throw failure }
            var random = SystemRandomNumberGenerator()
            let wait = backoff.next(using: &random)
            notify(.retrying(afterMilliseconds: Int64(wait / .milliseconds(1)), reason: failure.description))
            logger.info("retrying", metadata: ["reason": "\(failure)", "wait": "\(wait)"])
            do { try await Task.sleep(for: wait) } catch { break }
        }
    }

    /// - Parameter unresolved: origins with two histories that the store could not settle; they are not looked into again.
    private func session(
        wantsLive: Bool, _ unresolved: inout Set<ReplicaID>
    ) async throws -> (SessionEnd, SyncTotals) {
        notify(.connecting(host: configuration.host, port: configuration.port))
        let channel = try await connect()
        notify(.connected)
        let driver = ClientDriver(
            ReplicaSession.Configuration(
                wantsLive: wantsLive, windowBytes: configuration.windowBytes, unresolved: unresolved),
            clock: configuration.clock, notify: notify)
        var end = SessionEnd.stopped
        do {
            end = try await channel.executeThenClose { inbound, outbound in
                await run(driver, inbound, outbound)
            }
        } catch {
            logger.debug("closing failed", metadata: ["error": "\(error)"])
            end = await driver.lastEnd ?? .peerLeft
        }
        notify(.ended(end))
        if case .diverged(let divergence) = end {
            let isSettled: Bool
            do { isSettled = try await store.settle(divergence) } catch {
                throw SyncFailure.ended(.storageFailed(StorageFailure(String(describing: error))))
            }
            if !isSettled { unresolved.insert(divergence.origin) }
            notify(.settled(divergence, isSettled: isSettled))
        }
        return (end, await driver.summary)
    }

    /// Connects, or stops waiting at once where the task is cancelled; a connection that then still comes is closed.
    private func connect() async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let (host, port) = (configuration.host, configuration.port)
        let first = FirstValue<any Channel>()
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(configuration.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connect(host: host, port: port)
            .whenComplete { result in
                if !first.set(result.mapError { $0 }), case .success(let channel) = result {
                    channel.close(promise: nil)
                }
            }
        do {
            let channel = try await withTaskCancellationHandler {
                try await first.value
            } onCancel: {
                first.set(.failure(CancellationError()))
            }
            return try await asyncChannel(over: channel)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw SyncFailure.unreachable(host: host, port: port, reason: SyncClient.words(of: error))
        }
    }

    /// The system's own words for why a connection did not come about, such as "Connection refused".
    private static func words(of error: any Error) -> String {
        let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        guard let failure = cause as? IOError else { return String(describing: cause) }
        return String(cString: strerror(failure.errnoCode))
    }
}

extension SessionEnd {
    /// Whether another session with the same hub has to follow at once: a name changed on one side, and nothing failed.
    var goesOnAtOnce: Bool {
        switch self {
        case .diverged: true
        case .refusedByPeer(let error): error.code == .hubRegressed
        default: false
        }
    }
}

/// Wraps a connection that does not read yet, and lets it read. Whoever gets the result runs it: one that is dropped
/// traps. Throws where the connection is gone already.
package func asyncChannel(over channel: any Channel) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
    do {
        return try await channel.eventLoop.submit {
            let wrapped = try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
            return wrapped
        }.get()
    } catch {
        channel.close(promise: nil)
        throw error
    }
}
