import ChangeSets
import HybridTime
import Merging

/// Making documents again: typed rows are a projection of the journal, and whatever is wrong with them can be put right
/// from it, or, where it does not reach back far enough, from the hub.
extension Writer {
    /// What came of making a document again.
    enum Remaking: Equatable {
        /// The journal says what the rows say.
        case same
        /// The rows were made again.
        case remade
        /// The journal here does not reach back far enough: the document is wanted from the hub.
        case wanted
    }

    /// Makes a document again from the journal, or notes that it is wanted from the hub.
    /// - Parameter reason: for the list of what is wanted.
    @discardableResult
    func remake(_ name: RecordName, reason: String) throws(StoreError) -> Remaking {
        guard let place = try folder.document(name) else { return .same }
        let document = folder.loadedDocuments[place]
        // What does not read is made again like what reads wrong.
        let current = try? StateReader(self).document(name)
        guard let made = try replayed(name, document), made.context.covers(document.context) else {
            try want(document.id, reason: reason)
            return .wanted
        }
        try unwant(document.id)
        if let current, made.isSame(as: current) { return .same }
        try folder.replace(place, with: made)
        try flush()
        return .remade
    }

    /// Makes a document again where the journal here tells all of it; else leaves it as it is.
    func remakeIfDifferent(_ name: RecordName) throws(StoreError) { _ = try remake(name, reason: "a child's differs") }

    /// The document's state as the journal here tells it; nil where that holds nothing of it.
    func replayed(_ name: RecordName, _ document: FoldingDocument) throws(StoreError) -> DocumentState? {
        let sets = try history(of: name)
        var start = DocumentState(name: name, kind: document.kind, salt: document.salt)
        let salvaged = try salvaged(document.id)
        guard !sets.isEmpty || !salvaged.isEmpty else { return nil }
        for state in salvaged { start.join(state) }
        return start.replaying(sets, denied: try denied(among: sets, in: document.id))
    }

    /// All that the journal holds of a document, less what was put aside; by (stamp, dot).
    func history(of name: RecordName) throws(StoreError) -> [ChangeSet] {
        let history = HistoryReader(connection, journal, origins, decodedSegments)
        while true {
            let batch = try history.unindexed(limit: 32)
            if batch.isEmpty { break }
            try index(batch)
        }
        var sets: [ChangeSet] = []
        for set in try history.changeSets(of: name) {
            if try !waiting.isQuarantined(set.dot) { sets.append(set) }
        }
        return sets
    }

    /// Those of a document's change sets that a verdict denies.
    func denied(among sets: [ChangeSet], in document: LocalID) throws(StoreError) -> Set<Dot> {
        var denied = Set<Dot>()
        guard try waiting.hasVerdicts(in: document) else { return denied }
        for set in sets where try waiting.isVoided(set.dot) { denied.insert(set.dot) }
        return denied
    }

    /// Tries again to make what is wanted from the journal: more of it may have come.
    func remakeWanted() throws(StoreError) {
        for (name, reason) in try wanted() { try remake(name, reason: reason) }
    }

    /// The documents whose state has to come from the hub, ascending, each with the reason.
    func wanted() throws(StoreError) -> [(name: RecordName, reason: String)] {
        let select = try lookup("SELECT document, reason FROM wanted")
        defer { select.reset() }
        var all: [(name: RecordName, reason: String)] = []
        while try select.step() { all.append((try origins.name(LocalID(raw: select.integer(0))), select.text(1))) }
        return all.sorted { $0.name < $1.name }
    }

    func want(_ document: LocalID, reason: String) throws(StoreError) {
        let insert = try lookup("INSERT OR REPLACE INTO wanted(document, reason) VALUES (?, ?)")
        insert.bind(1, document.raw)
        insert.bind(2, reason)
        try insert.run()
    }

    func unwant(_ document: LocalID) throws(StoreError) {
        let delete = try lookup("DELETE FROM wanted WHERE document = ?")
        delete.bind(1, document.raw)
        try delete.run()
    }
}

extension ReplicaStore {
    /// Makes from the journal what had to wait for more of it. What it does not reach stays wanted from the hub.
    public func remakeWanted() throws(StoreError) {
        try writing { writer throws(StoreError) in try writer.remakeWanted() }
    }
}

extension DocumentState {
    /// This state with change sets applied along causality, as far as their deps are covered.
    /// - Parameter denied: those that count as applied, with no writes.
    func replaying(_ history: [ChangeSet], denied: Set<Dot> = []) -> DocumentState {
        var state = self
        var rest = history
        while !rest.isEmpty {
            let waiting = rest.filter { set in
                guard state.context.covers(set.deps) else { return true }
                let changes = denied.contains(set.dot) ? [] : set.changes
                state.apply(changes, dot: set.dot, stamp: set.stamp, seen: set.removal)
                return false
            }
            if waiting.count == rest.count { break }
            rest = waiting
        }
        return state
    }

    /// Whether two states of one document are the same; the order of siblings says nothing.
    func isSame(as other: DocumentState) -> Bool {
        guard context == other.context, greatest == other.greatest, kind == other.kind,
            records.count == other.records.count
        else { return false }
        return records.allSatisfy { name, record in other.records[name].map { record.isSame(as: $0) } ?? false }
    }
}

extension RecordState {
    func isSame(as other: RecordState) -> Bool {
        guard kind == other.kind, cells.count == other.cells.count else { return false }
        return zip(cells, other.cells).allSatisfy { mine, theirs in
            mine.tag == theirs.tag
                && mine.siblings.sorted(by: Sibling.isOrdered) == theirs.siblings.sorted(by: Sibling.isOrdered)
        }
    }
}
