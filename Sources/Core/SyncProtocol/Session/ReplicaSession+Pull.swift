import HybridTime

/// What the child has under way downwards: one entry for each scope, in the order of the hello.
struct PullSide: Sendable {
    enum Progress: Hashable {
        /// The welcome showed that nothing is new; asked for only to stay live.
        case upToDate
        case due
        case feeding
        case restoring(position: FeedPosition, documents: UInt64, nextIndex: UInt64, isLast: Bool)
        case caughtUp
        /// The hub does not know it.
        case dropped
    }

    struct Scope {
        let name: ScopeName
        let cursor: PullCursor
        var progress: Progress
        /// The greatest position that came, committed or not.
        var position: FeedPosition
        /// At rest, and yet not the same at both sides.
        var isToCompare = false
    }

    var scopes: [Scope] = []
    var credit: CreditWindow
    var hasStarted = false
    private var hasGranted = false

    init(window: Int) { credit = CreditWindow(window: window) }

    /// The whole window for the first frame that may bring payloads, nothing for all further ones.
    mutating func firstGrant(_ window: Int) -> Int {
        defer { hasGranted = true }
        return hasGranted ? 0 : window
    }

    var isCaughtUp: Bool {
        scopes.allSatisfy { $0.progress == .caughtUp || $0.progress == .upToDate || $0.progress == .dropped }
    }

    /// Where the welcome spoke of these very cursors its standings say what is new; else all is asked for.
    mutating func begin(_ subscriptions: [Subscription], standings: [ScopeStanding]) {
        for (index, subscription) in subscriptions.enumerated() {
            var progress = Progress.due
            var isToCompare = false
            if index < standings.count {
                switch (standings[index], subscription.cursor) {
                case (.unknown, _): progress = .dropped
                case (.known(let end, usable: true), .feed(let position)) where end == position: progress = .upToDate
                case (.differs(let end), .feed(let position)) where end == position:
                    progress = .upToDate
                    isToCompare = true
                default: break
                }
            }
            var position: FeedPosition = 0
            if case .feed(let at) = subscription.cursor { position = at }
            scopes.append(
                Scope(
                    name: subscription.scope, cursor: subscription.cursor, progress: progress, position: position,
                    isToCompare: isToCompare))
        }
    }

    /// Whether the welcome said of every scope that both sides hold the same.
    func isAlike(_ subscriptions: [Subscription]) -> Bool {
        scopes.allSatisfy { $0.progress == .upToDate && !$0.isToCompare }
            && subscriptions.allSatisfy { $0.digest != nil }
    }

    /// The scope of that name, if it was pulled.
    func index(pulled name: ScopeName) -> Int? {
        scopes.firstIndex { $0.name == name && $0.progress != .due && $0.progress != .dropped }
    }

    mutating func drop(_ name: String) {
        for index in scopes.indices where scopes[index].name.text == name { scopes[index].progress = .dropped }
    }
}

extension ReplicaSession {
    /// Asks for every scope that has something new, or for all that are there where the session stays live.
    mutating func startPull() {
        pull.hasStarted = true
        for index in pull.scopes.indices {
            let scope = pull.scopes[index]
            switch scope.progress {
            case .due: pull.scopes[index].progress = .feeding
            case .upToDate where configuration.wantsLive: pull.scopes[index].progress = .feeding
            default: continue
            }
            let credit = pull.firstGrant(configuration.windowBytes)
            if credit > 0 { actions.append(.report(.phase(.pulling))) }
            send(.pull(scope: scope.name, cursor: scope.cursor, creditBytes: credit))
        }
        finishIfDone()
    }

    mutating func fed(_ name: ScopeName, _ position: FeedPosition, _ content: FeedContent, frame: String) {
        // What one entry brings may come in several frames: only the last of them moves the cursor past it.
        guard let index = pull.index(pulled: name), position >= pull.scopes[index].position,
            pull.scopes[index].progress == .feeding || pull.scopes[index].progress == .caughtUp
        else { return refuseUnexpected(frame) }
        guard pull.credit.spend(content.cost) else { return refuseOverdraft() }
        pull.scopes[index].position = position
        switch content {
        case .segment(let payload): commitNow(.feed(push.lineage, name, position, payload))
        case .grant(let bytes), .revoke(let bytes): commitNow(.documents(push.lineage, name, position, bytes))
        }
    }

