import ByteCoding
import HybridTime

extension ReplicaSession {
    mutating func sayHello(_ greeting: Greeting, _ clock: Int64) {
        state = .helloSent(greeting)
        send(
            .hello(
                Hello(
                    organisation: greeting.organisation, replica: greeting.replica, role: greeting.role,
                    device: greeting.device, clock: clock, publicKey: greeting.publicKey, head: greeting.head,
                    lineage: greeting.lineage, hubHead: greeting.hubHead,
                    subscriptions: greeting.memory.subscriptions,
                    receiptedAtHub: greeting.memory.receiptedAtHub, receiptedAtHQ: greeting.memory.receiptedAtHQ,
                    wantsLive: configuration.wantsLive, isHub: greeting.isHub)))
    }

    /// Judges the welcome, then the fork check, then the memory of this hub, then work.
    mutating func welcomed(_ welcome: Welcome, _ greeting: Greeting) {
        guard welcome.organisation == greeting.organisation else {
            return refuse(
                SyncError(.wrongOrganisation, "this device belongs to another organisation; check the hub's address"))
        }
        guard SyncLimits.versions.contains(welcome.version) else {
            return refuse(SyncError(.unknownVersion, "version \(welcome.version) was never offered; update the hub"))
        }
        let head = greeting.head?.sequence ?? 0
        guard welcome.scopes.count == greeting.memory.subscriptions.count, welcome.shared?.sequence ?? 0 <= head else {
            return refuseUnexpected("welcome")
        }
        actions.append(
            .report(.welcomed(welcome.lineage, hubName: welcome.hubName, hubClock: welcome.clock)))
        guard welcome.held.last ?? 0 <= head else { return search(greeting.replica, head: head) }
        guard let shared = welcome.shared, let own = greeting.head else { return remember(greeting, welcome) }
        if shared.sequence == own.sequence { return checked(own.hash, greeting, welcome) }
        state = .checkingFork(greeting, welcome)
        actions.append(.load(.chainHashes(greeting.replica, [shared.sequence])))
    }

    mutating func checked(_ hash: ChainHash?, _ greeting: Greeting, _ welcome: Welcome) {
        if let shared = welcome.shared, let hash, hash != shared.hash {
            return search(greeting.replica, head: greeting.head?.sequence ?? 0)
        }
        remember(greeting, welcome)
    }

    private mutating func remember(_ greeting: Greeting, _ welcome: Welcome) {
        if greeting.lineage == welcome.lineage { return start(greeting, welcome, greeting.memory) }
        state = .remembering(greeting, welcome)
        actions.append(.load(.memory(welcome.lineage)))
    }

    mutating func start(_ greeting: Greeting, _ welcome: Welcome, _ memory: ParentMemory) {
        state = .running
        push.begin(lineage: welcome.lineage, own: greeting.replica, credit: welcome.creditBytes)
        push.ownHeld = welcome.held
        pull.begin(memory.subscriptions, standings: sameScopes(greeting, memory) ? welcome.scopes : [])
        compare.wanted = greeting.wanted
        compare.isHub = greeting.isHub
        compare.due = pull.scopes.indices.filter { pull.scopes[$0].isToCompare }
        for scope in pull.scopes where scope.progress == .dropped {
            actions.append(.report(.refused(.scopeUnknown(scope.name))))
        }
        if greeting.hasOrphans, pull.isAlike(memory.subscriptions) { commitNow(.alike(welcome.lineage)) }
        takeOver(welcome, memory, isMemoryOlder: greeting.lineage == welcome.lineage)
        // What was at another headquarters has to be asked for again.
        let isSameHQ = welcome.headquarters == nil || welcome.headquarters == memory.headquarters
        push.markToTakeOver =
            isSameHQ && welcome.receiptMark == memory.receiptMark ? nil : welcome.receiptMark
        actions.append(.report(.phase(.pushing)))
        startPush()
        for receipt in early { receipted(receipt) }
        early = []
    }

    /// The standings of the welcome speak of the scopes and cursors of the hello.
    private func sameScopes(_ greeting: Greeting, _ memory: ParentMemory) -> Bool {
        greeting.memory.subscriptions.map(\.scope) == memory.subscriptions.map(\.scope)
    }

    /// What the welcome says of the own origin counts as receipts, and shows a hub that forgot some.
    /// - Parameter isMemoryOlder: whether the memory was read before the hub looked. A later one may hold receipts that
    ///   another session of this replica has brought since, and accuses nobody.
    private mutating func takeOver(_ welcome: Welcome, _ memory: ParentMemory, isMemoryOlder: Bool) {
        var commit = ReceiptCommit(lineage: welcome.lineage)
        let own = push.own
        let known = SequenceRanges.through(memory.receiptedAtHub)
        let lost = isMemoryOlder ? known.subtracting(welcome.held) : SequenceRanges()
        let held = welcome.held.subtracting(known)
        let isOtherHQ = welcome.headquarters != nil && welcome.headquarters != memory.headquarters
        if isOtherHQ { commit.headquarters = welcome.headquarters }
        let heldAtHQ = welcome.heldAtHQ.subtracting(.through(isOtherHQ ? 0 : memory.receiptedAtHQ))
        if !held.isEmpty { commit.atHub = [OriginRanges(origin: own, ranges: held)] }
        if !heldAtHQ.isEmpty { commit.atHQ = [OriginRanges(origin: own, ranges: heldAtHQ)] }
        if !lost.isEmpty {
            commit.lostByHub = [OriginRanges(origin: own, ranges: lost)]
            actions.append(.report(.hubRegressed(commit.lostByHub)))
        }
        guard !held.isEmpty || !heldAtHQ.isEmpty || !lost.isEmpty || isOtherHQ else { return }
        commitNow(.receipts(commit))
    }
}

extension SyncError {
    /// Bytes that are no frame.
    public static func malformed(_ failure: DecodingFailure) -> SyncError {
        let code: SyncErrorCode = failure.code == .limitExceeded ? .limitExceeded : .malformedFrame
        return SyncError(code, "\(failure); update the program on both sides, then sync again")
    }

    /// Two histories under one name: the child finds out where they part, and goes on under another.
    public static func forked(_ replica: ReplicaID, at sequence: Sequence32) -> SyncError {
        SyncError(
            .forkSuspected, endsSession: false, subject: "\(replica)",
            "another device wrote under this one's name, from number \(sequence) or before; both devices' work is kept"
        )
    }

    /// A scope that the hub does not have; all else goes on.
    public static func scopeUnknown(_ scope: ScopeName) -> SyncError {
        SyncError(
            .unknownScope, endsSession: false, subject: scope.text,
            "the hub has no such scope; correct the device's scopes or ask the hub's administrator")
    }

    /// The hub found that an older state of it was put back, or took a new name for another reason.
    public static let hubRenamed = SyncError(
        .hubRegressed,
        "this hub or one above it was restored; nothing is lost: sync again, and what it lacks goes to it again")

    /// The hub knows more of the device than the device itself.
    public static func regressed(_ replica: ReplicaID, head: Sequence32, held: Sequence32) -> SyncError {
        SyncError(
            .replicaRegressed, endsSession: false, subject: "\(replica)",
            "this device stands at \(head) and the hub has its \(held): an older state was put back, and the rest comes back"
        )
    }
}
