import CredentialStore
import Foundation
import StoreSync
import Synchronization

/// Shows a store's status anew whenever a commit changes it, this process's or another's, until a signal ends it. Between
/// changes it waits for the kernel's word and reads nothing.
struct StatusWatch {
    private let store: CredentialStore
    private let json: Bool

    /// The least time between two looks: what many commits change in a moment is shown once.
    private static let pause = Duration.milliseconds(100)
    /// The same after a look that found nothing new: a program that opens the store commits before it does its work.
    private static let pauseUnchanged = Duration.milliseconds(20)
    /// How many times longer than a look it rests after one: looking at a large store takes its time.
    private static let restFactor = 3

    init(_ store: CredentialStore, json: Bool) {
        self.store = store
        self.json = json
    }

    func run() async throws {
        let news = StatusNews()
        guard let others = StoreWatch(store.replica) else {
            throw Failure(
                "no-watch", "The system has no more file watches to give: raise fs.inotify.max_user_instances.",
                exit: Failure.inputOutput)
        }
        let observer = store.replica.changes.add { _ in news.changed() }
        defer {
            store.replica.changes.remove(observer)
            withExtendedLifetime(others) {}
        }
        let screen = json || !Console.isTerminal ? nil : AlternateScreen()
        let signals = watched(news, screen)
        defer {
            signals.cancel()
            screen?.leave()
        }
        try await follow(news, screen)
    }

    private func follow(_ news: StatusNews, _ screen: AlternateScreen?) async throws {
        var shown = ""
        while true {
            let begun = ContinuousClock.now
            let report = try StatusReport(store)
            let rest = (ContinuousClock.now - begun) * StatusWatch.restFactor
            let text = json ? report.json.encoded : report.lines.joined(separator: "\n")
            let isNews = text != shown
            if isNews || news.takeRepaint() {
                shown = text
                guard show(report, text, screen) else { return }
            }
            try? await Task.sleep(for: max(isNews ? StatusWatch.pause : StatusWatch.pauseUnchanged, rest))
            guard await news.next() else { return }
        }
    }

    /// - Returns: false where nobody reads any more.
    private func show(_ report: StatusReport, _ text: String, _ screen: AlternateScreen?) -> Bool {
        guard let screen else { return Console.tryPrint(json ? text : text + "\n") }
        let foot = Console.styled("as of \(LocalTime.text(wallClock(), seconds: true)); Ctrl-C ends", .dim)
        return screen.paint(report.lines + ["", foot])
    }
}

/// What a watch waits for: a change, another window, or the end.
final class StatusNews: Sendable {
    private struct State {
        var isOver = false
        var needsRepaint = false
    }

    private let state = Mutex(State())
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init() { (wakeups, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

    func changed() { wake.yield() }

    func repaint() {
        state.withLock { $0.needsRepaint = true }
        wake.yield()
    }

    func end() {
        state.withLock { $0.isOver = true }
        wake.yield()
    }

    func takeRepaint() -> Bool {
        state.withLock { state in
            defer { state.needsRepaint = false }
            return state.needsRepaint
        }
    }

    /// Waits for something to do; false where it is over.
    func next() async -> Bool {
        for await _ in wakeups { return !state.withLock { $0.isOver } }
        return false
    }
}

/// The signals that end a watch, stop it for a while, or change its window.
private func watched(_ news: StatusNews, _ screen: AlternateScreen?) -> SignalActions {
    let signals = SignalActions()
    for number in SignalActions.ends + [SIGHUP, SIGQUIT] { signals.on(number) { news.end() } }
    guard let screen else { return signals }
    signals.on(SIGWINCH) { news.repaint() }
    signals.on(SIGTSTP) {
        // The shell gets a clean terminal. This thread may run on for a moment before it stops.
        screen.pause()
        kill(getpid(), SIGSTOP)
    }
    signals.on(SIGCONT) {
        screen.resume()
        news.repaint()
    }
    return signals
}

/// The terminal's second screen, taken when there is something to paint and this program is in the foreground: what was on
/// the first one is there again when it is left. Lines that are too long are cut by the terminal.
private final class AlternateScreen: Sendable {
    private struct State {
        var isEntered = false
        var isPaused = false
    }

    private let state = Mutex(State())

    func leave() { state.withLock { AlternateScreen.leave(&$0) } }

    /// Leaves it until ``resume()``.
    func pause() {
        state.withLock { state in
            AlternateScreen.leave(&state)
            state.isPaused = true
        }
    }

    func resume() { state.withLock { $0.isPaused = false } }

    private static func leave(_ state: inout State) {
        guard state.isEntered else { return }
        state.isEntered = false
        _ = Console.control("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
    }

    /// Writes over what is there, so that nothing flickers; as many lines as the window has.
    /// - Returns: false where the terminal is gone.
    func paint(_ lines: [String]) -> Bool {
        state.withLock { state in
            if state.isPaused { return true }
            if !state.isEntered {
                // In the background the terminal is the shell's.
                let group = tcgetpgrp(STDOUT_FILENO)
                guard group == getpgrp() else { return group >= 0 }
                state.isEntered = true
                _ = Console.control("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[H\u{1B}[2J")
            }
            var size = winsize()
            let rows = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
            let text = lines.prefix(rows).map { $0 + "\u{1B}[K" }.joined(separator: "\r\n")
            return Console.control("\u{1B}[H" + text + "\u{1B}[J")
        }
    }
}
