import ByteCoding
import NIOConcurrencyHelpers
import NIOCore
import SyncProtocol

/// The frames that wait for one connection. Whatever has gathered while the last write was under way goes out with the
/// next, in one write and one flush.
package final class FrameOutbox: Sendable {
    private struct State {
        var writer = ByteWriter()
        var underWay = 0
        var sent = 0
        var put = 0
        var isClosed = false
        /// Nothing is written any more.
        var hasEnded = false
        var untilDrained: [CheckedContinuation<Void, Never>] = []

        var isDrained: Bool { hasEnded || writer.count + underWay <= FrameOutbox.drainedBytesMax }

        mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
            guard isDrained else { return [] }
            defer { untilDrained = [] }
            return untilDrained
        }
    }

    /// With so little waiting there is room for another page, in bytes.
    package static let drainedBytesMax = 65_536

    /// What may wait before the peer counts as stalled, in bytes: a full window and its headers fit several times.
    package static let waitingBytesMax = 4 * 1_048_576

    private let state = NIOLockedValueBox(State())
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    package init() {
        (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// Appends a frame; false where more waits than may.
    package func put(_ frame: SyncFrame) -> Bool {
        let fits = state.withLockedValue { state in
            guard !state.isClosed else { return true }
            let before = state.writer.count
            frame.encode(into: &state.writer)
            state.put += state.writer.count - before
            return state.writer.count <= FrameOutbox.waitingBytesMax
        }
        wake.yield()
        return fits
    }

    /// All bytes that were ever put.
    package var bytesPut: Int { state.withLockedValue(\.put) }

    /// What is not written yet, in bytes.
    package var bytesWaiting: Int { state.withLockedValue { $0.writer.count + $0.underWay } }

    /// Lets the writer end once all that waits is written.
    package func close() {
        state.withLockedValue { $0.isClosed = true }
        wake.yield()
    }

    /// Bytes that were written since the last call, and bytes that still wait.
    package func takeTraffic() -> (sent: Int, unsent: Int) {
        state.withLockedValue { state in
            defer { state.sent = 0 }
            return (state.sent, state.writer.count + state.underWay)
        }
    }

    /// Writes until the outbox is closed and empty, then closes the connection's outward half.
    package func run(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        defer { end() }
        for await _ in wakeups {
            while let bytes = take() {
                try await outbound.write(ByteBuffer(bytes: bytes))
                let waiting = state.withLockedValue { state in
                    state.sent += bytes.count
                    state.underWay = 0
                    return state.takeWaiting()
                }
                for each in waiting { each.resume() }
            }
            if state.withLockedValue({ $0.isClosed && $0.writer.count == 0 }) { break }
        }
        outbound.finish()
    }

    /// Returns when little waits to be written, or when nothing is written any more.
    package func drained() async {
        await withCheckedContinuation { continuation in
            let isDrained = state.withLockedValue { state in
                if !state.isDrained { state.untilDrained.append(continuation) }
                return state.isDrained
            }
            if isDrained { continuation.resume() }
        }
    }

    private func end() {
        let waiting = state.withLockedValue { state in
            state.hasEnded = true
            return state.takeWaiting()
        }
        for each in waiting { each.resume() }
    }

    private func take() -> [UInt8]? {
        state.withLockedValue { state in
            guard state.writer.count > 0 else { return nil }
            let bytes = state.writer.bytes
            state.writer = ByteWriter()
            state.underWay = bytes.count
            return bytes
        }
    }
}
