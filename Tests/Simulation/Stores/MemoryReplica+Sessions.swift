import ByteCoding
import ChangeSets
import HubLogic
import HybridTime
import Merging
import SyncProtocol

/// The child's side of the contract.
extension MemoryReplica {
    public func answer(_ load: ReplicaLoad) -> ReplicaLoaded {
        switch load {
        case .greeting: .greeting(greeting())
        case .memory(let lineage): .memory(memory(of: lineage))
        case .chainHashes(let origin, let sequences): .chainHashes(sequences.map { chainHash(origin, at: $0) })
        case .unsent(let lineage, let awaitingHQ): .unsent(unsent(lineage, awaitingHQ: awaitingHQ))
        case .segment(let origin, let range): .segment(payload(origin, range))
        // This store gives no digest in its greeting, so nobody compares.
        case .scopeDigest: .scopeDigest(.zero)
        case .findings: .findings(ComparedFindings())
        case .wanted: .wanted([])
        }
    }

    private func greeting() -> Greeting {
        Greeting(
            organisation: configuration.organisation, replica: replica,
            role: configuration.isHub ? "hub" : "replica", device: configuration.name, isHub: configuration.isHub,
            head: chainHash(replica, at: head).map { ChainPoint(sequence: head, hash: $0) }, lineage: lastLineage,
            hubHead: lastLineage.flatMap { point(of: $0.hub) }, memory: memory(of: lastLineage))
    }

    private func memory(of lineage: HubLineage?) -> ParentMemory {
        let cursor = lineage.flatMap { cursors[$0] } ?? .none
        return ParentMemory(
            subscriptions: MemoryReplica.scopes.map { Subscription(scope: $0, cursor: cursor) },
            receiptedAtHub: lineage.flatMap { receipted[$0]?[replica]?.contiguousEnd } ?? 0,
            receiptedAtHQ: reached[replica]?.contiguousEnd ?? 0, receiptMark: lineage.flatMap { marks[$0] } ?? 0,
            headquarters: headquarters)
    }

    private func unsent(_ lineage: HubLineage, awaitingHQ: Bool) -> [OfferedOrigin] {
        Set(logs.keys).union([replica]).sorted().compactMap { origin in
            guard origin != lineage.hub else { return nil }
            let held = held(origin)
            var rest = held.subtracting(receipted[lineage]?[origin] ?? SequenceRanges())
            if awaitingHQ { rest.formUnion(held.subtracting(reached[origin] ?? SequenceRanges())) }
            return rest.last.map { OfferedOrigin(origin: origin, ranges: rest, hash: chainHash(origin, at: $0)) }
        }
    }

    public func perform(_ commits: [ReplicaCommit]) throws(SimulatedFailure) -> [SegmentOutcome] {
        var outcomes: [SegmentOutcome] = []
        for commit in commits {
            let outcome = try committing { () throws(SimulatedFailure) in try perform(commit) }
            guard let outcome else { continue }
            outcomes.append(outcome)
            if !outcome.isDurable { break }
        }
        return outcomes
    }

    private func perform(_ commit: ReplicaCommit) throws(SimulatedFailure) -> SegmentOutcome? {
        switch commit {
        case .receipts(let receipts): keep(receipts)
        case .states, .onlyHere, .alike, .documents: break
        case .cursor(let lineage, _, let position): move(lineage, .feed(position))
        case .feed(let lineage, _, let position, let payload):
            let outcome = apply(payload)
            guard outcome.isDurable else { return outcome }
            receipted[lineage, default: [:]][payload.origin, default: SequenceRanges()].insert(payload.range)
            let range = SequenceRanges(payload.range)
            var new = SequenceRanges()
            if lineage == headquarters {
                new = range.subtracting(reached[payload.origin] ?? SequenceRanges())
                reached[payload.origin, default: SequenceRanges()].formUnion(new)
            }
            tellReachedHQ(payload.origin, outcome.verdict == .stored ? range : new)
            move(lineage, .feed(position))
            return outcome
        case .snapshotChunk(let lineage, _, let position, let chunk):
            try restore(chunk)
            if chunk.next == nil, configuration.isHub { closeFeedGap() }
            move(lineage, chunk.next.map { .bootstrap(position: position, resume: $0) } ?? .feed(position))
        }
        return nil
    }

