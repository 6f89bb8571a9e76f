import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Tells a branch of an origin again under a name of its own, in one transaction: the journal, the rows, the contexts and
/// what is known of receipts (Protocol, "Forks").
extension Writer {
    /// - Parameter after: the last sequence that both branches share.
    /// - Returns: how many change sets were told again; nil where nothing was changed, because the journal does not hold
    ///   the whole branch, or others' change sets are built on it.
    func reissue(_ origin: ReplicaID, after: Sequence32, entersFeed: Bool) throws(StoreError) -> Int? {
        try packTail(entersFeed: entersFeed)
        guard let (sets, shared) = try branch(of: origin, after: after),
            let branch = try named(sets, after: shared), let histories = try histories(touchedBy: branch, sets)
        else { return nil }
        // Documents go without their digests being taken out of the sum: all of them are computed anew when asked for.
        try voidAllDigests()
        let old = try removeDocuments(of: sets)
        try removeFromJournal(branch, shared)
        let told = sets.map { set in branch.changeSet(set, value: derivedValue(branch)) }
        try append(told)
        for document in old { try restore(document, branch, histories[document.name] ?? [], told) }
        if try waiting.hasParked() {
            var outcome = ApplyOutcome()
            try drain(entersFeed: false, &outcome)
        }
        try flush()
        try extendChain(branch.name, nil)
        try journal.addFormer(branch.name)
        if entersFeed {
            // Whoever stands in this feed has read of the branch under the name that it no longer has.
            try lookup("DELETE FROM feed").run()
            try journal.feedFellBehind()
            try journal.closeFeedGap()
        }
        return sets.count
    }

    // MARK: Before anything is changed

    /// The change sets after the shared ones, and the chain's head before them.
    private func branch(
        of origin: ReplicaID, after: Sequence32
    ) throws(StoreError) -> (sets: [ChangeSet], head: Digest256)? {
        let end = try journal.head(origin).sequence
        guard end > after, try journal.lastHeld(origin) == end,
            let head = after == 0 ? .zero : try journal.chainDigest(of: origin, at: after, codec)
        else { return nil }
        var sets: [ChangeSet] = []
        while sets.count < Int(end - after) {
            let next = after + Sequence32(sets.count) + 1
            guard let stored = try journal.segment(origin, endingFrom: next), stored.range.contains(next) else {
                return nil
            }
            sets += try decode(stored).changeSets.filter { $0.dot.sequence >= next }
        }
        return (sets, head)
    }

    private func named(_ sets: [ChangeSet], after head: Digest256) throws(StoreError) -> Branch? {
        guard let first = sets.first, let salt = try journal.salt(of: first) else {
            return nil
        }
        var branch = Branch(of: sets, first: chain.head(after: head, first, salt: salt).head)
        for set in sets {
            guard set.authority[branch.origin] <= branch.after else { return nil }
            if let name = observer?.derivedName(of: set, branch) { branch.rename(set.document, to: name) }
        }
        return branch
    }

    private func derivedValue(_ branch: Branch) -> (Value, UInt32, FieldTag) -> Value {
        { [observer] value, kind, field in observer?.derivedValue(value, kind, field, branch) ?? value }
    }

    /// Every change set of the documents that the branch touches, by document; nil where another origin's is built on it.
    private func histories(
        touchedBy branch: Branch, _ sets: [ChangeSet]
    ) throws(StoreError) -> [RecordName: [ChangeSet]]? {
        guard try !isHeldBack(branch) else { return nil }
        var histories: [RecordName: [ChangeSet]] = [:]
        let select = try lookup("SELECT origin, bytes FROM segment ORDER BY n")
        defer { select.reset() }
        while try select.step() {
            let segment: Segment
            do throws(DecodingFailure) { segment = try codec.decode(select.bytes(1)[...]) } catch {
                throw .damaged("a segment of the journal", error)
            }
            for set in segment.changeSets {
                if segment.origin != branch.origin, branch.isNamed(in: set) { return nil }
                if branch.touches(set.document) { histories[set.document, default: []].append(set) }
            }
        }
        return histories
    }

