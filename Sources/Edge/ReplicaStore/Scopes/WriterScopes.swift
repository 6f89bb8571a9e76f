import ByteCoding
import HybridTime
import Merging

/// What a transaction has to know of scopes, and what it did that their feeds have to tell.
final class WriterScopes {
    let table: ScopeTable
    let feed: ScopeFeed
    /// Every tracked scope, as the transaction that runs found them; nil until it looked.
    private var known: [TrackedScope]?
    /// Change sets that became covered here and are not in the feeds yet, in order.
    private(set) var covered: [Covered] = []
    /// Documents whose state came otherwise than by change sets.
    private(set) var restated = Set<LocalID>()
    /// The served scopes that got entries, for those who read their feeds.
    private(set) var advanced = Set<String>()

    struct Covered {
        let dot: Dot
        let document: LocalID
        /// The segment that brought it; 0 for the tail. A run never spans two.
        let segment: Int64
    }

    init(_ table: ScopeTable, _ feed: ScopeFeed) {
        self.table = table
        self.feed = feed
    }

    /// Reads the tracked scopes anew: another process may have begun to serve one.
    func refresh() throws(StoreError) { known = try table.tracked() }

    func tracked() throws(StoreError) -> [TrackedScope] {
        if let known { return known }
        let all = try table.tracked()
        known = all
        return all
    }

    /// The scopes that this replica wants; nil where it wants everything.
    func own() throws(StoreError) -> Set<String>? {
        let names = try tracked().lazy.filter(\.isOwn).map(\.name)
        return names.isEmpty ? nil : Set(names)
    }

    /// Whether this replica wants a document of these scopes.
    func wants(_ scopes: [String]) throws(StoreError) -> Bool {
        guard let own = try own() else { return true }
        return scopes.contains { own.contains($0) }
    }

    func note(_ dot: Dot, _ document: LocalID, segment: Int64) throws(StoreError) {
        guard try !tracked().isEmpty else { return }
        covered.append(Covered(dot: dot, document: document, segment: segment))
    }

    func noteRestated(_ document: LocalID) throws(StoreError) {
        if try !tracked().isEmpty { restated.insert(document) }
    }

    func told() {
        covered.removeAll(keepingCapacity: true)
        restated.removeAll()
    }

    func append(_ scope: TrackedScope, _ origin: ReplicaID, _ range: ClosedRange<Sequence32>) throws(StoreError) {
        try feed.append(scope.number, origin, range)
        advanced.insert(scope.name)
    }

    func append(_ scope: TrackedScope, _ document: LocalID) throws(StoreError) {
        try feed.append(scope.number, document)
        advanced.insert(scope.name)
    }

    /// - Returns: the scopes whose feeds grew.
    func committed() -> Set<String> {
        defer { forget() }
        feed.committed()
        return advanced
    }

    func rolledBack() {
        feed.rolledBack()
        forget()
    }

    private func forget() {
        known = nil
        told()
        advanced.removeAll()
    }
}

extension Writer {
    /// Brings the account of scopes up to date with what was folded and is about to be written: which documents are in
    /// them, the sums of digests, and the feeds.
    func settleScopes() throws(StoreError) {
        guard try !scopes.tracked().isEmpty else { return _ = try folder.voidDigests() }
        var moves: [LocalID: ScopeMove] = [:]
        for document in folder.changedDocuments { moves[document.id] = try settle(document) }
        for (document, digest) in try folder.voidDigests() {
            for scope in (moves[document]?.before ?? []).sorted() {
                try scopes.table.setSum(scope, try scopes.table.sum(scope) &- digest)
            }
        }
        if isHub { try tellScopes(moves) }
        scopes.told()
    }

    /// In which scopes a document was, and in which it is.
    struct ScopeMove {
        let before: Set<Int64>
        let after: Set<Int64>
        /// Every change set of it is in the journal here, and told by feeds.
        let isMadeHere: Bool
        let isRestated: Bool
    }

    private func settle(_ document: FoldingDocument) throws(StoreError) -> ScopeMove {
        let before = document.isNew ? [] : try scopes.table.scopes(of: document.id)
        var after = before
        if document.isGone {
            after = []
        } else if let root = folder.writtenRecord(document.id) {
            let names = Set(root.scopes)
            after = Set(try scopes.tracked().filter { names.contains($0.name) }.map(\.number))
            if try scopes.wants(root.scopes) {
                try scopes.table.forgetStray(document.id)
            } else {
                try scopes.table.noteStray(document.id)
            }
        } else if document.isNew, try scopes.own() != nil {
            try scopes.table.noteStray(document.id)
        }
        try scopes.table.move(document.id, from: before, to: after)
        let isRestated = scopes.restated.contains(document.id)
        return ScopeMove(
            before: before, after: after, isMadeHere: document.isNew && !isRestated, isRestated: isRestated)
    }

    private func tellScopes(_ moves: [LocalID: ScopeMove]) throws(StoreError) {
        let served = try scopes.tracked().filter(\.isServed)
        guard !served.isEmpty else { return }
        for scope in served {
            var run: (origin: ReplicaID, range: ClosedRange<Sequence32>, segment: Int64)?
            for set in scopes.covered {
                guard let move = moves[set.document], !move.isRestated, move.after.contains(scope.number),
                    move.isMadeHere || move.before.contains(scope.number)
                else { continue }
                if let open = run, open.origin == set.dot.origin, open.segment == set.segment,
                    open.range.upperBound + 1 == set.dot.sequence
                {
                    run = (open.origin, open.range.lowerBound...set.dot.sequence, open.segment)
                    continue
                }
                if let open = run { try scopes.append(scope, open.origin, open.range) }
                run = (set.dot.origin, set.dot.sequence...set.dot.sequence, set.segment)
            }
            if let open = run { try scopes.append(scope, open.origin, open.range) }
        }
        for (document, move) in moves.sorted(by: { $0.key.raw < $1.key.raw }) where !move.isMadeHere {
            let told = move.isRestated ? move.after.union(move.before) : move.after.symmetricDifference(move.before)
            for scope in served where told.contains(scope.number) { try scopes.append(scope, document) }
        }
    }
}
