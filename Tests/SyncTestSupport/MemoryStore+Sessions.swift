import ByteCoding
import HubLogic
import HybridTime
import SyncProtocol

/// The child's side of the contract.
extension MemoryStore {
    public func greeting() -> Greeting {
        Greeting(
            organisation: organisation, replica: replica, role: isHub ? "site" : "desk", device: "test",
            publicKey: Array(repeating: 9, count: 33), isHub: isHub,
            head: hash(of: replica, at: head).map { ChainPoint(sequence: head, hash: $0) }, lineage: lastLineage,
            hubHead: lastLineage.flatMap { lineage in
                let end = held[lineage.hub]?.contiguousEnd ?? 0
                return hash(of: lineage.hub, at: end).map { ChainPoint(sequence: end, hash: $0) }
            },
            memory: lastLineage.map(memory(of:)) ?? ParentMemory(subscriptions: subscriptions(nil)))
    }

    public func memory(of lineage: HubLineage) -> ParentMemory {
        ParentMemory(
            subscriptions: subscriptions(lineage),
            receiptedAtHub: receipted[lineage]?[replica]?.contiguousEnd ?? 0,
            receiptedAtHQ: atHQ[replica]?.contiguousEnd ?? 0, receiptMark: marks[lineage] ?? 0,
            headquarters: headquarters)
    }

    private func subscriptions(_ lineage: HubLineage?) -> [Subscription] {
        scopes.map { scope in
            Subscription(scope: scope, cursor: lineage.flatMap { cursors[$0]?[scope] } ?? .none)
        }
    }

    public func unsent(_ lineage: HubLineage, awaitingHQ: Bool) -> [OfferedOrigin] {
        held.keys.sorted().compactMap { origin in
            let held = held[origin] ?? SequenceRanges()
            var ranges = held.subtracting(receipted[lineage]?[origin] ?? SequenceRanges())
            if awaitingHQ { ranges.formUnion(held.subtracting(atHQ[origin] ?? SequenceRanges())) }
            guard let last = ranges.last else { return nil }
            return OfferedOrigin(origin: origin, ranges: ranges, hash: hash(of: origin, at: last))
        }
    }

    public func answer(_ load: ReplicaLoad) -> ReplicaLoaded {
        switch load {
        case .greeting: .greeting(greeting())
        case .memory(let lineage): .memory(memory(of: lineage))
        case .chainHashes(let origin, let sequences): .chainHashes(sequences.map { hash(of: origin, at: $0) })
        case .unsent(let lineage, let awaitingHQ): .unsent(unsent(lineage, awaitingHQ: awaitingHQ))
        case .segment(let origin, let range): .segment(segment(origin, range))
        // This store gives no digest in its greeting, so nobody compares.
        case .scopeDigest: .scopeDigest(.zero)
        case .findings: .findings(ComparedFindings())
        case .wanted: .wanted([])
        }
    }

    public mutating func perform(_ commits: [ReplicaCommit]) -> [SegmentOutcome] {
        var outcomes: [SegmentOutcome] = []
        for commit in commits {
            switch commit {
            case .receipts(let receipts): keep(receipts)
            case .cursor(let lineage, let scope, let position): set(.feed(position), scope, lineage)
            case .states, .onlyHere, .alike: break
            case .documents(let lineage, let scope, let position, _): set(.feed(position), scope, lineage)
            case .feed(let lineage, let scope, let position, let payload):
                let outcome = take(payload)
                outcomes.append(outcome)
                guard outcome.isDurable else { return outcomes }
                // What comes down from a hub is at that hub.
                let ranges = OriginRanges(origin: payload.origin, ranges: SequenceRanges(payload.range))
                keep(ReceiptCommit(lineage: lineage, atHub: [ranges]))
                set(.feed(position), scope, lineage)
            case .snapshotChunk(let lineage, let scope, let position, let chunk):
                restore(MemoryStore.documents(chunk))
                let cursor = chunk.next.map { PullCursor.bootstrap(position: position, resume: $0) }
                set(cursor ?? .feed(position), scope, lineage)
            }
        }
        return outcomes
    }
}

/// The hub's side of the contract.
extension MemoryStore {
    public func feedEnd(_ scope: ScopeName) -> FeedPosition { FeedPosition(feeds[scope]?.count ?? 0) }

    public func standing(_ query: StandingQuery) -> Standing {
        let held = held[query.replica] ?? SequenceRanges()
        let lower = min(query.head, held.contiguousEnd)
        return Standing(
            held: held, heldAtHQ: atHQ[query.replica] ?? SequenceRanges(),
            shared: hash(of: query.replica, at: lower).map { ChainPoint(sequence: lower, hash: $0) },
            receiptMark: ownMark,
            scopes: query.subscriptions.map { subscription in
                guard scopes.contains(subscription.scope) else { return .unknown }
                let end = feedEnd(subscription.scope)
                guard case .feed(let position) = subscription.cursor else { return .known(end: end, usable: false) }
                let start = feedStart[subscription.scope] ?? 0
                return .known(end: end, usable: (start...max(start, end)).contains(position))
            }, isBehind: query.isSameLife && isBehind(query), headquarters: headquarters)
    }

