import HybridTime
import SyncProtocol

/// What comes up from a child: at most one offer that is not answered, and segments within the window.
struct IntakeSide: Sendable {
    var credit: CreditWindow
    var offer: [OfferedOrigin]?
    /// The costs of the segments that were handed to the writer, in order.
    var costs: [Int] = []
    /// What the child sent in this session: it is not sent back down to it.
    var fromChild = OriginLedger()
    /// Origins that the child has offered: it is told when they reach HQ.
    var concerns: Set<ReplicaID> = []

    init(window: Int) { credit = CreditWindow(window: window) }
}

extension HubSession {
    mutating func offered(_ origins: [OfferedOrigin]) {
        guard intake.offer == nil else { return refuseUnexpected("offer") }
        for offered in origins {
            guard intake.concerns.count < SyncLimits.concernsMax else { break }
            intake.concerns.insert(offered.origin)
        }
        guard !origins.isEmpty else { return send(.want([])) }
        intake.offer = origins
        actions.append(
            .load(.held(origins.map { HeldQuery(origin: $0.origin, sequence: $0.ranges.last ?? 0) })))
    }

    /// Receipts what is there already, asks for what is not, and passes over origins whose chains disagree.
    mutating func heldLoaded(_ held: [HeldOrigin]) {
        guard let offer = intake.offer else { preconditionFailure("no offer is being looked up") }
        precondition(held.map(\.origin) == offer.map(\.origin), "one answer for each origin, in order")
        intake.offer = nil
        var wants: [WantedOrigin] = []
        var atHub: [OriginRanges] = []
        var atHQ: [OriginRanges] = []
        var wanted = 0
        for (offered, known) in zip(offer, held) {
            if let theirs = offered.hash, let ours = known.hash, theirs != ours {
                reportFork(of: offered, theirs: theirs, ours: ours)
                continue
            }
            let lacking = offered.ranges.subtracting(known.ranges)
                .prefix(ranges: SyncLimits.rangesPerFrameMax - wanted)
            wanted += lacking.ranges.count
            // Where our chain is the shorter one, the child compares at its end.
            let isShorter = known.hash == nil && (known.head?.sequence ?? 0) < offered.ranges.last ?? 0
            wants.append(
                WantedOrigin(origin: offered.origin, ranges: lacking, known: isShorter ? known.head : nil))
            atHub.append(OriginRanges(origin: offered.origin, ranges: offered.ranges.intersection(known.ranges)))
            atHQ.append(OriginRanges(origin: offered.origin, ranges: offered.ranges.intersection(known.atHQ)))
        }
        if !identity.isHeadquarters { sendReceipts(.atHub, atHub, []) }
        sendReceipts(.atHQ, identity.isHeadquarters ? atHub : atHQ, [])
        send(.want(wants.filter { !$0.ranges.isEmpty }))
    }

    private mutating func reportFork(of offered: OfferedOrigin, theirs: ChainHash, ours: ChainHash) {
        let sequence = offered.ranges.last ?? 0
        actions.append(
            .reportFork(Fork(origin: offered.origin, sequence: sequence, ours: ours, theirs: theirs)))
        send(
            .error(
                SyncError(
                    .forkSuspected, endsSession: false, subject: "\(offered.origin)",
                    "two histories of this device up to \(sequence) exist; both are kept, and nothing more of it is taken until they are told apart"
                )))
    }

    mutating func came(_ payload: SegmentPayload) {
        guard intake.credit.spend(payload.cost) else {
            return refuse(SyncError(.creditExceeded, "more came than was allowed; report this, then sync again"))
        }
        intake.costs.append(payload.cost)
        actions.append(.commit(payload))
    }

    mutating func committed(_ outcomes: [SegmentOutcome]) {
        precondition(outcomes.count <= intake.costs.count, "an outcome of a segment that was not handed over")
        liveness.progressed()
        var durable: [OriginRanges] = []
        var notes: [ReceiptNote] = []
        for outcome in outcomes {
            if let note = outcome.note { notes.append(note) }
            guard outcome.isDurable else { continue }
            if intake.fromChild.originCount < SyncLimits.concernsMax {
                intake.fromChild.insert(outcome.range, of: outcome.origin)
            }
            add(outcome, to: &durable)
        }
        sendReceipts(identity.isHeadquarters ? .atHQ : .atHub, durable, notes)
        let cost = intake.costs.prefix(outcomes.count).reduce(0, +)
        intake.costs.removeFirst(outcomes.count)
        if let grant = intake.credit.settle(cost) { send(.credit(bytes: grant)) }
    }

    /// Keeps the runs of one origin together, in the order in which the origins came.
    private func add(_ outcome: SegmentOutcome, to durable: inout [OriginRanges]) {
        if let index = durable.lastIndex(where: { $0.origin == outcome.origin }) {
            var ranges = durable[index].ranges
            ranges.insert(outcome.range)
            durable[index] = OriginRanges(origin: outcome.origin, ranges: ranges)
        } else {
            durable.append(OriginRanges(origin: outcome.origin, ranges: SequenceRanges(outcome.range)))
        }
    }

    /// News from above goes to the origin itself, to whoever offered it, and to hubs below.
    mutating func reachedHQ(_ entries: [OriginRanges]) {
        guard let child else { return }
        sendReceipts(
            .atHQ,
            entries.filter {
                child.isHub || $0.origin == child.replica || intake.concerns.contains($0.origin)
            }, [])
    }

    /// In as many frames as the limits ask for; in none where there is nothing to say.
    private mutating func sendReceipts(_ level: ReceiptLevel, _ entries: [OriginRanges], _ notes: [ReceiptNote]) {
        var page: [OriginRanges] = []
        var ranges = 0
        var rest = notes[...]
        for entry in entries where !entry.ranges.isEmpty {
            let listed = entry.ranges.prefix(ranges: SyncLimits.rangesPerFrameMax)
            if page.count == SyncLimits.originsPerFrameMax
                || ranges + listed.ranges.count > SyncLimits.rangesPerFrameMax
            {
                send(.receipt(Receipt(level: level, entries: page, notes: [])))
                page = []
                ranges = 0
            }
            page.append(OriginRanges(origin: entry.origin, ranges: listed))
            ranges += listed.ranges.count
        }
        while !page.isEmpty || !rest.isEmpty {
            let some = rest.prefix(SyncLimits.notesPerReceiptMax)
            send(.receipt(Receipt(level: level, entries: page, notes: Array(some))))
            rest = rest.dropFirst(some.count)
            page = []
        }
    }
}
