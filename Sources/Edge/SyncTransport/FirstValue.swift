import NIOConcurrencyHelpers

/// A value that is set once and that any number of tasks may wait for.
package final class FirstValue<Value: Sendable>: Sendable {
    private struct State {
        var result: Result<Value, any Error>?
        var waiting: [CheckedContinuation<Value, any Error>] = []
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// False where it was set before; later calls change nothing.
    @discardableResult
    package func set(_ result: Result<Value, any Error>) -> Bool {
        let waiting = state.withLockedValue { state -> [CheckedContinuation<Value, any Error>]? in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.waiting = [] }
            return state.waiting
        }
        guard let waiting else { return false }
        for continuation in waiting { continuation.resume(with: result) }
        return true
    }

    package var value: Value {
        get async throws {
            try await withCheckedThrowingContinuation { continuation in
                let known = state.withLockedValue { state -> Result<Value, any Error>? in
                    if state.result == nil { state.waiting.append(continuation) }
                    return state.result
                }
                if let known { continuation.resume(with: known) }
            }
        }
    }
}
