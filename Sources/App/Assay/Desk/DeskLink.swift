import CredentialStore
import Desk
import Foundation
import Logging
import StoreSync
import SyncProtocol
import SyncTransport
import Synchronization

/// Keeps the store in sync with its hub for as long as the desk runs. Without a hub, and while it is down, everything
/// else goes on.
final class DeskLink: Sendable {
    /// How the desk is connected.
    struct State: Hashable, Sendable {
        var link = SyncStatus.Link.offline
        /// The hub of the list that took this device; nil while it is not live.
        var hub: HubAddress?
        var lastSync: Int64?
        /// The hub's clock less this device's.
        var skew: Int64 = 0
    }

    enum News: Sendable {
        case changed
        /// A person has to do something before a sync can go on.
        case stopped(Failure)
        /// What happened to this device's name, in plain words.
        case told(String)
    }

    private struct Inner {
        var state: State
        var hubName = ""
        var session: Task<Void, Never>?
    }

    private let store: CredentialStore
    private let sessions: StoreSessions
    private let hubs: [HubAddress]
    private let queue: StoreQueue
    private let tell: @Sendable (News) -> Void
    private let inner: Mutex<Inner>

    /// The longest a desk waits between two attempts: the person in front of it should not wait for a minute.
    private static let retryLongest = Duration.seconds(15)

    init(
        _ store: CredentialStore, hubs: [HubAddress], queue: StoreQueue, tell: @escaping @Sendable (News) -> Void
    ) throws {
        self.store = store
        self.hubs = hubs
        self.queue = queue
        self.tell = tell
        sessions = StoreSessions(store.replica, isHeadquarters: try store.isHeadquarters())
        inner = Mutex(
            Inner(state: State(lastSync: try store.lastSync(), skew: try store.clockSkew() ?? 0)))
    }

    var state: State { inner.withLock { $0.state } }

    /// Connects, and connects again at once where that was waited for or given up. A live link is left alone.
    func start() {
        inner.withLock { inner in
            if case .online = inner.state.link { return }
            let before = inner.session
            before?.cancel()
            inner.session = Task {
                await before?.value
                await self.watch()
            }
        }
    }

    /// Ends the link. What was committed stays; an attempt to connect is not waited for.
    func stop() async {
        let session = inner.withLock { inner in
            inner.session?.cancel()
            if case .online = inner.state.link { return inner.session }
            return nil
        }
        await session?.value
    }

    private func watch() async {
        var configuration = SyncClient.Configuration(hubs: hubs)
        configuration.retry = .seconds(1)...DeskLink.retryLongest
        let client = SyncClient(
            configuration: configuration, store: sessions,
            logger: Logger(label: "assay.desk") { _ in SwiftLogNoOpLogHandler() }
        ) { [weak self] notice in self?.take(notice) }
        do { try await client.watch() } catch {
            change { $0.state.link = .offline }
            if !Task.isCancelled { tell(.stopped(Failure(any: error))) }
            return
        }
        change { $0.state.link = .offline }
    }

    private func take(_ notice: SyncNotice) {
        switch notice {
        case .connecting: change { $0.state.link = .connecting }
        case .connected: break
        case .progress(let totals) where totals.phase == .live:
            if state.hub != totals.hub {
                change { $0.state.hub = totals.hub }
                remember()
            }
            change {
                $0.state.link = .online(totals.hubName)
                $0.state.lastSync = wallClock()
            }
        case .skew(let skew): change { $0.state.skew = skew.milliseconds }
        case .settled:
            if let note = try? store.replica.identityNote() { tell(.told("Note: \(note.inWords)")) }
        case .ended:
            change {
                $0.state.link = .offline
                $0.state.hub = nil
            }
        case .retrying, .failed, .returning: change { $0.state.link = .offline }
        case .progress, .report: break
        }
    }

    private func change(_ body: (inout Inner) -> Void) {
        let changed = inner.withLock { inner in
            let before = inner.state
            body(&inner)
            return inner.state != before
        }
        if changed { tell(.changed) }
    }

    /// Keeps the hub's address, the skew and the time for the next start, and for `assay status`.
    private func remember() {
        let state = state
        let (store, hubs, queue) = (store, hubs, queue)
        Task {
            try? await queue.run {
                try store.setHubAddresses(hubs.map(\.description))
                if let hub = state.hub { try store.setHubAddress(hub.description) }
                try store.setClockSkew(state.skew)
            }
        }
    }
}
