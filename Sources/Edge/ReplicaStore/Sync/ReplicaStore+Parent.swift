import ByteCoding
import ChangeSets
import HybridTime
import Merging
import SyncProtocol

/// What a session towards a parent asks of the store.
extension ReplicaStore {
    public func greeting() throws(StoreError) -> Greeting {
        guard let organisation = OrganisationID(identity.organisation) else {
            throw .damaged(place: "the store's own description", reason: "the organisation's name is not 16 bytes")
        }
        let digests = try restingDigests()
        return try readingTables { tables, _ in
            let (state, journal) = (tables.sync, tables.journal)
            let head = try journal.ownHead()
            let own = try journal.own()
            let lineage = try state.lineage()
            var memory = try memory(of: lineage, tables)
            if isHub, lineage != nil { memory.readFromTheBeginning() }
            memory.subscriptions = memory.subscriptions.map {
                if case .feed = $0.cursor {
                    Subscription(scope: $0.scope, cursor: $0.cursor, digest: digests[$0.scope])
                } else {
                    $0
                }
            }
            return Greeting(
                organisation: organisation, replica: own, role: isHub ? "hub" : "replica",
                device: identity.name, isHub: isHub, head: ChainPoint(head), lineage: lineage,
                hubHead: try lineage.flatMap { lineage throws(StoreError) in ChainPoint(try journal.head(lineage.hub))
                },
                memory: memory,
                wanted: try state.wanted(limit: SyncLimits.fetchDocumentsMax), hasOrphans: try state.hasOrphans())
        }
    }

    /// The digests of all that is here of each scope, where the hub that was met last has receipted all of it; else none:
    /// the two sides are not at rest then, and comparing them says nothing.
    private func restingDigests() throws(StoreError) -> [ScopeName: Digest256] {
        guard try isAtRest() else { return [:] }
        var digests: [ScopeName: Digest256] = [:]
        for scope in try subscriptions() { digests[scope] = try digest(of: scope) }
        return digests
    }

    /// The documents about which the hub is to be asked, ascending.
    public func wanted() throws(StoreError) -> [DocumentKey] {
        try syncing { state, _ throws(StoreError) in try state.wanted(limit: SyncLimits.fetchDocumentsMax) }
    }

    func isAtRest() throws(StoreError) -> Bool {
        guard let lineage = try syncing({ state, _ throws(StoreError) in try state.lineage() }) else { return false }
        return try unsent(to: lineage, awaitingHQ: false).isEmpty
    }

    public func memory(of lineage: HubLineage) throws(StoreError) -> ParentMemory {
        try readingTables { tables, _ in
            var memory = try memory(of: lineage, tables)
            if isHub { memory.readFromTheBeginning() }
            return memory
        }
    }

    private func memory(of lineage: HubLineage?, _ tables: ReaderTables) throws(StoreError) -> ParentMemory {
        var memory = try tables.sync.memory(
            lineage, scopes: try tables.subscriptions(), own: try tables.journal.own())
        // A hub keeps what left its scopes until headquarters has it: it asks whether that is so, news or not.
        let stray = tables.lookup("SELECT 1 FROM stray LIMIT 1")
        if isHub, try stray.step() { memory.receiptMark = 0 }
        return memory
    }

    /// The hash of an origin's chain at a sequence; nil where it is not verified so far or was trimmed.
    public func chainHash(of origin: ReplicaID, at sequence: Sequence32) throws(StoreError) -> ChainHash? {
        try syncing { _, journal throws(StoreError) in
            try chainHash(of: origin, at: sequence, journal)
        }
    }

    /// The hashes of an origin's chain at some sequences; nil as ``chainHash(of:at:)`` has it.
    public func chainHashes(of origin: ReplicaID, at sequences: [Sequence32]) throws(StoreError) -> [ChainHash?] {
        try syncing { _, journal throws(StoreError) in try chainHashes(of: origin, at: sequences, journal) }
    }

    func chainHashes(
        of origin: ReplicaID, at sequences: [Sequence32], _ journal: Journal
    ) throws(StoreError) -> [ChainHash?] {
        var hashes: [ChainHash?] = []
        for sequence in sequences { hashes.append(try chainHash(of: origin, at: sequence, journal)) }
        return hashes
    }

    func chainHash(of origin: ReplicaID, at sequence: Sequence32, _ journal: Journal) throws(StoreError) -> ChainHash? {
        if origin == (try journal.own()), let head = try journal.tailHead(at: sequence) {
            return ChainHash(head.bytes)
        }
        if try journal.forks().isDead(origin, sequence) { return ChainHash(Journal.ended.bytes) }
        return try journal.chainDigest(of: origin, at: sequence, SegmentCodec()).flatMap { ChainHash($0.bytes) }
    }

    /// A push packs the tail when it holds this many change sets; fewer go out as they are and stay there, so that live
    /// sync does not fill the journal with segments of one.
    static let packedAtOnce = 64