    private func isBehind(_ query: StandingQuery) -> Bool {
        if let told = query.hubHead, hash(of: replica, at: told.sequence) != told.hash { return true }
        return query.subscriptions.contains { subscription in
            guard case .feed(let position) = subscription.cursor else { return false }
            return scopes.contains(subscription.scope) && position > feedEnd(subscription.scope)
        }
    }

    public func chainHashes(_ probe: ChainProbe) -> ChainHashes {
        ChainHashes(
            origin: probe.origin, end: held[probe.origin]?.contiguousEnd ?? 0,
            hashes: probe.sequences.map { hash(of: probe.origin, at: $0) })
    }

    public func heldOrigins(_ queries: [HeldQuery]) -> [HeldOrigin] {
        queries.map {
            HeldOrigin(
                origin: $0.origin, ranges: held[$0.origin] ?? SequenceRanges(),
                atHQ: atHQ[$0.origin] ?? SequenceRanges(), hash: hash(of: $0.origin, at: $0.sequence),
                head: point(of: $0.origin))
        }
    }

    private func point(of origin: ReplicaID) -> ChainPoint? {
        let end = held[origin]?.contiguousEnd ?? 0
        return hash(of: origin, at: end).map { ChainPoint(sequence: end, hash: $0) }
    }

    /// Entries that follow on each other go out as one segment.
    public func feed(_ scope: ScopeName, after: FeedPosition, bytesMax: Int) -> FeedPage {
        guard scopes.contains(scope) else { return .unknownScope }
        let entries = feeds[scope] ?? []
        guard after >= feedStart[scope] ?? 0, after <= entries.count else { return .compacted }
        var items: [FeedItem] = []
        var position = after
        var bytes = 0
        while position < entries.count, bytes < bytesMax {
            let entry = entries[Int(position)]
            var last = entry.range.upperBound
            var next = position + 1
            while next < entries.count, entries[Int(next)].origin == entry.origin,
                entries[Int(next)].range.lowerBound == last + 1
            {
                last += 1
                next += 1
            }
            guard let payload = segment(entry.origin, entry.range.lowerBound...last) else { break }
            position += UInt64(payload.changeSets)
            bytes += payload.cost
            items.append(FeedItem(position: position, payload: payload))
        }
        return .items(items, reached: position, isAtEnd: position == entries.count)
    }

    /// One document for each change set, in the order of their dots; the cursor is the last dot.
    public func snapshot(_ scope: ScopeName, after: SnapshotCursor?) -> SnapshotPage {
        guard scopes.contains(scope) else { return .unknownScope }
        let all = covered.filter { self.scope(of: $0) == scope }
        let rest = all.filter { dot in after.map { MemoryStore.key(dot).lexicographicallyPrecedes($0.bytes) } != true }
            .filter { MemoryStore.key($0) != after?.bytes }
        let part = rest.prefix(chunkDocumentsMax)
        var writer = ByteWriter()
        for dot in part { writer.raw(MemoryStore.key(dot)) }
        let next = part.count < rest.count ? part.last.flatMap { SnapshotCursor(MemoryStore.key($0)) } : nil
        return .chunk(
            SnapshotChunk(bytes: writer.bytes, next: next), position: feedEnd(scope), documents: UInt64(all.count))
    }

    public mutating func answer(_ load: HubLoad, clock: Int64) -> HubLoaded {
        switch load {
        case .standing(let query): return .standing(standing(query), clock: clock)
        case .held(let queries): return .held(heldOrigins(queries))
        case .chainHashes(let probe): return .chainHashes(chainHashes(probe))
        case .newName(let hub, _):
            takeNewLife(insteadOf: hub)
            return .newName
        case .feed(let scope, let after, let bytesMax, _):
            return .feed(scope, feed(scope, after: after, bytesMax: bytesMax))
        case .snapshot(let scope, let after, _): return .snapshot(scope, snapshot(scope, after: after))
        case .compare(let scope, _): return .compared(scope, position: feedEnd(scope), parts: [])
        case .states(let scope, let documents, _, _): return .states(scope, answered: documents.count, bytes: [])
        }
    }

    /// Journals segments of any number of sessions in one go.
    public mutating func commit(_ segments: [SegmentPayload]) -> [SegmentOutcome] { segments.map { take($0) } }

    private static func key(_ dot: Dot) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: dot.origin.bits >> (56 - 8 * UInt64($0))) }
            + (0..<4).map { UInt8(truncatingIfNeeded: dot.sequence >> (24 - 8 * UInt32($0))) }
    }

    static func documents(_ chunk: SnapshotChunk) -> [Dot] {
        stride(from: 0, to: chunk.bytes.count, by: 12).map { start in
            let origin = chunk.bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let sequence = chunk.bytes[start + 8..<start + 12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return Dot(ReplicaID(origin), sequence)
        }
    }
}
