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
        case (.reserved(let kind), _):
            send(.error(SyncError(.notSupported, endsSession: false, subject: kind.name, "update the hub")))
        case (.bye, _): close(.completed)
        case (.hello(let hello), .awaitingHello): greeted(hello)
        case (.offer(let origins), .serving): offered(origins)
        case (.segment(let payload), .serving): came(payload)
        case (.pull(let scope, let cursor, let credit), .serving): pulled(scope, cursor, credit)
        case (.credit(let bytes), .serving): granted(bytes)
        case (.compare(let scope, let ranges), .serving): compared(scope, ranges)
        case (.fetch(let scope, let documents, let credit), .serving): fetched(scope, documents, credit)
        default: refuseUnexpected(frame.name)
        }
    }

    private mutating func loaded(_ value: HubLoaded) {
        switch (value, state) {
        case (.standing(let standing, let clock), .lookingUp(let hello, let version)):
            lookedUp(standing, clock, hello, version)
        case (.held(let origins), .serving): heldLoaded(origins)
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
        switch liveness.tick(traffic, isOwed: serving.isBlocked) {
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
        guard hello.replica != identity.lineage.hub else {
            return refuse(
                SyncError(.forkSuspected, "this device bears the hub's own name; make it a new store with assay init"))
        }
        state = .lookingUp(hello, version: version)
        let isSameLife = hello.lineage == identity.lineage
        let subscriptions = hello.subscriptions.map {
            isSameLife ? $0 : Subscription(scope: $0.scope, cursor: .none)
        }
        actions.append(
            .load(
                .standing(
                    StandingQuery(
                        replica: hello.replica, head: hello.head?.sequence ?? 0, subscriptions: subscriptions))))
    }

    /// The fork check at the child's own head, then the welcome.
    private mutating func lookedUp(_ standing: Standing, _ clock: Int64, _ hello: Hello, _ version: UInt64) {
        precondition(standing.scopes.count == hello.subscriptions.count, "one standing for each scope")
        if let head = hello.head, let shared = standing.shared, shared.sequence == head.sequence,
            shared.hash != head.hash
        {
            actions.append(.reportFork(hello.replica, at: head.sequence))
            return refuse(.forked(at: head.sequence))
        }
        let head = hello.head?.sequence ?? 0
        let held = standing.held.last ?? 0
        guard held <= head else { return refuse(.regressed(head: head, held: held)) }
        state = .serving(hello)
        actions.append(.acceptFullFrames)
        send(
            .welcome(
                Welcome(
                    version: version, organisation: identity.organisation, lineage: identity.lineage,
                    hubName: identity.name, clock: clock, creditBytes: configuration.windowBytes,
                    held: standing.held, heldAtHQ: standing.heldAtHQ, shared: standing.shared,
                    receiptMark: standing.receiptMark, scopes: standing.scopes)))
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