    /// Whether change sets of the branch wait or were put aside here.
    private func isHeldBack(_ branch: Branch) throws(StoreError) -> Bool {
        let select = try lookup(
            """
            SELECT 1 FROM parked WHERE origin = ?1 AND sequence > ?2
            UNION ALL SELECT 1 FROM quarantine WHERE origin = ?1 AND sequence > ?2 LIMIT 1
            """)
        select.bind(1, try origins.number(branch.origin))
        select.bind(2, Int64(branch.after))
        defer { select.reset() }
        return try select.step()
    }

    // MARK: Rows

    /// Takes the rows of every document that the branch touches away.
    /// - Returns: the documents as they were.
    private func removeDocuments(of sets: [ChangeSet]) throws(StoreError) -> [DocumentState] {
        let reader = try StateReader(self)
        var states: [DocumentState] = []
        for name in Set(sets.map(\.document)).sorted() {
            guard let state = try reader.document(name) else { continue }
            states.append(state)
            let id = try origins.localID(name)
            for record in [name] + state.records.keys.sorted() { try dropViolations(of: record) }
            for kind in schema.records { _ = try folder.tables[kind.tag]?.remove(of: id) }
            _ = try RecordTable(unknown: 0, connection).remove(of: id)
            let remove = try lookup("DELETE FROM document WHERE id = ?")
            remove.bind(1, id.raw)
            try remove.run()
        }
        return states
    }

    /// Violations are derived: those that still stand are found again when the document is folded.
    private func dropViolations(of record: RecordName) throws(StoreError) {
        for sql in [
            "DELETE FROM violation WHERE key IN (SELECT key FROM violation_member WHERE record = ?)",
            "DELETE FROM violation_member WHERE key IN (SELECT key FROM violation_member WHERE record = ?)",
        ] {
            let remove = try lookup(sql)
            remove.bind(1, try origins.localID(record).raw)
            try remove.run()
        }
    }

    /// Folds a document again under the names that it has now: from the journal where that holds all of it, for an order
    /// that a name decided may be another now; else from the state as it was.
    private func restore(
        _ old: DocumentState, _ branch: Branch, _ history: [ChangeSet], _ told: [ChangeSet]
    ) throws(StoreError) {
        let new = branch.state(old, value: derivedValue(branch))
        let place = try self.place(of: new)
        let applied = history.filter { old.context.covers($0.dot) }
        if Writer.isComplete(applied, old) {
            let sets = applied.map { set in
                branch.contains(set.dot) ? told[Int(set.dot.sequence - branch.after) - 1] : set
            }
            for set in sets.sorted(by: { ($0.stamp, $0.dot) < ($1.stamp, $1.dot) })
            where !folder.loadedDocuments[place].context.covers(set.dot) {
                if try waiting.isVoided(set.dot) {
                    folder.cover(place, set.dot, set.stamp)
                } else {
                    try folder.fold(set, into: place)
                }
            }
        } else {
            for (name, record) in new.records.sorted(by: { $0.key < $1.key }) {
                try folder.join(name, record, document: place, theirContext: new.context)
            }
        }
        folder.raise(place, new.context, new.greatest)
    }

    /// The place of a document under its new name. A hub may have told the same branch again, and have sent it here.
    private func place(of state: DocumentState) throws(StoreError) -> Int {
        if let place = try folder.document(state.name) { return place }
        return try folder.create(state.name, kind: state.kind, salt: state.salt)
    }

    /// Whether these are all the change sets that a document's state reflects: each origin's lead back to its first.
    private static func isComplete(_ sets: [ChangeSet], _ document: DocumentState) -> Bool {
        var reached: [ReplicaID: Sequence32] = [:]
        for set in sets.sorted(by: { $0.dot < $1.dot }) {
            guard set.deps[set.dot.origin] == reached[set.dot.origin] ?? 0 else { return false }
            reached[set.dot.origin] = set.dot.sequence
        }
        return document.context.entries.allSatisfy { reached[$0.origin] == $0.sequence }
    }

    // MARK: Journal