    private func restore(_ chunk: SnapshotChunk) throws(SimulatedFailure) {
        guard !chunk.bytes.isEmpty else { return }
        do throws(DecodingFailure) { join(try codecs.snapshot.decode(chunk.bytes[...])) } catch {
            throw .broken("a snapshot that cannot be read: \(error)")
        }
    }

    /// Those below are told of what is here as well.
    private func tellReachedHQ(_ origin: ReplicaID, _ ranges: SequenceRanges) {
        let here = ranges.intersection(held(origin)).intersection(reached[origin] ?? SequenceRanges())
        if !here.isEmpty { news.reachedHQ.append(OriginRanges(origin: origin, ranges: here)) }
    }

    private func move(_ lineage: HubLineage, _ cursor: PullCursor) {
        lastLineage = lineage
        cursors[lineage] = cursor
    }

    private func keep(_ commit: ReceiptCommit) {
        lastLineage = commit.lineage
        if let other = commit.headquarters, other != headquarters {
            if headquarters != nil { reached = [:] }
            headquarters = other
        }
        for entry in commit.atHub + commit.atHQ {
            receipted[commit.lineage, default: [:]][entry.origin, default: SequenceRanges()].formUnion(entry.ranges)
        }
        for entry in commit.lostByHub {
            let known = receipted[commit.lineage]?[entry.origin] ?? SequenceRanges()
            receipted[commit.lineage]?[entry.origin] = known.subtracting(entry.ranges)
        }
        for entry in commit.atHQ {
            let new = entry.ranges.subtracting(reached[entry.origin] ?? SequenceRanges())
            reached[entry.origin, default: SequenceRanges()].formUnion(new)
            tellReachedHQ(entry.origin, new)
        }
        if let mark = commit.receiptMark { marks[commit.lineage] = mark }
    }
}

/// The hub's side of the contract.
extension MemoryReplica {
    public func hubIdentity() -> HubIdentity {
        HubIdentity(
            organisation: configuration.organisation, lineage: HubLineage(hub: replica, epoch: 1),
            name: configuration.name, isHeadquarters: configuration.isHeadquarters)
    }

    public func answer(_ load: HubLoad, clock: Int64) -> HubLoaded {
        switch load {
        case .standing(let query): .standing(standing(query), clock: clock)
        case .held(let queries): .held(queries.map(heldOrigin))
        case .chainHashes(let probe): .chainHashes(chainHashes(probe))
        // Nothing is put back here: an accusation is itself the violation.
        case .newName: .newName
        case .feed(let scope, let after, let bytesMax, _): .feed(scope, feedPage(scope, after, bytesMax))
        case .snapshot(let scope, let after, _): .snapshot(scope, snapshotPage(scope, after))
        case .compare(let scope, _): .compared(scope, position: FeedPosition(feed.count), parts: [])
        case .states(let scope, let documents, _, _): .states(scope, answered: documents.count, bytes: [])
        }
    }

    /// What is known to be at headquarters; all that is held, where this is headquarters.
    private func atHQ(_ origin: ReplicaID) -> SequenceRanges {
        configuration.isHeadquarters ? held(origin) : held(origin).intersection(reached[origin] ?? SequenceRanges())
    }

    private func standing(_ query: StandingQuery) -> Standing {
        packTail()
        let end = FeedPosition(feed.count)
        var shared: ChainPoint?
        let known = Sequence32(logs[query.replica]?.heads.count ?? 0)
        if let hash = chainHash(query.replica, at: min(query.head, known)) {
            shared = ChainPoint(sequence: min(query.head, known), hash: hash)
        }
        return Standing(
            held: held(query.replica), heldAtHQ: atHQ(query.replica), shared: shared,
            receiptMark: configuration.isHeadquarters
                ? segmentsStored : UInt64(reached.keys.reduce(0) { $0 + atHQ($1).total }),
            scopes: query.subscriptions.map { subscription in
                guard MemoryReplica.scopes.contains(subscription.scope) else { return .unknown }
                switch subscription.cursor {
                case .none: return .known(end: end, usable: false)
                case .feed(let position), .bootstrap(let position, _):
                    return .known(end: end, usable: UInt64(feedFloor) <= position && position <= end)
                }
            }, isBehind: query.isSameLife && isBehind(query, end), headquarters: headquarters)
    }