    /// What the journal holds and a hub has not receipted; with `awaitingHQ` also what is not known to be at HQ.
    public func unsent(to lineage: HubLineage, awaitingHQ: Bool) throws(StoreError) -> [OfferedOrigin] {
        try packTailIfNeeded(atLeast: ReplicaStore.packedAtOnce)
        return try syncing { state, journal throws(StoreError) in
            var offers: [OfferedOrigin] = []
            for origin in try state.origins(own: journal.own()) where origin != lineage.hub {
                let held = try journal.held(origin)
                var rest = held.subtracting(try state.receipted(lineage, origin))
                if awaitingHQ { rest.formUnion(held.subtracting(try state.reachedHQ(origin))) }
                guard let last = rest.last else { continue }
                offers.append(
                    OfferedOrigin(
                        origin: origin, ranges: rest, hash: try chainHash(of: origin, at: last, journal)))
            }
            // A branch proves its fork, and has to be there before what was built on it.
            let forks = try journal.forks()
            guard !forks.isEmpty else { return offers }
            return offers.filter { forks.place(of: $0.origin) != nil }
                + offers.filter { forks.place(of: $0.origin) == nil }
        }
    }

    /// A run that starts where `range` does and fits one segment; nil where the journal does not hold its start.
    public func payload(of origin: ReplicaID, in range: ClosedRange<Sequence32>) throws(StoreError) -> SegmentPayload? {
        guard let part = try segment(origin, range) else { return nil }
        return SegmentPayload(
            origin: origin, first: part.range.lowerBound, last: part.range.upperBound, bytes: part.bytes)
    }

    /// Performs a session's commits in order, each in a transaction of its own; stops at a feed entry that is refused.
    public func perform(_ commits: [ReplicaCommit]) throws(StoreError) -> [SegmentOutcome] {
        var outcomes: [SegmentOutcome] = []
        for commit in commits {
            switch commit {
            case .receipts(let receipts): try keep(receipts)
            case .cursor(let lineage, let scope, let position):
                try writing { writer throws(StoreError) in
                    try writer.sync.meet(lineage)
                    try writer.sync.move(lineage, scope, to: .feed(position))
                }
            case .feed(let lineage, let scope, let position, let payload):
                var new = SequenceRanges()
                let outcome = try take(payload) { writer throws(StoreError) in
                    try writer.sync.meet(lineage)
                    // What comes down from headquarters is there: nobody sends a receipt of it.
                    new = SequenceRanges()
                    if try writer.sync.headquarters() == lineage {
                        new = try writer.sync.reach(payload.origin, SequenceRanges(payload.range))
                    }
                    try writer.sync.receive(lineage, payload.origin, SequenceRanges(payload.range))
                    try writer.sync.move(lineage, scope, to: .feed(position))
                }
                // What is new here is told of already.
                if case .duplicate = outcome.verdict, !new.isEmpty {
                    changes.post(.reachedHQ([OriginRanges(origin: payload.origin, ranges: new)]))
                }
                outcomes.append(outcome)
                if !outcome.isDurable { return outcomes }
            case .documents(let lineage, let scope, let position, let bytes):
                try receive(lineage, scope, position, bytes)
            case .snapshotChunk(let lineage, let scope, let position, let chunk):
                try join(lineage, scope, position, chunk)
            case .states(let lineage, let documents, let bytes): try putRight(documents, bytes, lineage)
            case .alike: try writing { writer throws(StoreError) in try writer.lookup("DELETE FROM orphan").run() }
            case .onlyHere(let lineage, let documents):
                try writing { writer throws(StoreError) in
                    let isPartial = try writer.scopes.own() != nil
                    for key in documents {
                        guard isPartial else {
                            try writer.offerAgain(key.name, lineage)
                            continue
                        }
                        // The hub may hold it and know that it left this replica's scopes: it is asked first.
                        guard let id = try writer.origins.knownID(key.name) else { continue }
                        try writer.scopes.table.noteStray(id)
                    }
                }
            }
        }
        return outcomes
    }

    private func keep(_ receipts: ReceiptCommit) throws(StoreError) {
        var reached: [OriginRanges] = []
        var isOtherHQ = false
        try writing { writer throws(StoreError) in
            // It may run twice: see `writing`.
            reached = []
            try writer.sync.meet(receipts.lineage, receiptMark: receipts.receiptMark ?? 0)
            if let headquarters = receipts.headquarters {
                isOtherHQ = try writer.sync.follow(headquarters)
            }
            for entry in receipts.atHub { try writer.sync.receive(receipts.lineage, entry.origin, entry.ranges) }
            for entry in receipts.lostByHub { try writer.sync.lose(receipts.lineage, entry.origin, entry.ranges) }
            for entry in receipts.atHQ {
                try writer.sync.receive(receipts.lineage, entry.origin, entry.ranges)
                let held = try writer.journal.held(entry.origin)
                // What is not here yet is told to those below when it has come.
                let new = held.intersection(try writer.sync.reach(entry.origin, entry.ranges))
                if !new.isEmpty { reached.append(OriginRanges(origin: entry.origin, ranges: new)) }
            }
        }
        if !reached.isEmpty { changes.post(.reachedHQ(reached)) }
        // Those below have to hear that what they know to be at headquarters is in question.
        if isOtherHQ { changes.post(.identityChanged) }
        changes.post(.receipts)
    }

