import HybridTime

/// What the child has under way upwards. One round: read what is unsent, offer it page by page, send what is wanted,
/// wait for the receipts.
struct PushSide: Sendable {
    var lineage = HubLineage(hub: ReplicaID(0), epoch: 0)
    var own = ReplicaID(0)
    var credit = 0
    /// What the welcome said that the hub holds of the own origin.
    var ownHeld = SequenceRanges()
    /// Another round is due once this one is over.
    var isDue = false
    /// Receipts that are not on our own disk yet: what is unsent cannot be read before.
    var receiptsUncommitted = 0
    var isLoadingUnsent = false
    var pages: [[OfferedOrigin]] = []
    /// The page that the hub has not answered.
    var offered: [OfferedOrigin]?
    /// The greatest sequence that was offered of each origin in this session.
    var offeredLast: [ReplicaID: Sequence32] = [:]
    /// Wanted, with a hash to compare first.
    var toCheck: [WantedOrigin] = []
    /// Origins of which the hub has another history, and how far ours goes.
    var disputes: [(origin: ReplicaID, head: Sequence32)] = []
    var toSend: [(origin: ReplicaID, range: ClosedRange<Sequence32>)] = []
    var toSendIndex = 0
    var isLoadingSegment = false
    /// Read, and waiting for credit.
    var ready: SegmentPayload?
    var unreceipted = OriginLedger()
    /// What the hub refused or the journal no longer had: not offered again in this session.
    var excluded = OriginLedger()
    /// The mark to store once every offer was answered.
    var markToTakeOver: UInt64?
    /// Whether a round has asked for all that is not at HQ.
    var isMarkCovered = false
    var sentBytes = 0

    var isIdle: Bool {
        !isLoadingUnsent && pages.isEmpty && offered == nil && toSendIndex == toSend.count && !isLoadingSegment
            && ready == nil && unreceipted.isEmpty && receiptsUncommitted == 0
    }

    mutating func begin(lineage: HubLineage, own: ReplicaID, credit: Int) {
        self.lineage = lineage
        self.own = own
        self.credit = credit
    }
}

extension ReplicaSession {
    /// Starts a round, or has one start when the one under way is over.
    mutating func startPush() {
        guard push.isIdle else {
            push.isDue = true
            return
        }
        push.isDue = false
        push.isLoadingUnsent = true
        push.isMarkCovered = push.markToTakeOver != nil
        actions.append(.load(.unsent(push.lineage, awaitingHQ: push.isMarkCovered)))
    }

    mutating func unsentLoaded(_ offers: [OfferedOrigin]) {
        precondition(push.isLoadingUnsent, "what is unsent was not asked for")
        push.isLoadingUnsent = false
        push.pages = pages(of: offers)
        advancePush()
    }

    /// Cuts the offers into frames and leaves out what is known to be there or not to be had.
    private func pages(of offers: [OfferedOrigin]) -> [[OfferedOrigin]] {
        var pages: [[OfferedOrigin]] = []
        var page: [OfferedOrigin] = []
        var ranges = 0
        for offer in offers {
            var left = offer.ranges.subtracting(push.excluded.ranges(of: offer.origin))
            if offer.origin == push.own { left = left.subtracting(push.ownHeld) }
            left = left.prefix(ranges: SyncLimits.rangesPerFrameMax)
            guard !left.isEmpty else { continue }
            if page.count == SyncLimits.originsPerFrameMax || ranges + left.ranges.count > SyncLimits.rangesPerFrameMax
            {
                pages.append(page)
                page = []
                ranges = 0
            }
            let hash = left.last == offer.ranges.last ? offer.hash : nil
            page.append(OfferedOrigin(origin: offer.origin, ranges: left, hash: hash))
            ranges += left.ranges.count
        }
        return page.isEmpty ? pages : pages + [page]
    }

    mutating func wanted(_ entries: [WantedOrigin]) {
        guard let offered = push.offered, push.toCheck.isEmpty else { return refuseUnexpected("want") }
        var left = OriginLedger()
        for offer in offered { for range in offer.ranges.ranges { left.insert(range, of: offer.origin) } }
        for entry in entries {
            guard entry.ranges.subtracting(left.ranges(of: entry.origin)).isEmpty else {
                return refuseUnexpected("want")
            }
            left.remove(entry.ranges, of: entry.origin)
            if entry.known != nil {
                push.toCheck.append(entry)
            } else {
                push.toSend += entry.ranges.ranges.map { (entry.origin, $0) }
            }
        }
        checkWanted()
    }

