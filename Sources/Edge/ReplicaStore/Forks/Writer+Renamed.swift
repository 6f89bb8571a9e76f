import ChangeSets
import HybridTime
import Merging

/// The rows' part: documents that forks concern are made again from the journal under the names that hold now. What the
/// journal does not reach comes from the hub.
extension Writer {
    /// - Parameter documents: those that change sets were of which had names by forks before.
    func remakeRenamed(_ documents: Set<RecordName>, entersFeed: Bool) throws(StoreError) {
        // Segments may be of other documents now.
        try forgetIndex()
        decodedSegments.removeAll()
        var affected = documents
        try eachRun { run, named throws(StoreError) in
            for (index, set) in named.enumerated() where set != run.segment.changeSets[index] {
                let written = run.segment.changeSets[index]
                affected.insert(set.document)
                affected.insert(written.document)
            }
        }
        try affected.formUnion(documentsWithEndedNames())
        // Documents go without their digests being taken out of the sums: all of them are computed anew when asked for.
        if !affected.isEmpty { try voidAllDigests() }
        let isRemade = try remakeRenamed(each: affected.sorted())
        if try waiting.hasParked() {
            var outcome = ApplyOutcome()
            for name in affected.sorted() { _ = try folder.document(name) }
            try drain(entersFeed: false, &outcome)
            try flush()
        }
        guard isRemade else { return }
        guard entersFeed else { return }
        // Whoever stands in this feed has read of what has another name now.
        var segments: [(number: Int64, range: ClosedRange<Sequence32>)] = []
        let select = try lookup("SELECT n, first, last FROM segment ORDER BY n")
        defer { select.reset() }
        while try select.step() {
            segments.append((select.integer(0), try Journal.range(select.integer(1), select.integer(2))))
        }
        try journal.tellFeedAgain(segments)
    }

    private func forgetIndex() throws(StoreError) {
        let isIndexed = try lookup("SELECT 1 FROM sqlite_schema WHERE name = 'document_segment'")
        defer { isIndexed.reset() }
        guard try isIndexed.step() else { return }
        isIndexed.reset()
        try lookup("DELETE FROM document_segment").run()
        try lookup("DELETE FROM meta WHERE key = '\(HistoryReader.mark)'").run()
    }

    /// Documents here that names tell of which have ended: their own, or in their context.
    private func documentsWithEndedNames() throws(StoreError) -> [RecordName] {
        let forks = try journal.forks()
        var ended: [Int64: Sequence32] = [:]
        for name in forks.ended { if let number = try origins.known(name) { ended[number] = forks.end(of: name) } }
        guard !ended.isEmpty else { return [] }
        let select = try lookup("SELECT id, context FROM document")
        defer { select.reset() }
        var names: [RecordName] = []
        while try select.step() {
            let name = try origins.name(LocalID(raw: select.integer(0)))
            let context = try folder.documents.readContext(select, 1)
            let isDead = !name.isHash && forks.isDead(name.origin, name.sequence)
            if isDead || context.entries.contains(where: { forks.isDead($0.origin, $0.sequence) }) {
                names.append(name)
            }
        }
        return names
    }

    /// What is to be done about one document.
    private struct Renewal {
        let name: RecordName
        /// State to begin with: what was salvaged, or what is left of state that the journal does not tell.
        var start: DocumentState?
        var isRemade = false
    }

    /// Makes documents again under the names that hold now. All that goes is taken away before anything is folded, for a
    /// record may have been in another document under the names before.
    /// - Returns: whether any rows are others now.
    func remakeRenamed(each names: [RecordName]) throws(StoreError) -> Bool {
        var isRemade = false
        var renewals: [Renewal] = []
        for name in names {
            guard let renewal = try clear(name) else { continue }
            if renewal.isRemade { isRemade = true }
            renewals.append(renewal)
        }
        for renewal in renewals {
            if let start = renewal.start { try restore(start) }
            var outcome = ApplyOutcome()
            for set in try history(of: renewal.name) {
                guard let place = try place(for: set) else {
                    try waiting.park(
                        set, missing: set.deps.entries.first.map { Dot($0.origin, $0.sequence) } ?? set.document.dot)
                    continue
                }
                guard !folder.loadedDocuments[place].context.covers(set.dot) else { continue }
                if try foldOne(set, place, of: 0, verdicts: true, &outcome) { isRemade = true }
            }
            try flush()
        }
        return isRemade
    }

