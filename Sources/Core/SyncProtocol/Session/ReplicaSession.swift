import ByteCoding
import HybridTime

/// The child's side of a session: pushes what the parent lacks, pulls the scopes it wants, and stays live if asked.
///
/// It knows no socket, clock or disk: events go in, actions come out, and the same events give the same actions.
/// Protocol/sync.md, "The session", is its specification.
///
///     idle -> greeting -> hello -> checking -> pushing -> pulling -> live
///                                                  \________\_______ bye
public struct ReplicaSession: Sendable {
    /// How this side runs its sessions.
    public struct Configuration: Hashable, Sendable {
        /// Whether to stay connected after the pull.
        public var wantsLive: Bool
        /// How much the parent may have under way towards us, in bytes of credit.
        public var windowBytes: Int
        /// Origins of which the parent has another history and which the store cannot settle: not looked into again.
        public var unresolved: Set<ReplicaID>

        public init(
            wantsLive: Bool = false, windowBytes: Int = SyncLimits.windowBytesMin, unresolved: Set<ReplicaID> = []
        ) {
            self.wantsLive = wantsLive
            self.windowBytes = windowBytes
            self.unresolved = unresolved
        }
    }

    enum State: Hashable {
        case idle
        case greeting(clock: Int64)
        case helloSent(Greeting)
        /// The welcome came; the own chain's hash at the lower head is being read.
        case checkingFork(Greeting, Welcome)
        /// The welcome came from another hub than expected; what is known of that one is being read.
        case remembering(Greeting, Welcome)
        case running
        /// The parent has another history of an origin, and the place where the two part is looked for.
        case searching(ChainSearch)
        case ended
    }