    /// Journals one segment and whatever goes with it in one transaction.
    private func take(
        _ payload: SegmentPayload, with rest: (Writer) throws(StoreError) -> Void
    ) throws(StoreError) -> SegmentOutcome {
        var reached = SequenceRanges()
        let verdict = try writing { writer throws(StoreError) -> SegmentOutcome.Verdict in
            let result = try writer.verdict(of: payload, entersFeed: isHub)
            if case .refused = result { return result }
            try rest(writer)
            if isHub, result != .duplicate {
                reached = SequenceRanges(payload.range).intersection(try writer.sync.reachedHQ(payload.origin))
            }
            return result
        }
        let outcome = SegmentOutcome(payload, verdict)
        if outcome.isDurable { changes.post(.applied) }
        if !reached.isEmpty { changes.post(.reachedHQ([OriginRanges(origin: payload.origin, ranges: reached)])) }
        return outcome
    }

    /// Takes in what a grant or a revoke brings, with the cursor after it.
    private func receive(
        _ lineage: HubLineage, _ scope: ScopeName, _ position: FeedPosition, _ bytes: [UInt8]
    ) throws(StoreError) {
        let states: [DocumentState]
        do throws(DecodingFailure) { states = try SnapshotCodec().decode(bytes[...]) } catch {
            throw .damaged(place: "a grant from the hub", reason: error.description)
        }
        try writing { writer throws(StoreError) in
            try writer.receive(states)
            if isHub { try writer.journal.closeFeedGap() }
            try writer.sync.meet(lineage)
            try writer.sync.move(lineage, scope, to: .feed(position))
        }
        changes.post(.applied)
    }

    private func join(
        _ lineage: HubLineage, _ scope: ScopeName, _ position: FeedPosition, _ chunk: SnapshotChunk
    ) throws(StoreError) {
        var states: [DocumentState] = []
        if !chunk.bytes.isEmpty {
            do throws(DecodingFailure) { states = try SnapshotCodec().decode(chunk.bytes[...]) } catch {
                throw .damaged(place: "a snapshot from the hub", reason: error.description)
            }
        }
        let cursor = chunk.next.map { PullCursor.bootstrap(position: position, resume: $0) } ?? .feed(position)
        do throws(StoreError) {
            try writing { writer throws(StoreError) in
                writer.isFilling = chunk.next != nil
                try writer.join(states, entersFeed: isHub)
                // Once for a whole bootstrap: children take one snapshot, not one for each chunk.
                if isHub, chunk.next == nil { try writer.journal.closeFeedGap() }
                try writer.sync.meet(lineage)
                try writer.sync.move(lineage, scope, to: cursor)
            }
        } catch {
            // A new document's records are not looked up one by one; SQLite finds one that stands elsewhere already.
            guard case .sqlite(let code, _) = error, code & 0xFF == 19 else { throw error }
            throw .damaged(place: "a snapshot from the hub", reason: "it has a record of another document")
        }
        changes.post(.applied)
    }

    /// Runs `body` with the sync state and the journal of a reader's snapshot.
    func syncing<Result>(_ body: (SyncState, Journal) throws(StoreError) -> Result) throws(StoreError) -> Result {
        try readingTables { tables, _ in try body(tables.sync, tables.journal) }
    }
}

extension ParentMemory {
    /// A hub takes its parent's journal and not its state, where the feed still tells all of it: it then knows every chain,
    /// and tells histories apart that bear one name.
    mutating func readFromTheBeginning() {
        subscriptions = subscriptions.map {
            $0.cursor == .none && ReplicaStore.everything.contains($0.scope)
                ? Subscription(scope: $0.scope, cursor: .feed(0), digest: $0.digest) : $0
        }
    }
}

extension ChainPoint {
    /// Nil for the head of an empty chain.
    init?(_ head: Journal.Head) {
        guard head.sequence > 0, let hash = ChainHash(head.digest.bytes) else { return nil }
        self.init(sequence: head.sequence, hash: hash)
    }
}

extension Writer {
    /// Journals and folds a segment as a session brought it.
    func verdict(of payload: SegmentPayload, entersFeed: Bool) throws(StoreError) -> SegmentOutcome.Verdict {
        do throws(DecodingFailure) {
            let header = try SegmentCodec.header(payload.bytes[...])
            guard
                Journal.isRun(payload.origin, payload.range, of: header.origin, header.first, header.count)
            else {
                return .refused(code: .malformedFrame, reason: "the segment is not the run that its frame names")
            }
        } catch { return .refused(code: .malformedFrame, reason: error.description) }
        switch try apply(payload.bytes, as: payload.origin, from: payload.first, entersFeed: entersFeed) {
        case .failure(let failure): return .refused(code: .malformedFrame, reason: failure.description)
        case .success(let outcome):
            if let first = outcome.quarantined.first {
                return .quarantined(reason: "\(first.dot): \(first.reason) (\(first.code))")
            }
            return outcome.duplicates == payload.changeSets ? .duplicate : .stored
        }
    }
}
