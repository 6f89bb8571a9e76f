import HybridTime
import SyncProtocol

/// What goes down to a child. Scopes take turns: one load is under way at a time, and what it brought is sent, as far
/// as credit goes, before the next; so a session holds at most one page in memory.
struct ServingSide: Sendable {
    enum Mode: Hashable {
        case feed(after: FeedPosition)
        case snapshot(after: SnapshotCursor?, position: FeedPosition?, index: UInt64)
        /// The child has all up to here and hears of more.
        case live(after: FeedPosition)
        /// The child has all that it asked for.
        case done
    }

    struct Scope {
        let name: ScopeName
        var mode: Mode
        var isQueued = false
        /// The feed advanced while a load was under way.
        var isDirty = false
    }

    /// A frame, and what it costs of the child's credit.
    struct Outgoing {
        let frame: SyncFrame
        let cost: Int
    }

    var scopes: [Scope] = []
    var queue: [Int] = []
    var loading: Int?
    var outgoing: [Outgoing] = []
    var outgoingIndex = 0
    var credit = 0

    /// Whether something waits for the child's credit.
    var isBlocked: Bool { outgoingIndex < outgoing.count }

    func index(of name: ScopeName) -> Int? { scopes.firstIndex { $0.name == name } }

    mutating func enqueue(_ index: Int) {
        guard !scopes[index].isQueued else { return }
        scopes[index].isQueued = true
        queue.append(index)
    }
}

extension HubSession {
    mutating func pulled(_ name: ScopeName, _ cursor: PullCursor, _ creditBytes: Int) {
        guard let hello = child, hello.subscriptions.contains(where: { $0.scope == name }),
            serving.index(of: name) == nil
        else { return refuseUnexpected("pull") }
        switch cursor {
        case .none:
            serving.scopes.append(.init(name: name, mode: .snapshot(after: nil, position: nil, index: 0)))
        case .feed(let after): serving.scopes.append(.init(name: name, mode: .feed(after: after)))
        case .bootstrap(let position, let resume):
            serving.scopes.append(.init(name: name, mode: .snapshot(after: resume, position: position, index: 0)))
        }
        serving.enqueue(serving.scopes.count - 1)
        granted(creditBytes)
    }

    mutating func granted(_ bytes: Int) {
        guard serving.credit + bytes <= SyncLimits.windowBytesMax else {
            return refuse(SyncError(.limitExceeded, "too much credit; update this program"))
        }
        serving.credit += bytes
        serve()
    }

    mutating func feedAdvanced(_ name: ScopeName) {
        guard child != nil, let index = serving.index(of: name) else { return }
        if case .live = serving.scopes[index].mode, serving.loading != index {
            serving.enqueue(index)
            serve()
        } else {
            serving.scopes[index].isDirty = true
        }
    }

    mutating func feedLoaded(_ name: ScopeName, _ page: FeedPage) {
        let index = takeLoad(of: name)
        let after: FeedPosition
        let wasLive: Bool
        switch serving.scopes[index].mode {
        case .feed(let position): (after, wasLive) = (position, false)
        case .live(let position): (after, wasLive) = (position, true)
        case .snapshot, .done: preconditionFailure("no feed was asked for")
        }
        switch page {
        case .unknownScope: dropScope(index)
        case .compacted:
            serving.scopes[index].mode = .snapshot(after: nil, position: nil, index: 0)
            serving.enqueue(index)
        case .items(let items, let reached, let isAtEnd):
            precondition(reached >= after, "a feed that goes back")
            var told = wasLive ? after : nil
            for item in items where !isEcho(item) {
                told = item.position
                put(item, of: name)
            }
            if isAtEnd {
                atEnd(index, reached, isNews: !wasLive || told != reached)
            } else {
                serving.scopes[index].mode = .feed(after: reached)
                serving.enqueue(index)
            }
        }
        serve()
    }