    /// Cuts the origin back to what both branches share.
    private func removeFromJournal(_ branch: Branch, _ head: Digest256) throws(StoreError) {
        let number = try origins.number(branch.origin)
        if let stored = try journal.segment(branch.origin, endingFrom: branch.after + 1),
            stored.range.lowerBound <= branch.after
        {
            let sets = try decode(stored).changeSets.filter { $0.dot.sequence <= branch.after }
            try removeSegments(number, from: stored.range.lowerBound)
            _ = try journal.insert(
                branch.origin, stored.range.lowerBound...branch.after, codec.encode(Segment(sets)))
            try journal.setSegmentHead(branch.origin, endingAt: branch.after, head)
        } else {
            try removeSegments(number, from: branch.after + 1)
        }
        for table in ["held", "receipt", "at_hq"] {
            for sql in [
                "DELETE FROM \(table) WHERE origin = ?1 AND first > ?2",
                "UPDATE \(table) SET last = ?2 WHERE origin = ?1 AND last > ?2",
            ] {
                let cut = try lookup(sql)
                cut.bind(1, number)
                cut.bind(2, Int64(branch.after))
                try cut.run()
            }
        }
        try journal.setHead(branch.origin, Journal.Head(sequence: branch.after, digest: head))
    }

    private func removeSegments(_ origin: Int64, from first: Sequence32) throws(StoreError) {
        let isIndexed = try lookup("SELECT 1 FROM sqlite_schema WHERE name = 'document_segment'")
        defer { isIndexed.reset() }
        var sql = ["DELETE FROM segment WHERE origin = ? AND first >= ?"]
        if try isIndexed.step() {
            sql.insert(
                """
                DELETE FROM document_segment WHERE segment IN
                (SELECT n FROM segment WHERE origin = ? AND first >= ?)
                """, at: 0)
        }
        for text in sql {
            let remove = try lookup(text)
            remove.bind(1, origin)
            remove.bind(2, Int64(first))
            try remove.run()
        }
    }

    /// Puts the branch under its new name into the journal; of what is there already nothing changes.
    private func append(_ told: [ChangeSet]) throws(StoreError) {
        guard let first = told.first, let last = told.last else { return }
        let name = first.dot.origin
        let range = first.dot.sequence...last.dot.sequence
        let missing = SequenceRanges(range).subtracting(try journal.held(name, overlapping: range))
        for run in missing.ranges {
            var next = run.lowerBound
            while next <= run.upperBound {
                let rest = told[Int(next - 1)...Int(run.upperBound - 1)]
                let (count, bytes) = SegmentPacker.pack(rest, codec)
                _ = try journal.insert(name, next...(next + Sequence32(count - 1)), bytes)
                next += Sequence32(count)
            }
        }
    }
}

extension Journal {
    /// The chain's head at a sequence that is verified here, or nil.
    func chainDigest(
        of origin: ReplicaID, at sequence: Sequence32, _ codec: SegmentCodec
    ) throws(StoreError) -> Digest256? {
        let head = try head(origin)
        if head.sequence == sequence { return head.digest }
        if sequence > head.sequence, let branch = try branch(of: origin), branch.sequence == sequence {
            return branch.digest
        }
        guard sequence < head.sequence, let stored = try segment(origin, endingFrom: sequence),
            stored.range.contains(sequence)
        else { return nil }
        if stored.range.upperBound == sequence { return stored.head }
        return try recomputed(origin, sequence, stored, codec)
    }

    /// Walks from the head before a segment to a change set inside of it.
    private func recomputed(
        _ origin: ReplicaID, _ sequence: Sequence32, _ stored: StoredSegment, _ codec: SegmentCodec
    ) throws(StoreError) -> Digest256? {
        var digest = Digest256.zero
        let first = stored.range.lowerBound
        if first > 1 {
            guard let before = try segment(origin, endingFrom: first - 1), before.range.upperBound == first - 1,
                let head = before.head
            else { return nil }
            digest = head
        }
        let segment = try stored.decode(codec)
        var chain = HashChain(.cryptoSHA256)
        for set in segment.changeSets where set.dot.sequence <= sequence {
            guard let salt = try salt(of: set) else { return nil }
            digest = chain.head(after: digest, set, salt: salt).head
        }
        return digest
    }
}
