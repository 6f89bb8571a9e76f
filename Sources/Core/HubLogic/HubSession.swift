import ByteCoding
import HybridTime
import SyncProtocol

/// The parent's side of a session: welcomes a child, takes what it lacks, hands down what the child subscribes to.
///
/// It knows no socket, clock or disk: events go in, actions come out, and the same events give the same actions.
/// Protocol/sync.md, "The session", is its specification.
///
///     awaiting hello -> looking up -> serving -> ended
public struct HubSession: Sendable {
    /// How this hub runs its sessions.
    public struct Configuration: Hashable, Sendable {
        /// How much a child may have under way towards us, in bytes of credit.
        public var windowBytes: Int

        public init(windowBytes: Int = SyncLimits.windowBytesMin) { self.windowBytes = windowBytes }
    }

    enum State: Hashable {
        case awaitingHello
        case lookingUp(Hello, version: UInt64)
        /// The child's own history is another than ours: it looks for where they part, and no more.
        case disputed(Hello)
        /// The child knows more of this hub than the hub does, and the hub takes a new name.
        case regressed
        case serving(Hello)
        case ended
    }

    let identity: HubIdentity
    let configuration: Configuration
    var state = State.awaitingHello
    var liveness = Liveness()
    var intake: IntakeSide
    var serving = ServingSide()
    /// A compare or a fetch is being looked up; a child asks one thing at a time.
    var isComparing = false
    var pings: UInt64 = 0
    private var probes = 0
    private var isProbing = false
    /// What the current event has led to so far.
    var actions: [HubAction] = []

    public init(identity: HubIdentity, configuration: Configuration = Configuration()) {
        self.identity = identity
        self.configuration = configuration
        intake = IntakeSide(window: configuration.windowBytes)
    }

    public var hasEnded: Bool { state == .ended }

    /// Takes one event and returns what is to be done, in order. After a ``HubAction/close(_:)`` every event is
    /// passed over.
    public mutating func receive(_ event: HubEvent) -> [HubAction] {
        guard state != .ended else { return [] }
        actions.removeAll()
        switch event {
        case .received(let frame): received(frame)
        case .malformed(let failure): refuse(.malformed(failure))
        case .loaded(let value): loaded(value)
        case .committed(let outcomes): committed(outcomes)
        case .storageFailed(let failure):
            send(.error(SyncError(.storageFailed, "the hub could not write; nothing is lost, sync again later")))
            close(.storageFailed(failure))
        case .feedAdvanced(let scope): feedAdvanced(scope)
        case .reachedHQ(let entries): reachedHQ(entries)
        case .heartbeat(let traffic): heartbeat(traffic)
        case .stopRequested(let error):
            send(.error(error))
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
        case (.error(let error), _): if error.endsSession { close(.refusedByPeer(error)) }
        case (.bye, _): close(.completed)
        case (.hello(let hello), .awaitingHello): greeted(hello)
        case (.offer(let origins), .serving): offered(origins)
        case (.segment(let payload), .serving): came(payload)
        case (.pull(let scope, let cursor, let credit), .serving): pulled(scope, cursor, credit)
        case (.credit(let bytes), .serving): granted(bytes)
        case (.compare(let scope, let ranges), .serving): compared(scope, ranges)
        case (.fetch(let scope, let documents, let credit), .serving): fetched(scope, documents, credit)
        case (.probe(let probe), .serving), (.probe(let probe), .disputed): probed(probe)
        default: refuseUnexpected(frame.name)
        }
    }

    private mutating func loaded(_ value: HubLoaded) {
        switch (value, state) {
        case (.standing(let standing, let clock), .lookingUp(let hello, let version)):
            lookedUp(standing, clock, hello, version)
        case (.held(let origins), .serving): heldLoaded(origins)
        case (.chainHashes(let hashes), _):
            isProbing = false
            send(.hashes(hashes))
        case (.newName, _): refuse(.hubRenamed)
        case (.feed(let scope, let page), .serving): feedLoaded(scope, page)
        case (.snapshot(let scope, let page), .serving): snapshotLoaded(scope, page)
        case (.compared(let scope, let position, let parts), .serving):
            isComparing = false
            send(.differences(scope: scope, position: position, parts: parts))
        case (.states(let scope, let answered, let bytes), .serving): statesLoaded(scope, answered, bytes)
        default: preconditionFailure("a load that was not asked for")
        }
    }

