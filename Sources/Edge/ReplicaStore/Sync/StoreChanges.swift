import HybridTime
import SyncProtocol
import Synchronization

/// What a commit changed, for whoever watches a store.
public enum StoreEvent: Hashable, Sendable {
    /// This replica committed something of its own.
    case committed
    /// Change sets or state of others came in.
    case applied
    /// Another process committed to the same store.
    case elsewhere
    /// The feeds of these scopes grew.
    case scopesAdvanced([ScopeName])
    /// The hub said that more is durable.
    case receipts
    /// These are now known to be at HQ.
    case reachedHQ([OriginRanges])
    /// This replica goes by a new name, perhaps given to it by another process.
    case identityChanged
}

/// Tells observers of this process what was committed, after it is on the disk.
public final class StoreChanges: Sendable {
    /// What a registered observer is known by.
    public struct ObserverID: Hashable, Sendable {
        fileprivate let number: Int
    }

    private struct State {
        var next = 0
        var observers: [Int: @Sendable (StoreEvent) -> Void] = [:]
    }

    private let state = Mutex(State())

    /// - Returns: what to give to ``remove(_:)``.
    public func add(_ observer: @escaping @Sendable (StoreEvent) -> Void) -> ObserverID {
        state.withLock { state in
            state.next += 1
            state.observers[state.next] = observer
            return ObserverID(number: state.next)
        }
    }

    public func remove(_ id: ObserverID) { state.withLock { _ = $0.observers.removeValue(forKey: id.number) } }

    func post(_ event: StoreEvent) {
        for observer in state.withLock({ Array($0.observers.values) }) { observer(event) }
    }
}

extension ReplicaStore {
    /// Looks whether another process has committed, and tells the observers if so.
    public func noticeOthers() {
        // The kernel tells of a write before it is a commit: whoever writes holds the lock until it is one. SQLite counts
        // the commits of other connections.
        let seen = try? onWriter { writer throws(StoreError) in
            try writer.refreshIdentity()
            return (version: try writer.dataVersion(), identity: writer.identity)
        }
        guard let seen else { return }
        notice(seen.identity)
        let version = seen.version
        guard version != lastDataVersion.exchange(version, ordering: .relaxed) else { return }
        changes.post(.elsewhere)
    }
}

extension Writer {
    func dataVersion() throws(StoreError) -> Int {
        let statement = try lookup("PRAGMA data_version")
        defer { statement.reset() }
        return try statement.step() ? Int(statement.integer(0)) : 0
    }
}
