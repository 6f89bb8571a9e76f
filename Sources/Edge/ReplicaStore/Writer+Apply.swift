import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// What became of the change sets of one received segment.
public struct ApplyOutcome: Equatable, Sendable {
    /// Folded into the state now, those included that had waited for them.
    public var applied = 0
    /// Held already.
    public var duplicates = 0
    /// In the journal, waiting for dots that are not covered yet.
    public var parked = 0
    /// In the journal and put aside, with the reason.
    public var quarantined: [Quarantined] = []

    public struct Quarantined: Equatable, Sendable {
        public let dot: Dot
        public let code: String
        public let reason: String
    }
}

extension Writer {
    /// Puts a received segment into the journal and folds what can be folded.
    /// - Parameters:
    ///   - name: the name that its change sets go by, where that is not the one that they were written under.
    ///   - first: the number of the first of them under that name.
    func apply(
        _ bytes: [UInt8], as name: ReplicaID? = nil, from first: Sequence32? = nil, entersFeed: Bool
    ) throws(StoreError) -> Result<ApplyOutcome, DecodingFailure> {
        let segment: Segment
        do throws(DecodingFailure) { segment = try codec.decode(bytes[...]) } catch { return .failure(error) }
        let run = NamedRun(segment, name ?? segment.origin, first ?? segment.first)
        guard Journal.isRun(run.name, run.range, of: segment.origin, segment.first, segment.changeSets.count) else {
            return .failure(DecodingFailure(.invalidValue, offset: 0, "the segment is not the run that it goes by"))
        }
        try meet(run, entersFeed: entersFeed)
        if let end = try journal.forks().end(of: run.name), run.range.upperBound > end {
            return try applyBeyond(end, run, bytes, entersFeed: entersFeed)
        }
        return .success(try apply(run, bytes, entersFeed: entersFeed))
    }

    private func apply(_ whole: NamedRun, _ bytes: [UInt8], entersFeed: Bool) throws(StoreError) -> ApplyOutcome {
        var outcome = ApplyOutcome()
        let (segment, range) = (whole.segment, whole.range)
        // This replica was restored, and its own work comes back: it has to follow what is still in the tail.
        if whole.name == identity.replica { try packTail(entersFeed: entersFeed) }
        let held = try journal.heldOrTrimmed(whole.name, overlapping: range)
        if held.contains(range) {
            outcome.duplicates = segment.changeSets.count
            return outcome
        }
        // Only what is not held yet goes into the journal, so that no dot is ever in two segments.
        let missing = SequenceRanges(range).subtracting(held)
        outcome.duplicates = segment.changeSets.count - missing.total
        for run in missing.ranges {
            let part = run == range ? whole : whole.part(run)
            let number = try journal.insert(whole.name, run, run == range ? bytes : codec.encode(part.segment))
            try fold(try named(part), number, entersFeed: entersFeed, &outcome)
        }
        if outcome.applied > 0, try waiting.hasParked() { try drain(entersFeed: entersFeed, &outcome) }
        try extendChain(whole.name, whole)
        try resumeChains()
        try flush()
        try honourEngineRecords(entersFeed: entersFeed, &outcome)
        return outcome
    }

    /// A run as it is called here.
    private func named(_ run: NamedRun) throws(StoreError) -> Segment {
        let sets = try journal.names.sets(run.segment, as: run.name, from: run.range.lowerBound)
        return try journal.forks().isEmpty && run.name == run.segment.origin ? run.segment : Segment(sets)
    }

    private func fold(
        _ segment: Segment, _ number: Int64, entersFeed: Bool, _ outcome: inout ApplyOutcome
    ) throws(StoreError) {
        let verdicts = try waiting.hasVerdicts()
        var places = [Int?](repeating: nil, count: segment.documents.count)
        var feedStart: Sequence32?
        func closeFeed(_ end: Sequence32) throws(StoreError) {
            guard let start = feedStart else { return }
            feedStart = nil
            if entersFeed { try journal.appendFeed(segment: number, start...end) }
        }
        for (index, set) in segment.changeSets.enumerated() {
            let document = segment.documentPlaces[index]
            if places[document] == nil { places[document] = try place(for: set) }
            if try foldOne(set, places[document], of: number, verdicts: verdicts, &outcome) {
                if feedStart == nil { feedStart = set.dot.sequence }
            } else {
                try closeFeed(set.dot.sequence - 1)
            }
        }
        try closeFeed(segment.last)
    }

