import Synchronization
import TerminalCells

/// The one queue by which everything reaches the terminal's thread. Any thread may post; a post ends the wait there.
final class DeskMailbox: Sendable {
    private struct State {
        var events: [DeskEvent] = []
        var isEnding = false
    }

    private let state = Mutex(State())

    func post(_ events: [DeskEvent]) {
        guard !events.isEmpty else { return }
        state.withLock { $0.events += events }
        Screen.wake()
    }

    /// Asks the terminal's thread to end, as when the task that runs the desk was cancelled.
    func end() {
        state.withLock { $0.isEnding = true }
        Screen.wake()
    }

    /// Everything that was posted since the last time, in order.
    func take() -> (events: [DeskEvent], isEnding: Bool) {
        state.withLock { state in
            let events = state.events
            state.events = []
            return (events, state.isEnding)
        }
    }
}
