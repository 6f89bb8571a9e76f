import ByteCoding
import ChangeSets
import HybridTime
import Merging
import SyncProtocol
import SyncTestSupport

/// Local commits, received segments and snapshots.
extension MemoryReplica {
    public func commit(_ drafts: [Draft], time: Int64) throws(SimulatedFailure) -> [ChangeSet] {
        try committing { () throws(SimulatedFailure) in try save(drafts, time) }
    }

    private func save(_ drafts: [Draft], _ time: Int64) throws(SimulatedFailure) -> [ChangeSet] {
        let first = head + 1
        let dots = drafts.indices.map { Dot(replica, first + Sequence32($0)) }
        var changed: [RecordName: DocumentState] = [:]
        var sets: [ChangeSet] = []
        for (number, draft) in drafts.enumerated() {
            let (set, state) = try prepare(draft, number, dots, time, changed)
            var next = state
            next.apply(set.changes, dot: set.dot, stamp: set.stamp, seen: set.removal)
            changed[set.document] = next
            sets.append(set)
        }
        for set in sets {
            if let state = changed.removeValue(forKey: set.document) { keep(state) }
            tail.append(set)
            extend(replica, with: set)
        }
        news.grew = true
        return sets
    }

    private func prepare(
        _ draft: Draft, _ number: Int, _ dots: [Dot], _ time: Int64, _ changed: [RecordName: DocumentState]
    ) throws(SimulatedFailure) -> (ChangeSet, DocumentState) {
        let state: DocumentState
        var salt: Salt?
        switch draft.target {
        case .new:
            let made = Salt(salts.next(), salts.next())
            salt = made
            state = DocumentState(name: RecordName(dots[number], 0), kind: draft.documentKind, salt: made)
        case .document(let name):
            let resolved = name.isPending ? RecordName(dots[Int(name.sequence)], name.ordinal) : name
            if let known = changed[resolved] ?? states[resolved] {
                state = known
            } else if resolved.isHash {
                state = DocumentState(name: resolved, kind: draft.documentKind, salt: .none)
            } else {
                throw .unknownDocument
            }
        }
        let isHeldBack =
            (parkedSets[state.name] ?? []).contains { $0.origin == replica }
            || isolated.keys.contains { $0.origin == replica && changeSet($0)?.document == state.name }
        guard state.context[replica] < dots[number].sequence, !isHeldBack else { throw .behindOwnWork }
        let set = draft.changeSet(
            number, dots: dots, salt: salt, time: time, stamp: state.greatest.next(wallTime: time), deps: state.context)
        return (set, state)
    }

    /// Takes up what another store saved under this replica's name.
    func adopt(_ sets: [ChangeSet]) {
        for set in sets {
            var state =
                states[set.document]
                ?? DocumentState(
                    name: set.document, kind: set.documentKind, salt: set.salt ?? .none)
            state.apply(set.changes, dot: set.dot, stamp: set.stamp, seen: set.removal)
            keep(state)
            tail.append(set)
            extend(replica, with: set)
        }
    }

    /// Becomes what another store was found to hold.
    func takeOver(_ found: [DocumentState], _ payloads: [SegmentPayload], parked: [Dot]) throws(SimulatedFailure) {
        for state in found { keep(state) }
        for payload in payloads {
            do throws(DecodingFailure) {
                let segment = try codecs.decode(payload.bytes)
                insert(payload.origin, payload.range, payload.bytes, segment.changeSets)
            } catch { throw .broken("a segment of the journal cannot be read: \(error)") }
        }
        for dot in parked {
            guard let set = changeSet(dot) else { throw .broken("\(dot) is parked and not held") }
            parkedSets[set.document, default: []].append(dot)
        }
        for origin in logs.keys.sorted() { carryChain(origin) }
    }

    func keep(_ state: DocumentState) {
        if states.updateValue(state, forKey: state.name) == nil {
            names.append(state.name)
            namesAreSorted = false
        }
    }

    // MARK: Segments

    /// Journals a segment whole or not at all, and folds what can be folded.
    func apply(_ payload: SegmentPayload) -> SegmentOutcome {
        let segment: Segment
        do throws(DecodingFailure) { segment = try codecs.decode(payload.bytes) } catch {
            return SegmentOutcome(payload, .refused(code: .malformedFrame, reason: error.description))
        }
        let range = segment.first...segment.last
        guard segment.origin == payload.origin, range == payload.range else {
            return SegmentOutcome(payload, .refused(code: .malformedFrame, reason: "not the run of its frame"))
        }
        if segment.origin == replica { packTail() }
        feedMark = feed.count
        let missing = SequenceRanges(range).subtracting(logs[segment.origin]?.held ?? SequenceRanges())
        guard !missing.isEmpty else { return SegmentOutcome(payload, .duplicate) }
        var reasons: [String] = []
        for run in missing.ranges {
            let offset = Int(run.lowerBound - segment.first)
            let sets = run == range ? segment.changeSets : Array(segment.changeSets[offset..<offset + run.count])
            insert(segment.origin, run, run == range ? payload.bytes : codec.encode(Segment(sets)), sets)
            for set in sets {
                if fold(set) { enterFeed(set.dot) } else if let reason = isolated[set.dot] { reasons.append(reason) }
            }
            for set in sets { drain(set.document) }
        }
        carryChain(segment.origin)
        carryStalledChains()
        news.grew = true
        if let reason = reasons.first { return SegmentOutcome(payload, .quarantined(reason: reason)) }
        return SegmentOutcome(payload, .stored)
    }