    /// The document of a change set, made now if the change set makes it.
    func place(for set: ChangeSet) throws(StoreError) -> Int? {
        if let place = try folder.document(set.document) { return place }
        if let salt = set.salt { return try folder.create(set.document, kind: set.documentKind, salt: salt) }
        if set.document.isHash { return try folder.create(set.document, kind: set.documentKind, salt: .none) }
        return nil
    }

    /// - Parameter segment: the number of the segment that has it.
    /// - Returns: whether the change set is covered now.
    func foldOne(
        _ set: ChangeSet, _ place: Int?, of segment: Int64, verdicts: Bool, _ outcome: inout ApplyOutcome
    ) throws(StoreError) -> Bool {
        guard let place else {
            try waiting.park(
                set, missing: set.deps.entries.first.map { Dot($0.origin, $0.sequence) } ?? set.document.dot)
            // It may have left this replica's scopes, and only the hub can tell.
            if try scopes.own() != nil { try scopes.table.noteStray(origins.localID(set.document)) }
            outcome.parked += 1
            return false
        }
        folder.adopt(set.documentKind, place)
        let isCovered = try foldOne(set, into: place, verdicts: verdicts, &outcome)
        // One that everybody names alike may be begun here by a change set that builds on others: as little is known of it.
        let document = folder.loadedDocuments[place]
        if !isCovered, document.isNew, document.context.isEmpty, try scopes.own() != nil {
            try scopes.table.noteStray(document.id)
        }
        if isCovered { try scopes.note(set.dot, folder.loadedDocuments[place].id, segment: segment) }
        return isCovered
    }

    private func foldOne(
        _ set: ChangeSet, into place: Int, verdicts: Bool, _ outcome: inout ApplyOutcome
    ) throws(StoreError) -> Bool {
        let document = folder.loadedDocuments[place]
        // Covered but not held until now: it came as state, and is not applied again.
        if document.context.covers(set.dot) { return true }
        if let missing = document.context.firstMissing(for: set.deps) {
            try waiting.park(set, missing: missing)
            outcome.parked += 1
            return false
        }
        if verdicts, try waiting.isVoided(set.dot) {
            folder.cover(place, set.dot, set.stamp)
            outcome.applied += 1
            return true
        }
        if let refusal = folder.refusal(of: set, in: document) {
            return try quarantine(set, refusal, &outcome)
        }
        do throws(StoreError) { try folder.fold(set, into: place) } catch {
            guard case .foreignRecord(let reason) = error else { throw error }
            return try quarantine(set, FoldRefusal(code: "foreign-record", reason: reason), &outcome)
        }
        note(set)
        outcome.applied += 1
        return true
    }

    private func quarantine(
        _ set: ChangeSet, _ refusal: FoldRefusal, _ outcome: inout ApplyOutcome
    ) throws(StoreError) -> Bool {
        var canonical = ByteWriter(reserving: 512)
        CanonicalForm.write(set, to: &canonical)
        try waiting.quarantine(set, refusal, canonical: canonical.bytes)
        outcome.quarantined.append(.init(dot: set.dot, code: refusal.code, reason: refusal.reason))
        return false
    }

    /// Applies what had waited in the documents that are loaded, until nothing more can be.
    func drain(entersFeed: Bool, _ outcome: inout ApplyOutcome) throws(StoreError) {
        var progress = true
        var decoded: (number: Int64, segment: Segment)?
        while progress {
            progress = false
            var index = 0
            while index < folder.loadedDocuments.count {
                for (dot, missing) in try waiting.parked(folder.loadedDocuments[index].id) {
                    let context = folder.loadedDocuments[index].context
                    guard context.covers(missing) || context.covers(dot) else { continue }
                    guard let (set, number) = try changeSet(dot, &decoded), let place = try place(for: set) else {
                        continue
                    }
                    if let missing = context.firstMissing(for: set.deps), !context.covers(dot) {
                        try waiting.park(set, missing: missing)
                        continue
                    }
                    if try foldOne(set, place, of: number, verdicts: true, &outcome) {
                        if entersFeed { try journal.appendFeed(segment: number, dot.sequence...dot.sequence) }
                        progress = true
                    }
                    // Folded, or in quarantine: it no longer waits for other dots.
                    try waiting.unpark(set)
                    outcome.parked = max(0, outcome.parked - 1)
                }
                index += 1
            }
        }
    }

