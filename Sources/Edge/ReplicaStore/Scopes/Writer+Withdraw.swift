import ChangeSets
import HybridTime
import Merging
import SyncProtocol

/// Documents that leave this replica's scopes: what is here of them goes, once the hub has all of it.
extension Writer {
    /// Takes in what a grant, a revoke or an answer to a fetch brings: the states of documents that this replica wants are
    /// joined, the others are withdrawn.
    func receive(_ states: [DocumentState]) throws(StoreError) {
        var wanted: [DocumentState] = []
        var others: [DocumentState] = []
        for state in states {
            if try scopes.wants(state.scopes) { wanted.append(state) } else { others.append(state) }
        }
        if !wanted.isEmpty { try join(wanted, entersFeed: isHub) }
        for state in others { try withdraw(state) }
    }

    /// Withdraws a document that the hub says is in none of this replica's scopes.
    ///
    /// It stays while this side's own writes put it back into one, and while the hub has not all that is known of it here:
    /// then it is unsent, and the hub is asked again after the push.
    /// - Parameter theirs: the document as the hub has it, reduced to its context and its scopes.
    func withdraw(_ theirs: DocumentState) throws(StoreError) {
        let id = try origins.localID(theirs.name)
        guard let mine = try StateReader(self).document(theirs.name) else { return try withdrawAbsent(theirs, id) }
        var merged = mine.membership
        merged.join(theirs.membership)
        if try scopes.wants(merged.scopes) { return try scopes.table.forgetStray(id) }
        guard theirs.context.covers(mine.context) else { return try scopes.table.noteStray(id) }
        guard let place = try folder.document(theirs.name) else { return }
        try folder.remove(place)
        try flush()
        try forget(theirs, id)
    }

    /// A document that is not here: it went before, or never came, and change sets of it may wait here.
    private func withdrawAbsent(_ theirs: DocumentState, _ id: LocalID) throws(StoreError) {
        var known = theirs.membership
        if let before = try scopes.table.gone(id) { known.join(before) }
        // Those below wait for the hub's word that it has what they wrote meanwhile, which came by here.
        guard try waiting.parked(id).allSatisfy({ known.context.covers($0.dot) }) else {
            try scopes.table.setGone(id, known)
            return try scopes.table.noteStray(id)
        }
        try forget(known, id)
    }

    /// Forgets what is here of a document whose rows are gone, but for this replica's own work on it.
    private func forget(_ known: DocumentState, _ id: LocalID) throws(StoreError) {
        try scopes.table.setGone(id, known)
        try scopes.table.forgetStray(id)
        for sql in [
            "DELETE FROM parked WHERE document = ?", "DELETE FROM quarantine WHERE document = ?",
            "DELETE FROM wanted WHERE document = ?", "DELETE FROM orphan WHERE document = ?",
        ] {
            let remove = try lookup(sql)
            remove.bind(1, id.raw)
            try remove.run()
        }
        try trim(known.name, id, within: known.context)
    }

    /// Takes others' change sets of a document out of the journal, as far as the hub has applied them.
    ///
    /// A hub keeps what is not known to be at headquarters: those below rely on it, and the hub above it may burn down. It
    /// asks about the document again until the rest may go. Nobody relies on it for what the hub above wrote itself.
    private func trim(_ name: RecordName, _ id: LocalID, within context: Context) throws(StoreError) {
        // Brings the index from documents to segments up to date.
        let due = try history(of: name).filter { isOver($0, name, context) }
        var reached: [ReplicaID: SequenceRanges] = [:]
        for origin in Set(due.map(\.dot.origin)) where isHub { reached[origin] = try sync.reachedHQ(origin) }
        let above = try sync.lineage()?.hub
        let mayGo = { [isHub] (set: ChangeSet) in
            !isHub || set.dot.origin == above || reached[set.dot.origin]?.contains(set.dot.sequence) ?? false
        }
        if !due.allSatisfy(mayGo) { try scopes.table.noteStray(id) }
        guard due.contains(where: mayGo) else { return }
        let select = try lookup("SELECT segment FROM document_segment WHERE document = ?")
        select.bind(1, id.raw)
        var numbers: [Int64] = []
        while try select.step() { numbers.append(select.integer(0)) }
        select.reset()
        for number in numbers {
            guard let stored = try journal.segment(number: number)?.segment else { continue }
            let run = try NamedRun(stored, codec)
            let sets = try journal.names.sets(run.segment, as: run.name, from: run.range.lowerBound)
            let kept = sets.split(omittingEmptySubsequences: true) { isOver($0, name, context) && mayGo($0) }
            guard kept.reduce(0, { $0 + $1.count }) < sets.count else { continue }
            let parts = kept.compactMap { part in
                part.first.flatMap { first in part.last.map { run.part(first.dot.sequence...$0.dot.sequence) } }
            }
            try journal.trim(stored, keeping: parts, codec)
            try unindex(number)
        }
        decodedSegments.removeAll()
    }

    private func isOver(_ set: ChangeSet, _ name: RecordName, _ context: Context) -> Bool {
        set.document == name && set.dot.origin != identity.replica && context.covers(set.dot)
    }

    // MARK: Coming back

    /// Applies what the journal here holds of documents that went and came back, beyond the state that came: the hub may be
    /// another one, which has not heard of it yet.
    func replayGone(_ names: [RecordName]) throws(StoreError) {
        guard try scopes.own() != nil else { return }
        for name in names {
            guard let id = try origins.knownID(name), let known = try scopes.table.gone(id),
                let place = try folder.document(name)
            else { continue }
            if !folder.loadedDocuments[place].context.covers(known.context) {
                for set in try history(of: name)
                where !folder.loadedDocuments[place].context.covers(set.dot)
                    && folder.loadedDocuments[place].context.covers(set.deps)
                {
                    if try waiting.isVoided(set.dot) {
                        folder.cover(place, set.dot, set.stamp)
                    } else {
                        try folder.fold(set, into: place)
                    }
                }
            }
            // What this replica did there before still has to come: until then it does not write on.
            let own = identity.replica
            if folder.loadedDocuments[place].context[own] >= known.context[own] { try scopes.table.forgetGone(id) }
        }
    }

    /// Whether this replica wrote to a document, lost it, and does not have all of its own work back.
    func isBehindOwnWork(_ document: FoldingDocument) throws(StoreError) -> Bool {
        guard try scopes.own() != nil, let known = try scopes.table.gone(document.id) else { return false }
        return known.context[identity.replica] > document.context[identity.replica]
    }
}

extension DocumentState {
    /// Whether the document is in one of these scopes; every document is in that of the whole organisation.
    func isIn(_ names: [ScopeName]) -> Bool {
        let own = Set(scopes)
        return names.contains { ReplicaStore.everything.contains($0) || own.contains($0.text) }
    }
}

extension StateReader {
    /// A document's state, or what is known of one that went from here.
    func documentOrGone(_ name: RecordName, _ scopes: ScopeTable) throws(StoreError) -> DocumentState? {
        if let state = try document(name) { return state }
        guard let id = try knownID(name) else { return nil }
        return try scopes.gone(id)
    }
}