    func insert(_ origin: ReplicaID, _ range: ClosedRange<Sequence32>, _ bytes: [UInt8], _ sets: [ChangeSet]) {
        var log = logs.removeValue(forKey: origin) ?? OriginLog()
        log.held.insert(range)
        let index = log.segments.firstIndex { $0.range.lowerBound > range.upperBound }
        log.segments.insert(Stored(range: range, bytes: bytes, sets: sets), at: index ?? log.segments.count)
        logs[origin] = log
        segmentsStored += 1
    }

    /// - Returns: whether the change set is covered now.
    private func fold(_ set: ChangeSet) -> Bool {
        let context = states[set.document]?.context ?? .empty
        if context.covers(set.dot) { return true }
        let isKnown = states[set.document] != nil || set.salt != nil || set.document.isHash
        guard isKnown, context.covers(set.deps) else {
            parkedSets[set.document, default: []].append(set.dot)
            return false
        }
        if let reason = refusal(of: set) {
            isolated[set.dot] = reason
            return false
        }
        if states[set.document] == nil {
            keep(DocumentState(name: set.document, kind: set.documentKind, salt: set.salt ?? .none))
        }
        states[set.document]?.apply(set.changes, dot: set.dot, stamp: set.stamp, seen: set.removal)
        return true
    }

    /// What a build that knows the schema refuses to fold: here only values of a wrong type and another document's kind.
    private func refusal(of set: ChangeSet) -> String? {
        if let state = states[set.document], state.kind != set.documentKind { return "another document kind" }
        for change in set.changes {
            guard let kind = configuration.schema.record(change.kind) else { continue }
            for write in change.writes {
                guard let place = kind.position(of: write.field) else { continue }
                if !kind.fields[place].type.admits(write.value) { return "a value of a wrong type" }
            }
        }
        return nil
    }

    /// Applies what waited in a document, until nothing more can be.
    func drain(_ document: RecordName) {
        var progressed = true
        while progressed, let waiting = parkedSets[document] {
            progressed = false
            parkedSets[document] = nil
            for dot in waiting {
                guard let set = changeSet(dot) else { continue }
                if fold(set) {
                    enterFeed(dot)
                    progressed = true
                }
            }
        }
    }

    func enterFeed(_ dot: Dot) {
        guard configuration.isHub else { return }
        // One entry for a run of one segment that came in now; readers may stand behind older entries.
        if feed.count > feedMark, let last = feed.last, last.origin == dot.origin,
            last.range.upperBound + 1 == dot.sequence, let stored = stored(dot.origin, from: dot.sequence),
            stored.range.contains(last.range.lowerBound)
        {
            feed[feed.count - 1] = FeedEntry(origin: dot.origin, range: last.range.lowerBound...dot.sequence)
            return
        }
        feed.append(FeedEntry(origin: dot.origin, range: dot.sequence...dot.sequence))
    }

    /// Puts the tail into segments: at a hub before its feed is read.
    func packTail() {
        feedMark = feed.count
        while !tail.isEmpty {
            let sets = Array(tail.prefix(configuration.segmentChangeSetsMax))
            let range = sets[0].dot.sequence...sets[sets.count - 1].dot.sequence
            insert(replica, range, codec.encode(Segment(sets)), sets)
            tail.removeFirst(sets.count)
            for set in sets { enterFeed(set.dot) }
        }
    }

    // MARK: State

    func join(_ incoming: [DocumentState]) {
        feedMark = feed.count
        for state in incoming {
            if configuration.isHub, !context(of: state.name).covers(state.context) { feedIsBehind = true }
            if var mine = states.removeValue(forKey: state.name) {
                mine.join(state)
                states[state.name] = mine
            } else {
                keep(state)
            }
        }
        for state in incoming { drain(state.name) }
        carryStalledChains()
        news.grew = true
    }

    func closeFeedGap() {
        guard feedIsBehind else { return }
        feedIsBehind = false
        feed.append(FeedEntry(origin: ReplicaID(0), range: 1...1))
        feedFloor = feed.count
    }

    // MARK: Chains

    private func extend(_ origin: ReplicaID, with set: ChangeSet) {
        let salt = set.document.isHash ? Salt.none : states[set.document]?.salt ?? .none
        let previous = logs[origin]?.heads.last ?? .zero
        logs[origin, default: OriginLog()].heads.append(chain.head(after: previous, set, salt: salt).head)
    }

    /// Carries an origin's chain on over what is held without a gap and whose documents are here.
    func carryChain(_ origin: ReplicaID) {
        while let set = changeSet(Dot(origin, Sequence32((logs[origin]?.heads.count ?? 0) + 1))) {
            guard set.document.isHash || states[set.document] != nil else {
                stalledChains.insert(origin)
                return
            }
            extend(origin, with: set)
        }
        stalledChains.remove(origin)
    }

    func carryStalledChains() {
        for origin in stalledChains.sorted() { carryChain(origin) }
    }
}