    private func isBehind(_ query: StandingQuery, _ end: FeedPosition) -> Bool {
        if let told = query.hubHead, chainHash(replica, at: told.sequence) != told.hash { return true }
        return query.subscriptions.contains {
            switch $0.cursor {
            case .none: false
            case .feed(let position), .bootstrap(let position, _): position > end
            }
        }
    }

    private func point(of origin: ReplicaID) -> ChainPoint? {
        let end = Sequence32(logs[origin]?.heads.count ?? 0)
        return chainHash(origin, at: end).map { ChainPoint(sequence: end, hash: $0) }
    }

    private func chainHashes(_ probe: ChainProbe) -> ChainHashes {
        ChainHashes(
            origin: probe.origin, end: point(of: probe.origin)?.sequence ?? 0,
            hashes: probe.sequences.map { chainHash(probe.origin, at: $0) })
    }

    private func heldOrigin(_ query: HeldQuery) -> HeldOrigin {
        HeldOrigin(
            origin: query.origin, ranges: held(query.origin), atHQ: atHQ(query.origin),
            hash: chainHash(query.origin, at: query.sequence), head: point(of: query.origin))
    }

    private func feedPage(_ scope: ScopeName, _ after: FeedPosition, _ bytesMax: Int) -> FeedPage {
        guard MemoryReplica.scopes.contains(scope) else { return .unknownScope }
        packTail()
        guard after >= UInt64(feedFloor), after <= UInt64(feed.count) else { return .compacted }
        var items: [FeedItem] = []
        var position = Int(after)
        var bytes = 0
        while position < feed.count, bytes < bytesMax {
            let entry = feed[position]
            position += 1
            guard let payload = payload(entry.origin, entry.range) else { continue }
            bytes += payload.bytes.count
            items.append(FeedItem(position: FeedPosition(position), payload: payload))
        }
        return .items(items, reached: FeedPosition(position), isAtEnd: position == feed.count)
    }

    private func snapshotPage(_ scope: ScopeName, _ after: SnapshotCursor?) -> SnapshotPage {
        guard MemoryReplica.scopes.contains(scope) else { return .unknownScope }
        packTail()
        let names = documents()
        var start = 0
        if let after, let last = MemoryReplica.name(after) { start = names.firstIndex { last < $0 } ?? names.count }
        let part = names[start...].prefix(configuration.chunkDocumentsMax)
        let bytes = codecs.snapshot.encode(part.compactMap { states[$0] })
        let next = start + part.count < names.count ? part.last.flatMap(MemoryReplica.cursor) : nil
        return .chunk(
            SnapshotChunk(bytes: bytes, next: next), position: FeedPosition(feed.count), documents: UInt64(names.count))
    }

    private static func cursor(_ name: RecordName) -> SnapshotCursor? {
        var out = ByteWriter()
        out.fixed64(name.origin.bits)
        out.varint(UInt64(name.sequence))
        out.varint(UInt64(name.ordinal))
        return SnapshotCursor(out.bytes)
    }

    private static func name(_ cursor: SnapshotCursor) -> RecordName? {
        var reader = ByteReader(cursor.bytes)
        guard let origin = try? reader.fixed64(), let sequence = try? reader.varint(),
            let ordinal = try? reader.varint()
        else { return nil }
        return RecordName(ReplicaID(origin), Sequence32(sequence), UInt16(ordinal))
    }

    public func take(_ payloads: [SegmentPayload]) throws(SimulatedFailure) -> [SegmentOutcome] {
        try committing { () throws(SimulatedFailure) in payloads.map(apply) }
    }
}
