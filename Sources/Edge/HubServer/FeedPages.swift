import HubLogic
import NIOConcurrencyHelpers
import SyncProtocol

/// Pages of feeds that several sessions ask for: after a commit all live ones want the same, and the store reads it once.
///
/// A page is shared until the store says that something changed. Whoever got one that was read just before hears of the
/// change afterwards, and asks again: no more is promised to those that read themselves.
final class FeedPages: Sendable {
    private struct Key: Hashable {
        let scope: ScopeName
        let after: FeedPosition
        let bytesMax: Int
        /// What left this scope and is in another of a reader's is not revoked there.
        let within: [ScopeName]
    }

    private struct State {
        var pages: [Key: Task<FeedPage, any Error>] = [:]
        /// The oldest first.
        var order: [Key] = []
    }

    /// How many are kept: a page has up to `feedLoadBytesMax`, and replicas that are live stand at the same few places.
    private static let pagesMax = 16

    private let state = NIOLockedValueBox(State())

    /// Something changed: what was read before is not given to anybody who asks from now on.
    func forget() { state.withLockedValue { $0 = State() } }

    func page(
        _ scope: ScopeName, after: FeedPosition, bytesMax: Int, within: [ScopeName] = [],
        read: @escaping @Sendable () async throws -> FeedPage
    ) async throws -> FeedPage {
        let key = Key(scope: scope, after: after, bytesMax: bytesMax, within: within)
        let task = state.withLockedValue { state in
            if let known = state.pages[key] { return known }
            let task = Task { try await read() }
            if state.order.count == FeedPages.pagesMax { state.pages[state.order.removeFirst()] = nil }
            state.pages[key] = task
            state.order.append(key)
            return task
        }
        do { return try await task.value } catch {
            // A disk may fail once.
            forget()
            throw error
        }
    }
}