    private mutating func atEnd(_ index: Int, _ reached: FeedPosition, isNews: Bool) {
        if isNews { put(.feedEnd(scope: serving.scopes[index].name, position: reached), cost: 0) }
        guard child?.wantsLive == true else { return serving.scopes[index].mode = .done }
        serving.scopes[index].mode = .live(after: reached)
        if serving.scopes[index].isDirty {
            serving.scopes[index].isDirty = false
            serving.enqueue(index)
        }
    }

    mutating func snapshotLoaded(_ name: ScopeName, _ page: SnapshotPage) {
        let index = takeLoad(of: name)
        guard case .snapshot(_, let start, let count) = serving.scopes[index].mode else {
            preconditionFailure("no snapshot was asked for")
        }
        switch page {
        case .unknownScope: dropScope(index)
        case .chunk(let chunk, let rendered, let documents):
            let position = start ?? rendered
            if count == 0 {
                put(.snapshotBegin(scope: name, position: position, documents: documents), cost: 0)
            }
            put(.snapshotChunk(scope: name, index: count, chunk: chunk), cost: chunk.cost)
            if let next = chunk.next {
                serving.scopes[index].mode = .snapshot(after: next, position: position, index: count + 1)
            } else {
                put(.snapshotEnd(scope: name), cost: 0)
                serving.scopes[index].mode = .feed(after: position)
            }
            serving.enqueue(index)
        }
        serve()
    }

    private mutating func put(_ item: FeedItem, of name: ScopeName) {
        let frame: SyncFrame =
            switch item.content {
            case .segment(let payload): .feed(scope: name, position: item.position, payload: payload)
            case .grant(let bytes): .grant(scope: name, position: item.position, bytes: bytes)
            case .revoke(let bytes): .revoke(scope: name, position: item.position, bytes: bytes)
            }
        put(frame, cost: item.content.cost)
    }

    /// The child wrote it or sent it in this session, so it holds it. A state may be more than what it sent.
    private func isEcho(_ item: FeedItem) -> Bool {
        guard case .segment(let payload) = item.content else { return false }
        return payload.origin == child?.replica
            || intake.fromChild.ranges(of: payload.origin).contains(payload.range)
    }

    /// The scopes that the child may have.
    var childScopes: [ScopeName] { child?.subscriptions.map(\.scope) ?? [] }

    private mutating func takeLoad(of name: ScopeName) -> Int {
        guard let index = serving.loading, serving.scopes[index].name == name else {
            preconditionFailure("a page that was not asked for")
        }
        serving.loading = nil
        return index
    }

    private mutating func dropScope(_ index: Int) {
        serving.scopes[index].mode = .done
        put(.error(.scopeUnknown(serving.scopes[index].name)), cost: 0)
    }

    mutating func put(_ frame: SyncFrame, cost: Int) {
        serving.outgoing.append(.init(frame: frame, cost: cost))
    }

    /// Sends what credit allows; when all is sent, loads for the scope whose turn it is.
    mutating func serve() {
        while serving.isBlocked {
            let next = serving.outgoing[serving.outgoingIndex]
            guard next.cost <= serving.credit else { return }
            serving.credit -= next.cost
            serving.outgoingIndex += 1
            send(next.frame)
        }
        serving.outgoing = []
        serving.outgoingIndex = 0
        guard serving.loading == nil, !serving.queue.isEmpty else { return }
        let index = serving.queue.removeFirst()
        serving.scopes[index].isQueued = false
        serving.loading = index
        switch serving.scopes[index].mode {
        case .feed(let after), .live(let after):
            let scope = serving.scopes[index].name
            actions.append(
                .load(.feed(scope, after: after, bytesMax: SyncLimits.feedLoadBytesMax, within: childScopes)))
        case .snapshot(let after, _, _):
            let scope = serving.scopes[index].name
            actions.append(.load(.snapshot(scope, after: after, bytesMax: SyncLimits.chunkBytesMax)))
        case .done: preconditionFailure("a scope that is done has no turn")
        }
    }
}