    private mutating func heartbeat(_ traffic: Traffic) {
        if state == .awaitingHello {
            return refuse(SyncError(.helloTimeout, "no hello came; check what connects to this port"))
        }
        var isOwed = serving.isBlocked
        if case .disputed = state { isOwed = true }
        switch liveness.tick(traffic, isOwed: isOwed) {
        case .fine: break
        case .ping:
            pings += 1
            send(.ping(pings))
        case .dead, .stalled: close(.peerLost(.peerStalled))
        }
    }

    // MARK: Hello

    private mutating func greeted(_ hello: Hello) {
        actions.append(.introduce(hello))
        guard hello.organisation == identity.organisation else {
            return refuse(
                SyncError(.wrongOrganisation, "this hub serves another organisation; check the hub's address"))
        }
        guard let version = SyncLimits.versions.last(where: { hello.versions.contains($0) }) else {
            let spoken = SyncLimits.versions.map(String.init).joined(separator: ", ")
            return refuse(SyncError(.unknownVersion, "this hub speaks version \(spoken); update the older side"))
        }
        state = .lookingUp(hello, version: version)
        let isSameLife = speaksOfThisLife(hello)
        let subscriptions = hello.subscriptions.map {
            isSameLife ? $0 : Subscription(scope: $0.scope, cursor: .none)
        }
        actions.append(
            .load(
                .standing(
                    StandingQuery(
                        replica: hello.replica, head: hello.head?.sequence ?? 0, subscriptions: subscriptions,
                        isSameLife: isSameLife, hubHead: isSameLife ? hello.hubHead : nil))))
    }

    /// Whether what a hello tells of its hub is about this hub, under the name and in the epoch that it has now.
    private func speaksOfThisLife(_ hello: Hello) -> Bool { hello.lineage == identity.lineage }

    /// The fork check at the child's own head, then the welcome.
    private mutating func lookedUp(_ standing: Standing, _ clock: Int64, _ hello: Hello, _ version: UInt64) {
        precondition(standing.scopes.count == hello.subscriptions.count, "one standing for each scope")
        let isSameLife = speaksOfThisLife(hello)
        let receipted = SequenceRanges.through(hello.receiptedAtHub)
        let dispute = dispute(standing, hello)
        // Of a name that ended in a fork the hub holds less than it receipted, and says so by its chain.
        let hasForked = dispute?.code == .forkSuspected
        if isSameLife, standing.isBehind || !hasForked && !receipted.subtracting(standing.held).isEmpty {
            state = .regressed
            actions += [.reportRegression, .load(.newName(insteadOf: identity.lineage.hub, RegressionClaim(hello)))]
            return
        }
        if let dispute {
            state = .disputed(hello)
            return send(.error(dispute))
        }
        state = .serving(hello)
        actions.append(.acceptFullFrames)
        send(
            .welcome(
                Welcome(
                    version: version, organisation: identity.organisation, lineage: identity.lineage,
                    hubName: identity.name, clock: clock, creditBytes: configuration.windowBytes,
                    held: standing.held, heldAtHQ: standing.heldAtHQ, shared: standing.shared,
                    receiptMark: standing.receiptMark, scopes: standing.scopes,
                    headquarters: identity.isHeadquarters ? identity.lineage : standing.headquarters)))
    }

    /// What stands against the child's own history, which then is not served before the child has another name.
    private mutating func dispute(_ standing: Standing, _ hello: Hello) -> SyncError? {
        let head = hello.head?.sequence ?? 0
        if let shared = standing.shared, shared.sequence == head, let theirs = hello.head?.hash, shared.hash != theirs {
            actions.append(
                .reportFork(Fork(origin: hello.replica, sequence: head, ours: shared.hash, theirs: theirs)))
            return .forked(hello.replica, at: head)
        }
        if let held = standing.held.last, held > head { return .regressed(hello.replica, head: head, held: held) }
        // Whoever bears the hub's own name is a copy of it, even one that has written nothing since.
        return hello.replica == identity.lineage.hub ? .forked(hello.replica, at: head) : nil
    }

    /// Answers one probe at a time, and no more of them than a search needs.
    private mutating func probed(_ probe: ChainProbe) {
        probes += 1
        guard !isProbing, probes <= SyncLimits.probesPerSessionMax else { return refuseUnexpected("probe") }
        isProbing = true
        actions.append(.load(.chainHashes(probe)))
    }

    // MARK: Small steps that all parts share

    var child: Hello? {
        if case .serving(let hello) = state { hello } else { nil }
    }

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
}
