import Synchronization
import TerminalCells

/// The one queue by which everything reaches the terminal's thread. Any thread may post; a post ends the wait there.
///
/// It stays short also while the terminal is stopped: of news that tells how things are, only the latest is kept, and
/// answers are never more than what the terminal's own thread has asked for.
final class DeskMailbox: Sendable {
    private struct State {
        var answers: [DeskEvent] = []
        var staff: DeskEvent?
        var sessions: DeskEvent?
        var status: DeskEvent?
        var syncFailure: DeskEvent?
        var changed: Set<String>?
        var isEnding = false

        mutating func add(_ event: DeskEvent) {
            switch event {
            case .staffLoaded: staff = event
            case .sessionsLoaded: sessions = event
            case .syncStatusChanged: status = event
            case .failed(let failure) where failure.work == .sync: syncFailure = event
            case .recordsChanged(let sessions): changed = (changed ?? []).union(sessions)
            default: answers.append(event)
            }
        }

        /// What a person asked for first, then what happened by itself.
        mutating func take() -> [DeskEvent] {
            let change = changed.map { DeskEvent.recordsChanged(sessions: $0.sorted()) }
            let events = answers + [staff, sessions, status, syncFailure, change].compactMap { $0 }
            self = State(isEnding: isEnding)
            return events
        }
    }

    private let state = Mutex(State())

    func post(_ events: [DeskEvent]) {
        guard !events.isEmpty else { return }
        state.withLock { state in events.forEach { state.add($0) } }
        Screen.wake()
    }

    /// Asks the terminal's thread to end, as when the task that runs the desk was cancelled.
    func end() {
        state.withLock { $0.isEnding = true }
        Screen.wake()
    }

    /// What was posted since the last time.
    func take() -> (events: [DeskEvent], isEnding: Bool) {
        state.withLock { ($0.take(), $0.isEnding) }
    }
}