    let configuration: Configuration
    var state = State.idle
    var liveness = Liveness()
    var push: PushSide
    var pull: PullSide
    var compare = CompareSide()
    /// What waits for the commit under way to end, and what that one holds.
    var commitsWaiting: [ReplicaCommit] = []
    var commitsUnderWay: [ReplicaCommit] = []
    /// HQ receipts that came between the welcome and the start of work.
    var early: [Receipt] = []
    var isLive = false
    var pings: UInt64 = 0
    /// What the current event has led to so far.
    var actions: [ReplicaAction] = []

    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        push = PushSide()
        pull = PullSide(window: configuration.windowBytes)
    }

    public var hasEnded: Bool { state == .ended }

    /// Whether something that came is not on the disk yet.
    public var isCommitting: Bool { state != .ended && !commitsUnderWay.isEmpty }

    /// Takes one event and returns what is to be done, in order. After a ``ReplicaAction/close(_:)`` every event is
    /// passed over.
    public mutating func receive(_ event: ReplicaEvent) -> [ReplicaAction] {
        guard state != .ended else { return [] }
        actions.removeAll()
        switch event {
        case .connected(let clock):
            precondition(state == .idle, "a session has one connection")
            state = .greeting(clock: clock)
            actions = [.report(.phase(.greeting)), .load(.greeting)]
        case .received(let frame): received(frame)
        case .malformed(let failure): refuse(.malformed(failure))
        case .loaded(let value): loaded(value)
        case .committed(let outcomes): committed(outcomes)
        case .storageFailed(let failure): close(.storageFailed(failure))
        case .localChanged: if state == .running { startPush() }
        case .heartbeat(let traffic): heartbeat(traffic)
        case .stopRequested:
            send(.bye)
            close(.stopped)
        case .disconnected: close(.peerLeft)
        }
        return actions
    }

    private mutating func received(_ frame: SyncFrame) {
        switch frame {
        case .ping, .pong: break
        default: liveness.progressed()
        }
        switch (frame, state) {
        case (.ping(let nonce), _): send(.pong(nonce))
        case (.pong, _): break
        case (.error(let error), .helloSent(let greeting)): toldAtHello(error, greeting)
        case (.error(let error), _): told(error)
        case (.hashes(let hashes), .searching(let search)): hashesCame(hashes, search)
        case (_, .searching): break
        case (.welcome(let welcome), .helloSent(let greeting)): welcomed(welcome, greeting)
        case (.want(let entries), .running): wanted(entries)
        case (.receipt(let receipt), .running): receipted(receipt)
        case (.receipt(let receipt), .checkingFork), (.receipt(let receipt), .remembering):
            // Whatever is too much here is asked for by its mark at the next hello.
            if early.count < SyncLimits.earlyReceiptsMax { early.append(receipt) }
        case (.credit(let bytes), .running): granted(bytes)
        case (.feed(let scope, let position, let payload), .running):
            fed(scope, position, .segment(payload), frame: frame.name)
        case (.grant(let scope, let position, let bytes), .running):
            fed(scope, position, .grant(bytes), frame: frame.name)
        case (.revoke(let scope, let position, let bytes), .running):
            fed(scope, position, .revoke(bytes), frame: frame.name)
        case (.feedEnd(let scope, let position), .running): feedEnded(scope, position)
        case (.snapshotBegin(let scope, let position, let documents), .running):
            snapshotBegan(scope, position, documents)
        case (.snapshotChunk(let scope, let index, let chunk), .running): snapshotCame(scope, index, chunk)
        case (.snapshotEnd(let scope), .running): snapshotEnded(scope)
        case (.differences(let scope, let position, let parts), .running): differencesCame(scope, position, parts)
        case (.states(let scope, let answered, let bytes), .running): statesCame(scope, answered, bytes)
        default: refuseUnexpected(frame.name)
        }
    }

    private mutating func loaded(_ value: ReplicaLoaded) {
        switch (value, state) {
        case (.greeting(let greeting), .greeting(let clock)): sayHello(greeting, clock)
        case (.chainHashes(let hashes), .checkingFork(let greeting, let welcome)):
            checked(hashes.first ?? nil, greeting, welcome)
        case (.chainHashes(let hashes), .searching(let search)): ownHashesLoaded(hashes, search)
        // What was asked for before the search began.
        case (_, .searching): break
        case (.chainHashes(let hashes), .running): wantedHashLoaded(hashes.first ?? nil)
        case (.memory(let memory), .remembering(let greeting, let welcome)): start(greeting, welcome, memory)
        case (.unsent(let offers), .running): unsentLoaded(offers)
        case (.segment(let payload), .running): segmentLoaded(payload)
        case (.scopeDigest(let digest), .running): scopeDigestLoaded(digest)
        case (.findings(let findings), .running): findingsLoaded(findings)
        case (.wanted(let documents), .running): wantedLoaded(documents)
        default: preconditionFailure("a load that was not asked for")
        }
    }

    /// The parent found that this side's own history is another than the one it has, and waits for probes.
    private mutating func toldAtHello(_ error: SyncError, _ greeting: Greeting) {
        guard !error.endsSession, error.code == .forkSuspected || error.code == .replicaRegressed else {
            return told(error)
        }
        search(greeting.replica, head: greeting.head?.sequence ?? 0)
    }

    private mutating func told(_ error: SyncError) {
        guard !error.endsSession else { return close(.refusedByPeer(error)) }
        actions.append(.report(.refused(error)))
        if error.code == .unknownScope { pull.drop(error.subject) }
        if error.code == .forkSuspected, let origin = ReplicaID(error.subject), state == .running { dispute(origin) }
        finishIfDone()
    }

    private mutating func heartbeat(_ traffic: Traffic) {
        let isOwed = state != .running || !push.isIdle || !pull.isCaughtUp || compare.step != .idle
        switch liveness.tick(traffic, isOwed: isOwed && commitsUnderWay.isEmpty) {
        case .fine: break
        case .ping where state == .running:
            pings += 1
            send(.ping(pings))
        case .ping: break
        case .dead, .stalled: close(.peerLost(.peerStalled))
        }
    }

    // MARK: Small steps that all parts share

    mutating func send(_ frame: SyncFrame) { actions.append(.send(frame)) }

    mutating func close(_ end: SessionEnd) {
        state = .ended
        actions.append(.close(end))
    }

    mutating func refuse(_ error: SyncError) {
        send(.error(error))
        close(.refusedPeer(error))
    }

    mutating func refuseUnexpected(_ what: String) {
        refuse(SyncError(.unexpectedFrame, subject: what, "not allowed at this point; report this, then sync again"))
    }

    /// Ends a session that need not stay once nothing is left to do.
    mutating func finishIfDone() {
        guard state == .running, commitsUnderWay.isEmpty, commitsWaiting.isEmpty, push.isIdle, !push.isDue else {
            return
        }
        // Before anything comes down: the parent's history of a disputed origin must not meet ours under one name.
        if searchDispute() { return }
        if !pull.hasStarted { return startPull() }
        guard pull.isCaughtUp else { return }
        if !compare.isDone { advanceCompare() }
        guard compare.isDone else { return }
        if compare.isWantedDue { return loadWanted() }
        if configuration.wantsLive {
            if !isLive { actions.append(.report(.phase(.live))) }
            isLive = true
        } else {
            send(.bye)
            close(.completed)
        }
    }
}
