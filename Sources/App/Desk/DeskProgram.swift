import Foundation
import TerminalCells

/// The desk on a real terminal.
public struct DeskProgram {
    /// Runs the desk until the person quits, the terminal goes away, a signal asks to end or the task is cancelled.
    /// Returns when the terminal is given back and every write that was asked for has been answered.
    ///
    /// Keys are read on a thread of their own, so that no service can hold them up. `now` gives the device's clock in
    /// milliseconds since 1970. Throws `ScreenError` where there is no usable terminal.
    public static func run(
        services: some DeskServices, settings: DeskSettings, now: @escaping @Sendable () -> Int64
    ) async throws {
        let mailbox = DeskMailbox()
        let (effects, outbox) = AsyncStream.makeStream(of: DeskEffect.self)
        let loop = DeskLoop(mailbox: mailbox, outbox: outbox, settings: settings, now: now)
        async let ended: Void = withTaskCancellationHandler {
            try await loop.runOnThread()
        } onCancel: {
            mailbox.end()
        }
        let listener = Task {
            for await event in services.events() { mailbox.post([event]) }
        }
        await withDiscardingTaskGroup { group in
            for await effect in effects {
                group.addTask { mailbox.post(await services.perform(effect)) }
            }
        }
        listener.cancel()
        try await ended
    }
}

/// The terminal's thread: waits, updates, sends effects out and paints.
struct DeskLoop: Sendable {
    let mailbox: DeskMailbox
    let outbox: AsyncStream<DeskEffect>.Continuation
    let settings: DeskSettings
    let now: @Sendable () -> Int64

    func runOnThread() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread {
                let result = Result { try run() }
                outbox.finish()
                continuation.resume(with: result)
            }
        }
    }

    private func run() throws {
        let screen = try Screen()
        defer { screen.close() }
        let size = screen.size()
        var model = DeskModel(settings: settings, columns: size.columns, rows: size.rows)
        for effect in DeskModel.firstEffects { outbox.yield(effect) }
        _ = model.update(.tick(now: now()))
        screen.paint(model.view())
        while true {
            let wait = screen.wait(milliseconds: millisecondsToNextSecond())
            let posted = mailbox.take()
            if wait.asksToEnd || posted.isEnding { return }
            if wait.keys.contains(.control("l")) { screen.forget() }
            // What the services said came first: a key was pressed on what the screen showed, or later.
            let events = [.tick(now: now())] + posted.events + wait.keys.map(DeskEvent.key)
            for event in events {
                for effect in model.update(event) {
                    if effect == .quit { return }
                    outbox.yield(effect)
                }
            }
            screen.paint(model.view())
        }
    }

    /// The clock line changes with the second, so the wait ends there.
    private func millisecondsToNextSecond() -> Int {
        let into = now() % 1000
        return Int(1000 - (into < 0 ? into + 1000 : into))
    }
}