    /// Looks again at what was put aside, as a build does that may know better than the one before, or when a verdict
    /// has come.
    /// - Parameter document: the document whose part of the quarantine to look at; all of it for nil.
    func retryQuarantine(of document: LocalID? = nil, entersFeed: Bool) throws(StoreError) {
        let waiting = try waiting.takeQuarantine(of: document)
        guard !waiting.isEmpty else { return }
        for set in waiting {
            try self.waiting.park(set, missing: set.dot)
            _ = try place(for: set)
        }
        var outcome = ApplyOutcome()
        for set in waiting {
            guard let place = try place(for: set), let (set, number) = try changeSet(set.dot) else { continue }
            if try foldOne(set, place, of: number, verdicts: true, &outcome) {
                try self.waiting.unpark(set)
                if entersFeed { try journal.appendFeed(segment: number, set.dot.sequence...set.dot.sequence) }
            } else if try self.waiting.isQuarantined(set.dot) {
                try self.waiting.unpark(set)
            }
        }
        try drain(entersFeed: entersFeed, &outcome)
        try flush()
    }

    /// One change set out of the journal, with the number of its segment.
    func changeSet(_ dot: Dot) throws(StoreError) -> (ChangeSet, Int64)? {
        var decoded: (number: Int64, segment: Segment)?
        return try changeSet(dot, &decoded)
    }

    /// - Parameter decoded: the segment that was read last; those that wait often stand in one.
    private func changeSet(
        _ dot: Dot, _ decoded: inout (number: Int64, segment: Segment)?
    ) throws(StoreError) -> (ChangeSet, Int64)? {
        if let (number, segment) = decoded, segment.origin == dot.origin, segment.first <= dot.sequence,
            dot.sequence <= segment.last
        {
            return (segment.changeSets[Int(dot.sequence - segment.first)], number)
        }
        guard let stored = try journal.segment(dot.origin, endingFrom: dot.sequence),
            stored.range.contains(dot.sequence)
        else { return nil }
        let segment = try named(NamedRun(stored, codec))
        decoded = (stored.number, segment)
        return (segment.changeSets[Int(dot.sequence - stored.range.lowerBound)], stored.number)
    }

    /// Carries on the chains that had waited for a document which is here now.
    func resumeChains() throws(StoreError) {
        guard !stalledChains.isEmpty else { return }
        for document in folder.loadedDocuments where document.isNew && !document.context.isEmpty {
            let name = try origins.name(document.id)
            for origin in (stalledChains.removeValue(forKey: name) ?? []).sorted() { try extendChain(origin, nil) }
        }
    }

    /// Carries an origin's chain on over the change sets that are held without a gap. The salt of a document that is not
    /// here is unknown, and the chain waits there.
    /// - Parameter known: a run that is decoded already.
    func extendChain(_ origin: ReplicaID, _ known: NamedRun?) throws(StoreError) {
        guard var head = try journal.verified(origin) else { return }
        let start = head.sequence
        chain: while head.sequence < Sequence32.max,
            let stored = try journal.segment(origin, endingFrom: head.sequence + 1),
            stored.range.lowerBound <= head.sequence + 1
        {
            var run = known
            if known?.range != stored.range { run = try NamedRun(stored, codec) }
            guard let run else { break }
            let named = try journal.names.sets(run.segment, as: origin, from: run.range.lowerBound)
            for (written, set) in zip(run.segment.changeSets, named) where set.dot.sequence == head.sequence + 1 {
                guard let salt = try salt(of: set) else {
                    stalledChains[set.document, default: []].insert(origin)
                    break chain
                }
                head = Journal.Head(
                    sequence: set.dot.sequence, digest: chain.head(after: head.digest, written, salt: salt).head)
            }
            try journal.setSegmentHead(origin, endingAt: stored.range.upperBound, head.digest)
        }
        if head.sequence != start { try journal.setHead(origin, head) }
    }

    /// The salt that leaves of a document's change sets are made with. One of a hash's name has none.
    private func salt(of set: ChangeSet) throws(StoreError) -> Salt? {
        if let salt = set.salt { return salt }
        if set.document.isHash { return Salt.none }
        return try folder.document(set.document).map { folder.loadedDocuments[$0].salt }
    }
}
