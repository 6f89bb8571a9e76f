import ArgumentParser
import Foundation
import HybridTime
import Logging
import NIOCore
import NIOPosix
import SyncProtocol
import SyncTransport

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Many sessions from one process: replicas that hold all there is and stay, and, if they are told to, stop reading.
struct CrowdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crowd",
        abstract: "Holds many sessions with a hub open, each live and up to date.",
        discussion: """
            Says `live COUNT` once all are live, and `ended COUNT` whenever the hub has ended some; ends with its input. Each \
            session has the protocol's own machine on a socket; what it is given it takes as committed. A session needs a file \
            here and one at the hub: this process raises its own limit as far as it may (`ulimit -Hn`).
            """)

    @Option(help: "The hub, as address:port.") var hub: String
    @Option(help: "How many sessions.") var sessions = 1_000
    @Option(help: "The organisation's name in 32 hexadecimal digits.") var organisation: String
    @Flag(help: "Stop reading once live.") var stalled = false

    func run() async throws {
        raiseFileLimit()
        let address = try SocketAddress(
            ipAddress: "127.0.0.1", port: Int(hub.split(separator: ":").last ?? "") ?? 0)
        let digits = Array(organisation.utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        guard let organisation = OrganisationID(bytes) else { throw ValidationError("--organisation takes 32 digits") }
        let (news, told) = AsyncStream.makeStream(of: CrowdMember.News.self)
        let isStalled = stalled
        // As many at a time as the hub's queue of connections holds.
        let group = MultiThreadedEventLoopGroup.singleton
        var live = 0
        var begun = 0
        func begin() {
            guard begun < sessions else { return }
            begun += 1
            let seed = UInt64(begun)
            ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(
                            CrowdMember(seed, organisation, isStalled: isStalled) { told.yield($0) })
                    }
                }
                .connect(to: address).whenFailure { told.yield(.ended("\($0)")) }
        }
        for _ in 0..<min(256, sessions) { begin() }
        var ended = 0
        DispatchQueue.global().async {
            while readLine() != nil {}
            told.finish()
        }
        for await item in news {
            switch item {
            case .live:
                live += 1
                begin()
                if live == sessions { say("live \(live)") }
            case .ended(let reason):
                ended += 1
                begin()
                say("ended \(ended) \(reason)")
            }
        }
    }

    private func say(_ text: String) {
        print(text)
        fflush(nil)
    }

    private func raiseFileLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// One replica of a crowd on its event loop: what it is given it takes as committed.
private final class CrowdMember: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum News: Sendable {
        case live
        case ended(String)
    }

    private var session = ReplicaSession(configuration: .init(wantsLive: true))
    private var frames = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
    private let replica: ReplicaID
    private let organisation: OrganisationID
    private let isStalled: Bool
    private let tell: @Sendable (News) -> Void
    private var end: FeedPosition = 0
    private var reason = "closed"

    init(
        _ seed: UInt64, _ organisation: OrganisationID, isStalled: Bool, tell: @escaping @Sendable (News) -> Void
    ) {
        replica = ReplicaID(seed &* 0x9E37_79B9_7F4A_7C15 | 1)
        self.organisation = organisation
        self.isStalled = isStalled
        self.tell = tell
    }

    func channelActive(context: ChannelHandlerContext) {
        handle(.connected(clock: WallClock.milliseconds()), context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        frames.append(unwrapInboundIn(data).readableBytesView)
        do {
            while !session.hasEnded, let frame = try frames.next() {
                if case .welcome(let welcome) = frame, case .known(let position, _) = welcome.scopes.first {
                    end = position
                }
                handle(.received(frame), context)
            }
        } catch { handle(.malformed(error), context) }
    }

    func channelInactive(context: ChannelHandlerContext) {
        handle(.disconnected, context)
        tell(.ended(reason))
    }

    private func handle(_ event: ReplicaEvent, _ context: ChannelHandlerContext) {
        for action in session.receive(event) {
            switch action {
            case .send(let frame):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: frame.encoded)), promise: nil)
            case .load(let load): handle(.loaded(answer(load)), context)
            case .commit(let commits):
                let outcomes = commits.compactMap { commit -> SegmentOutcome? in
                    if case .feed(_, _, _, let payload) = commit { SegmentOutcome(payload, .stored) } else { nil }
                }
                handle(.committed(outcomes), context)
            case .report(.phase(.live)):
                tell(.live)
                if isStalled { context.channel.setOption(.autoRead, value: false).whenComplete { _ in } }
            case .report: break
            case .close(let why):
                reason = "\(why)"
                context.close(promise: nil)
            }
        }
    }

    private func answer(_ load: ReplicaLoad) -> ReplicaLoaded {
        let scope = ScopeName("org")
        func memory(_ cursor: PullCursor) -> ParentMemory {
            ParentMemory(subscriptions: scope.map { [Subscription(scope: $0, cursor: cursor)] } ?? [])
        }
        switch load {
        case .greeting:
            return .greeting(
                Greeting(
                    organisation: organisation, replica: replica, role: "replica", device: "crowd", head: nil,
                    lineage: nil, memory: memory(.none)))
        case .memory: return .memory(memory(.feed(end)))
        case .chainHashes(_, let sequences): return .chainHashes(sequences.map { _ in nil })
        case .unsent: return .unsent([])
        case .segment: return .segment(nil)
        case .scopeDigest: return .scopeDigest(.zero)
        case .findings(_, _): return .findings(ComparedFindings())
        case .wanted: return .wanted([])
        }
    }
}