    /// Takes a document's rows away where they are not what they should be now.
    /// - Returns: nil where nothing is left of it to be made.
    private func clear(_ name: RecordName) throws(StoreError) -> Renewal? {
        let forks = try journal.forks()
        let current = try? StateReader(self).document(name)
        try forgetParked(name)
        if !name.isHash, forks.isDead(name.origin, name.sequence) {
            guard let current else { return nil }
            try removeDocument(current)
            return Renewal(name: name, isRemade: true)
        }
        guard let current else { return Renewal(name: name) }
        let id = try origins.localID(name)
        let sets = try history(of: name)
        let live = current.withoutEndedNames(forks)
        var start = DocumentState(name: name, kind: current.kind, salt: current.salt)
        for salvage in try salvaged(id) { start.join(salvage.withoutEndedNames(forks)) }
        let made = start.replaying(sets, denied: try denied(among: sets, in: id))
        if made.isSame(as: current) { return Renewal(name: name) }
        if made.context.covers(live.context) {
            try removeDocument(current)
            return Renewal(name: name, start: start.context.isEmpty ? nil : start, isRemade: true)
        }
        // State came of which the journal has no part: what has names of before goes, and the hub gives the rest.
        let isOther = live != current
        if isOther { try removeDocument(current) }
        try want(id, reason: "a fork")
        return Renewal(name: name, start: isOther ? live : nil, isRemade: isOther)
    }

    private func restore(_ state: DocumentState) throws(StoreError) {
        let place = try folder.create(state.name, kind: state.kind, salt: state.salt)
        for (name, record) in state.records.sorted(by: { $0.key < $1.key }) {
            try folder.join(name, record, document: place, theirContext: state.context)
        }
        folder.raise(place, state.context, state.greatest)
        try flush()
    }

    private func forgetParked(_ name: RecordName) throws(StoreError) {
        guard let id = try origins.knownID(name) else { return }
        for table in ["parked", "quarantine"] {
            let remove = try lookup("DELETE FROM \(table) WHERE document = ?")
            remove.bind(1, id.raw)
            try remove.run()
        }
    }

    /// Takes the rows of a document away.
    private func removeDocument(_ state: DocumentState) throws(StoreError) {
        let id = try origins.localID(state.name)
        for record in [state.name] + state.records.keys.sorted() { try dropViolations(of: record) }
        for kind in schema.records { _ = try folder.tables[kind.tag]?.remove(of: id) }
        _ = try RecordTable(unknown: 0, connection).remove(of: id)
        for sql in ["DELETE FROM document WHERE id = ?", "DELETE FROM wanted WHERE document = ?"] {
            let remove = try lookup(sql)
            remove.bind(1, id.raw)
            try remove.run()
        }
        // Whoever reads a scope's feed is told how the document stands.
        try scopes.table.move(id, from: scopes.table.scopes(of: id), to: [])
        try scopes.noteRestated(id)
        folder.reset()
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
}

extension DocumentState {
    /// This state less what names tell that have ended. Of an origin whose name has ended inside of what it covers as much
    /// counts as covered as its versions show: how far it came up to the end is not known.
    func withoutEndedNames(_ forks: Forks) -> DocumentState {
        var result = DocumentState(name: name, kind: kind, salt: salt, greatest: greatest)
        for (record, state) in records where record.isHash || !forks.isDead(record.origin, record.sequence) {
            let cells = state.cells.compactMap { cell in
                CellState(
                    cell.tag, ordering: cell.siblings.filter { !forks.isDead($0.dot.origin, $0.dot.sequence) })
            }
            for cell in cells { for sibling in cell.siblings { result.context.include(sibling.dot) } }
            result.records[record] = RecordState(kind: state.kind, cells: cells)
        }
        for entry in context.entries where !forks.isDead(entry.origin, entry.sequence) {
            result.context.include(Dot(entry.origin, entry.sequence))
        }
        return result
    }
}
