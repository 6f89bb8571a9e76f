import NIOConcurrencyHelpers
import NIOCore
import ServiceLifecycle

/// Counts the connections that are open, and lets no more in than a few: whoever watches must not take the hub's
/// descriptors.
final class Admission: Sendable {
    private let free: NIOLockedValueBox<Int>

    init(_ limit: Int) { free = NIOLockedValueBox(limit) }

    /// False where the place is full; a place is free again when the channel has closed.
    func enter(_ channel: any Channel) -> Bool {
        let fits = free.withLockedValue { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
        if fits { channel.closeFuture.whenComplete { [self] _ in free.withLockedValue { $0 += 1 } } }
        return fits
    }
}

/// How long whoever asks may take for all of it.
let askingTime = TimeAmount.seconds(30)

/// Writes one answer when the connection is there, and closes it; what comes in is passed over.
final class AnswerOnce: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable () async throws -> [UInt8]

    init(_ answer: @escaping @Sendable () async throws -> [UInt8]) { self.answer = answer }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let late = channel.eventLoop.scheduleTask(in: askingTime) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in late.cancel() }
        Task { [answer] in
            if let bytes = try? await answer() { try? await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }
            channel.close(promise: nil)
        }
        context.fireChannelActive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Waits for graceful shutdown or cancellation.
func untilGracefulShutdown() async {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    await withTaskCancellationOrGracefulShutdownHandler {
        for await _ in stream {}
    } onCancelOrGracefulShutdown: {
        continuation.finish()
    }
}