    mutating func feedEnded(_ name: ScopeName, _ position: FeedPosition) {
        guard let index = pull.index(pulled: name), position >= pull.scopes[index].position,
            pull.scopes[index].progress == .feeding || pull.scopes[index].progress == .caughtUp
        else { return refuseUnexpected("feedEnd") }
        pull.scopes[index].progress = .caughtUp
        let isNews = position > pull.scopes[index].position || pull.scopes[index].cursor == .none
        pull.scopes[index].position = position
        if isNews { commitNow(.cursor(push.lineage, name, position)) }
        finishIfDone()
    }

    mutating func snapshotBegan(_ name: ScopeName, _ position: FeedPosition, _ documents: UInt64) {
        guard let index = pull.index(pulled: name) else { return refuseUnexpected("snapshotBegin") }
        if case .restoring = pull.scopes[index].progress { return refuseUnexpected("snapshotBegin") }
        pull.scopes[index].progress = .restoring(
            position: position, documents: documents, nextIndex: 0, isLast: false)
    }

    mutating func snapshotCame(_ name: ScopeName, _ index: UInt64, _ chunk: SnapshotChunk) {
        guard let at = pull.index(pulled: name),
            case .restoring(let position, let documents, index, false) = pull.scopes[at].progress
        else { return refuseUnexpected("snapshotChunk") }
        guard pull.credit.spend(chunk.cost) else { return refuseOverdraft() }
        pull.scopes[at].progress = .restoring(
            position: position, documents: documents, nextIndex: index + 1, isLast: chunk.next == nil)
        actions.append(.report(.restored(name, documents: documents, bytes: chunk.bytes.count)))
        commitNow(.snapshotChunk(push.lineage, name, position, chunk))
    }

    mutating func snapshotEnded(_ name: ScopeName) {
        guard let index = pull.index(pulled: name),
            case .restoring(let position, _, _, true) = pull.scopes[index].progress
        else { return refuseUnexpected("snapshotEnd") }
        pull.scopes[index].progress = .feeding
        pull.scopes[index].position = position
    }

    private mutating func refuseOverdraft() {
        refuse(SyncError(.creditExceeded, "more came than was allowed; report this, then sync again"))
    }

    // MARK: Commits

    /// Commits now, or together with all else that waits once the commit under way has ended.
    mutating func commitNow(_ commit: ReplicaCommit) {
        if case .receipts = commit { push.receiptsUncommitted += 1 }
        commitsWaiting.append(commit)
        startCommit()
    }

    private mutating func startCommit() {
        guard commitsUnderWay.isEmpty, !commitsWaiting.isEmpty else { return }
        commitsUnderWay = commitsWaiting
        commitsWaiting = []
        actions.append(.commit(commitsUnderWay))
    }

    mutating func committed(_ outcomes: [SegmentOutcome]) {
        precondition(!commitsUnderWay.isEmpty, "no commit is under way")
        liveness.progressed()
        var settled = 0
        var changeSets = 0
        var bytes = 0
        // The hub may lack change sets of documents that differ: what it answers to an offer shows.
        var isUnsentAgain = false
        for commit in commitsUnderWay {
            switch commit {
            case .feed(_, _, _, let payload):
                settled += payload.cost
                changeSets += payload.changeSets
                bytes += payload.bytes.count
            case .snapshotChunk(_, _, _, let chunk): settled += chunk.cost
            case .receipts: push.receiptsUncommitted -= 1
            case .documents(_, _, _, let bytes):
                settled += bytes.count + SyncLimits.payloadOverheadBytes
                compare.isWantedDue = true
            case .cursor: break
            case .states(_, _, let bytes):
                settled += bytes.count + SyncLimits.payloadOverheadBytes
                isUnsentAgain = true
            case .onlyHere:
                isUnsentAgain = true
                compare.isWantedDue = true
            case .alike: break
            }
        }
        for outcome in outcomes {
            if case .refused(let code, let reason) = outcome.verdict {
                return refuse(SyncError(code, subject: "\(outcome.origin)", reason))
            }
            if case .quarantined = outcome.verdict { actions.append(.report(.quarantinedHere(outcome))) }
        }
        if changeSets > 0 { actions.append(.report(.pulled(changeSets: changeSets, bytes: bytes))) }
        if settled > 0, let grant = pull.credit.settle(settled) { send(.credit(bytes: grant)) }
        commitsUnderWay = []
        startCommit()
        if isUnsentAgain { return startPush() }
        if push.isIdle { advancePush() }
    }
}