    /// Compares the hashes that came with the want, one by one, before anything of those origins is sent.
    private mutating func checkWanted() {
        if let entry = push.toCheck.first, let known = entry.known {
            actions.append(.load(.chainHashes(entry.origin, [known.sequence])))
        } else {
            push.offered = nil
            if openDispute != nil {
                // What others built on this side's branch means that branch: it goes up once the fork is known there.
                push.toSend = []
                push.pages = []
            }
            advancePush()
        }
    }

    mutating func wantedHashLoaded(_ hash: ChainHash?) {
        precondition(!push.toCheck.isEmpty, "no hash was asked for")
        let entry = push.toCheck.removeFirst()
        if let hash, let known = entry.known, hash != known.hash {
            actions.append(
                .report(
                    .forkFound(
                        Fork(origin: entry.origin, sequence: known.sequence, ours: hash, theirs: known.hash))))
            dispute(entry.origin)
        } else {
            push.toSend += entry.ranges.ranges.map { (entry.origin, $0) }
        }
        checkWanted()
    }

    mutating func segmentLoaded(_ payload: SegmentPayload?) {
        precondition(push.isLoadingSegment && push.toSendIndex < push.toSend.count, "no segment was asked for")
        push.isLoadingSegment = false
        let (origin, range) = push.toSend[push.toSendIndex]
        guard let payload else {
            push.excluded.insert(range, of: origin)
            push.toSendIndex += 1
            return advancePush()
        }
        precondition(
            payload.origin == origin && payload.first == range.lowerBound && payload.last <= range.upperBound,
            "the store gave another run than was asked for")
        if payload.last < range.upperBound {
            push.toSend[push.toSendIndex].range = (payload.last + 1)...range.upperBound
        } else {
            push.toSendIndex += 1
        }
        push.ready = payload
        advancePush()
    }

    mutating func granted(_ bytes: Int) {
        guard push.credit + bytes <= SyncLimits.windowBytesMax else {
            return refuse(SyncError(.limitExceeded, "too much credit; update the hub"))
        }
        push.credit += bytes
        advancePush()
    }

    mutating func receipted(_ receipt: Receipt) {
        var commit = ReceiptCommit(lineage: push.lineage, notes: receipt.notes)
        switch receipt.level {
        case .atHub: commit.atHub = receipt.entries
        case .atHQ: commit.atHQ = receipt.entries
        }
        var changeSets = 0
        for entry in receipt.entries {
            changeSets += push.unreceipted.ranges(of: entry.origin).intersection(entry.ranges).total
            push.unreceipted.remove(entry.ranges, of: entry.origin)
        }
        for note in receipt.notes where note.kind == .refused {
            push.excluded.insert(note.range, of: note.origin)
            push.unreceipted.remove(SequenceRanges(note.range), of: note.origin)
        }
        if !receipt.notes.isEmpty { actions.append(.report(.noted(receipt.notes))) }
        // A hub keeps what left its scopes until headquarters has it.
        if receipt.level == .atHQ, compare.isHub { compare.isWantedDue = true }
        if changeSets > 0 {
            compare.isWantedDue = true
            let bytes = push.unreceipted.isEmpty ? push.sentBytes : 0
            push.sentBytes -= bytes
            actions.append(.report(.pushed(changeSets: changeSets, bytes: bytes)))
        }
        commitNow(.receipts(commit))
        advancePush()
    }

    /// Sends as much as credit allows, then the next page, then ends the round.
    mutating func advancePush() {
        if let payload = push.ready {
            guard payload.cost <= push.credit else { return }
            push.ready = nil
            push.credit -= payload.cost
            push.sentBytes += payload.bytes.count
            push.unreceipted.insert(payload.range, of: payload.origin)
            send(.segment(payload))
        }
        guard !push.isLoadingSegment, !push.isLoadingUnsent, push.offered == nil else { return }
        if push.toSendIndex < push.toSend.count {
            let next = push.toSend[push.toSendIndex]
            push.isLoadingSegment = true
            actions.append(.load(.segment(origin: next.origin, range: next.range)))
            return
        }
        push.toSend = []
        push.toSendIndex = 0
        if !push.pages.isEmpty {
            let page = push.pages.removeFirst()
            push.offered = page
            for origin in page { push.offeredLast[origin.origin] = origin.ranges.last }
            return send(.offer(page))
        }
        if push.isIdle { endRound() }
    }

    private mutating func endRound() {
        if push.isDue { return startPush() }
        if openDispute != nil { return finishIfDone() }
        if push.isMarkCovered, let mark = push.markToTakeOver {
            push.markToTakeOver = nil
            return commitNow(.receipts(ReceiptCommit(lineage: push.lineage, receiptMark: mark)))
        }
        finishIfDone()
    }
}
