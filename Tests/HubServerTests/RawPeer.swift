import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SyncProtocol
import SyncTestSupport

extension Rig {
    /// Sends bytes as they are and returns the frames that come back until the hub closes. Unless it waits for the
    /// close, it says first that nothing more comes.
    func exchange(_ bytes: [UInt8], waitingForClose: Bool = false) async throws -> [SyncFrame] {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var frames: [SyncFrame] = []
            var accumulator = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
            if !bytes.isEmpty { try await outbound.write(ByteBuffer(bytes: bytes)) }
            for try await buffer in inbound {
                accumulator.append(buffer.readableBytesView)
                while let frame = try accumulator.next() { frames.append(frame) }
                if !waitingForClose, !frames.isEmpty { break }
            }
            return frames
        }
    }

    /// Sends a hello, and once it is answered `next`; then reads nothing more for as long as the body runs.
    func unread(_ hello: Hello, _ next: SyncFrame, _ body: @Sendable () async throws -> Void) async throws {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(bytes: SyncFrame.hello(hello).encoded))
            for try await _ in inbound { break }
            try await outbound.write(ByteBuffer(bytes: next.encoded))
            try await body()
        }
    }

    /// Whether the hub answers these bytes of a hello by saying that it may have lost something.
    func tellsOfLoss(_ bytes: [UInt8]) async throws -> Bool {
        guard case .error(let error) = try await exchange(bytes).first else { return false }
        return error.code == .hubRegressed
    }

    static func hello(of replica: UInt64) -> Hello {
        let greeting = MemoryStore(replica).greeting()
        return Hello(
            organisation: greeting.organisation, replica: greeting.replica, role: "desk", device: "raw", clock: 0,
            head: nil, lineage: nil, subscriptions: [], receiptedAtHub: 0, receiptedAtHQ: 0, wantsLive: true,
            isHub: false)
    }

    /// The hello of a store that has met the hub.
    static func hello(of store: MemoryStore) -> Hello {
        let greeting = store.greeting()
        return Hello(
            organisation: greeting.organisation, replica: greeting.replica, role: greeting.role,
            device: greeting.device, clock: 0, head: greeting.head, lineage: greeting.lineage,
            hubHead: greeting.hubHead, subscriptions: greeting.memory.subscriptions,
            receiptedAtHub: greeting.memory.receiptedAtHub, receiptedAtHQ: greeting.memory.receiptedAtHQ,
            wantsLive: false, isHub: false)
    }
}

/// Counts across tasks.
final class Counter: Sendable {
    private let count = NIOLockedValueBox(0)

    var value: Int { count.withLockedValue { $0 } }
    func increment() { count.withLockedValue { $0 += 1 } }
}

/// The greatest of what was seen.
final class Most: Sendable {
    private let most = NIOLockedValueBox(0)

    var value: Int { most.withLockedValue { $0 } }
    func take(_ value: Int) { most.withLockedValue { $0 = max($0, value) } }
}

/// Collects how sessions ended.
final class Ends: Sendable {
    private let ends = NIOLockedValueBox<[SessionEnd]>([])

    var all: [SessionEnd] { ends.withLockedValue { $0 } }
    func add(_ end: SessionEnd) { ends.withLockedValue { $0.append(end) } }
}
