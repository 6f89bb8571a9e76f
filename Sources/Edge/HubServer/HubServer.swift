import HubLogic
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import ServiceLifecycle
import SyncProtocol
import SyncTransport

/// A hub: listens for children, runs a session with each, and stays live with its own parent if it has one.
///
///     children ── HubConnection ──┐
///     children ── HubConnection ──┼── SegmentWriter ── SessionStore ── SyncClient ── parent
///     children ── HubConnection ──┘        (one commit for many)  └── changes ──> all connections
public final class HubServer: Service {
    let configuration: Configuration
    let store: any SessionStore
    let logger: Logger
    let writer: SegmentWriter
    let floor = SessionFloor()
    let pages = FeedPages()
    let book = SessionBook()
    let metrics: HubMetrics
    private let uplink: Uplink?
    private let port = FirstValue<Int>()
    private let shutdown: AsyncStream<Void>
    private let requestShutdown: AsyncStream<Void>.Continuation

    /// Throws ``HubServerError/addressNotLoopback(_:)`` where the address can be reached from a network and
    /// `insecure` is not set.
    public init(configuration: Configuration, store: any SessionStore, logger: Logger) throws(HubServerError) {
        guard configuration.insecure || isLoopback(configuration.host) else {
            throw .addressNotLoopback(configuration.host)
        }
        self.configuration = configuration
        self.store = store
        self.logger = logger
        metrics = HubMetrics(configuration.metrics)
        writer = SegmentWriter(store, configuration, metrics, logger)
        uplink = configuration.parent.map { [metrics] in Uplink($0.hubs, metrics, clock: configuration.clock) }
        (shutdown, requestShutdown) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// The port that the hub listens on; waits until it does. Throws what kept the hub from listening.
    public var boundPort: Int {
        get async throws { try await port.value }
    }

    /// How many sessions are open now.
    public var sessionCount: Int { floor.count }

    /// The sessions that are open now, in the order in which they began.
    public var sessions: [SessionStatus] { book.open }

    /// The last session of each child that was here and has none now, as far as that is remembered.
    public var away: [SessionStatus] { book.away }

    /// What was counted since the hub started.
    public var tally: HubTally { metrics.tally }

    /// How this hub stands with the hub above it; nil where it has none.
    public var uplinkStatus: UplinkStatus? { uplink?.status }

    /// How many group commits there were, and how many segments they held.
    public var commitCounts: (commits: Int, segments: Int) {
        get async { (await writer.commits, await writer.segments) }
    }

    /// Serves until graceful shutdown or cancellation. Sessions are then told `shutting-down`, what they handed over is
    /// committed, and the port is free. Throws where the port cannot be had or the store does not open.
    public func run() async throws {
        do {
            // A store that cannot say who it is serves nobody.
            _ = try await store.hubIdentity()
            let listener = try await listen()
            port.set(.success(listener.channel.localAddress?.port ?? configuration.port))
            logger.log(
                .info, .hubListening, "hub listens",
                ["address": "\(configuration.host)", "port": "\(listener.channel.localAddress?.port ?? 0)"])
            try await withGracefulShutdownHandler {
                try await serve(listener)
            } onGracefulShutdown: {
                self.requestShutdown.yield()
            }
            logger.log(.info, .hubStopped, "hub has stopped")
        } catch {
            port.set(.failure(error))
            throw error
        }
    }

    /// Linux's TCP_NOTSENT_LOWAT (tcp(7)): how much the kernel holds for a peer that does not read, beyond what is on its
    /// way. Without it that grows to megabytes for each.
    private static let unsentMax = ChannelOptions.Types.SocketOption(
        level: .tcp, name: NIOBSDSocket.Option(rawValue: 25))
    private static let unsentBytesMax = 131_072

    /// A connection keeps its buffer while it rests, and grows it while it has much to read.
    private static let readBuffers = AdaptiveRecvByteBufferAllocator(minimum: 256, initial: 512, maximum: 65_536)

    /// Connections come out as bare channels that do not read yet: one that is wrapped and never served, because the
    /// hub stops between its arrival and its turn, would trap.
    private func listen() async throws -> NIOAsyncChannel<any Channel, Never> {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.recvAllocator, value: HubServer.readBuffers)
            .childChannelOption(HubServer.unsentMax, value: HubServer.unsentBytesMax)
            .bind(host: configuration.host, port: configuration.port) { [floor] channel in
                guard floor.arrived(channel) else {
                    channel.close(promise: nil)
                    return channel.eventLoop.makeFailedFuture(ChannelError.alreadyClosed)
                }
                return channel.eventLoop.makeSucceededFuture(channel)
            }
    }

    private func serve(
        _ listener: NIOAsyncChannel<any Channel, Never>
    ) async throws {
        let observation = store.observe { [floor, uplink, pages] change in
            pages.forget()
            if case .reachedHQ = change { uplink?.receiptCame() }
            floor.noticed(change)
        }
        defer { observation.cancel() }
        try await listener.executeThenClose { connections in
            await withTaskGroup(of: Void.self) { services in
                services.addTask { await self.writer.run() }
                services.addTask { await self.floor.spreadNews() }
                services.addTask { await self.floor.spreadToAll() }
                services.addTask { await self.floor.beat(every: self.configuration.heartbeat) }
                if let parent = configuration.parent, let uplink {
                    services.addTask { await self.follow(parent, uplink) }
                }
                await accept(connections)
                await writer.close()
                services.cancelAll()
            }
        }
    }

    /// Runs a task for each connection until shutdown is asked for, then ends them all within the grace.
    private func accept(
        _ connections: NIOAsyncChannelInboundStream<any Channel>
    ) async {
        await withTaskGroup(of: Void.self) { sessions in
            sessions.addTask {
                await withDiscardingTaskGroup { group in
                    do {
                        for try await channel in connections {
                            group.addTask { await self.welcome(channel) }
                        }
                    } catch is CancellationError {
                        // Shutdown was asked for.
                    } catch { self.logger.log(.error, .acceptFailed, "accepting failed", ["error": "\(error)"]) }
                }
            }
            for await _ in shutdown { break }
            await floor.endAll(SyncError(.shuttingDown, "the hub is restarting; sync again in a minute"))
            await floor.waitUntilEmpty(atMost: configuration.grace)
            sessions.cancelAll()
        }
        floor.closeUnserved()
    }

    /// Stays live with the parent. Where that refuses this hub, it is tried again with the waits of a lost line: what is in
    /// the way is mended above as often as here, and nobody sits before a hub to start it again. Children are served all
    /// the same.
    private func follow(_ parent: SyncClient.Configuration, _ uplink: Uplink) async {
        var configuration = parent
        configuration.outlastsRefusals = true
        var logger = logger
        if let identity = try? await store.hubIdentity() { logger[metadataKey: "replica"] = "\(identity.lineage.hub)" }
        let client = SyncClient(configuration: configuration, store: store, logger: logger) { [logger] notice in
            uplink.take(notice)
            if case .retrying(_, let failure) = notice, uplink.isNews(failure) {
                logger.log(
                    .critical, .uplinkRefused, "the parent refuses this hub; it is tried again",
                    ["code": "\(failure.code)", "detail": "\(failure)"])
            }
        }
        do { try await client.watch() } catch {
            logger.log(.critical, .uplinkRefused, "the link with the parent has ended", ["detail": "\(error)"])
        }
    }
}
