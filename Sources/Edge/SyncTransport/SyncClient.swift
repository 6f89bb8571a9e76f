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

/// Runs a replica's sessions with its parent over TCP: once, or for ever. Where there is a list of hubs, its parent is the
/// first of them that takes it.
public struct SyncClient: Sendable {
    /// Where the parent is and how sessions run.
    public struct Configuration: Sendable {
        /// In the order of preference; never empty.
        public var hubs: [HubAddress]
        public var windowBytes = SyncLimits.windowBytesMin
        /// How long a connection may take to come about.
        public var connectTimeout: TimeAmount = .seconds(10)
        /// How long to wait for the hub to close after our last frame.
        public var grace: Duration = .seconds(2)
        public var heartbeat: Duration = .milliseconds(SyncTimes.heartbeatMilliseconds)
        /// The wait before the first and before every late retry in watch mode; each is drawn between half and all.
        public var retry: ClosedRange<Duration> = .seconds(1) ... .seconds(60)
        /// How often a live replica looks whether a hub that it prefers to the present one is back; the longer, the more
        /// often such a return came to nothing.
        public var comeBack: ClosedRange<Duration> = .seconds(30) ... .seconds(600)
        /// Whether watching goes on, with its waits, where every hub refuses this replica. A hub's own link does: nobody
        /// sits before it to start it again.
        public var outlastsRefusals = false
        public var clock: @Sendable () -> Int64 = WallClock.milliseconds

        public init(host: String, port: Int) { hubs = [HubAddress(host: host, port: port)] }

        /// - Parameter hubs: at least one.
        public init(hubs: [HubAddress]) {
            precondition(!hubs.isEmpty, "at least one hub")
            self.hubs = hubs
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

    /// Pushes all and pulls all with the first hub that takes it, then returns what was moved. Throws ``SyncFailure`` where
    /// it did not come to that with any, and `CancellationError` where its task was cancelled; what was committed until
    /// then stays.
    public func syncOnce() async throws -> SyncTotals {
        var choice = HubChoice(configuration.hubs)
        while true {
            do { return try await exchange(with: choice.current) } catch let failure as SyncFailure {
                guard case .hub = fail(&choice, failure) else { throw choice.combined }
            }
        }
    }

    private func exchange(with hub: HubAddress) async throws -> SyncTotals {
        var visitor = Visitor(hub: hub)
        var attempt = 1
        while true {
            let (end, totals) = try await session(&visitor)
            try Task.checkCancellation()
            if end == .completed { return totals }
            guard end.goesOnAtOnce, attempt < SyncClient.attemptsMax else { throw SyncFailure.ended(end) }
            attempt += 1
        }
    }

    /// Notes and tells that a hub did not take it.
    func fail(_ choice: inout HubChoice, _ failure: SyncFailure) -> HubChoice.Next {
        tell(.failed(HubFailure(hub: choice.current, failure: failure)))
        return choice.failed(failure)
    }

    /// Sessions that end because a name changed are followed by another at once, but not for ever.
    static let attemptsMax = 16

    /// What is kept from one session with a hub to the next.
    struct Visitor {
        let hub: HubAddress
        var wantsLive = false
        /// Origins with two histories that the store could not settle; they are not looked into again.
        var unresolved: Set<ReplicaID> = []
        /// Yields when the session is to end, because a hub that is preferred is back.
        var leaving: AsyncStream<Void>?
    }

    /// Runs one session from the connection to its end.
    func session(_ visitor: inout Visitor) async throws -> (SessionEnd, SyncTotals) {
        let hub = visitor.hub
        let log = LinkLog(logger, hub)
        let tell: Observer = { [notify] notice in
            log.take(notice)
            notify(notice)
        }
        tell(.connecting(host: hub.host, port: hub.port))
        let channel = try await connect(to: hub)
        tell(.connected)
        let driver = ClientDriver(
            ReplicaSession.Configuration(
                wantsLive: visitor.wantsLive, windowBytes: configuration.windowBytes, unresolved: visitor.unresolved),
            hub: hub, clock: configuration.clock, notify: tell)
        let leaving = visitor.leaving
        var end = SessionEnd.stopped
        do {
            end = try await channel.executeThenClose { inbound, outbound in
                await run(driver, inbound, outbound, leaving, log)
            }
        } catch {
            log.broke("closing failed", error)
            end = await driver.lastEnd ?? .peerLeft
        }
        tell(.ended(end))
        if case .diverged(let divergence) = end {
            let isSettled: Bool
            do { isSettled = try await store.settle(divergence) } catch {
                throw SyncFailure.ended(.storageFailed(StorageFailure(String(describing: error))))
            }
            if !isSettled { visitor.unresolved.insert(divergence.origin) }
            tell(.settled(divergence, isSettled: isSettled))
        }
        return (end, await driver.summary)
    }

    /// Tells what concerns no single session.
    func tell(_ notice: SyncNotice) {
        switch notice {
        case .failed(let failure):
            logger.log(
                .debug, .linkFailed, "a hub did not take it",
                ["address": "\(failure.hub)", "code": "\(failure.failure.code)", "reason": "\(failure.reason)"])
        case .retrying(let milliseconds, let failure):
            logger.log(
                .info, .linkRetrying, "retrying",
                ["code": "\(failure.code)", "reason": "\(failure)", "afterMilliseconds": "\(milliseconds)"])
        case .returning(let hub):
            logger.log(.info, .linkReturning, "a preferred hub is back", ["address": "\(hub)"])
        default: break
        }
        notify(notice)
    }

    /// Connects, or stops waiting at once where the task is cancelled; a connection that then still comes is closed.
    private func connect(to hub: HubAddress) async throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        do {
            return try await asyncChannel(over: channel(to: hub))
        } catch let error as CancellationError {
            throw error
        } catch {
            throw SyncFailure.unreachable(host: hub.host, port: hub.port, reason: SyncClient.words(of: error))
        }
    }

    /// Whether something listens there: a connection comes about, and is closed again.
    func answers(_ hub: HubAddress) async -> Bool {
        guard let channel = try? await channel(to: hub) else { return false }
        channel.close(promise: nil)
        return true
    }

    private func channel(to hub: HubAddress) async throws -> any Channel {
        let first = FirstValue<any Channel>()
        ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(configuration.connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.autoRead, value: false)
            .connect(host: hub.host, port: hub.port)
            .whenComplete { result in
                if !first.set(result.mapError { $0 }), case .success(let channel) = result {
                    channel.close(promise: nil)
                }
            }
        return try await withTaskCancellationHandler {
            try await first.value
        } onCancel: {
            first.set(.failure(CancellationError()))
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
