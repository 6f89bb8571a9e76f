import ByteCoding
import ChangeSets
import HybridTime
import Merging

extension ReplicaStore {
    /// A run of documents' states as one snapshot chunk.
    /// - Parameter after: the document identifier that the chunk before this one ended at; 0 for the first.
    /// - Returns: the chunk, and where to go on; nil at the end.
    public func snapshotChunk(after: Int64, documents limit: Int = SnapshotCodec.documentsMax) throws(StoreError) -> (
        bytes: [UInt8], next: Int64?
    ) {
        let (states, next) = try readingTables { tables, _ in
            let reader = try StateReader(tables)
            let (states, next) = try reader.documents(after: after, limit: min(limit, SnapshotCodec.documentsMax))
            // What is known of forks comes first: it says what is meant by names here and there.
            return (after > 0 ? states : try reader.forks(tables.journal, besides: states) + states, next)
        }
        return (SnapshotCodec().encode(states), next)
    }

    /// Joins a snapshot chunk into the state, durably.
    /// - Returns: how many documents it held, or why it was refused.
    public func join(snapshotChunk bytes: [UInt8]) throws(StoreError) -> Result<Int, DecodingFailure> {
        let states: [DocumentState]
        do throws(DecodingFailure) { states = try SnapshotCodec().decode(bytes[...]) } catch { return .failure(error) }
        try writing { writer throws(StoreError) in
            writer.isFilling = true
            try writer.join(states, entersFeed: isHub)
            if isHub { try writer.journal.closeFeedGap() }
        }
        changes.post(.applied)
        return .success(states.count)
    }

    /// The greatest position of this store's feed; 0 while it is empty.
    public func feedEnd() throws(StoreError) -> Int64 {
        try syncing { _, journal throws(StoreError) in try journal.feedEnd() }
    }

    /// The state of one document; nil where nothing of it is here.
    public func document(_ name: RecordName) throws(StoreError) -> DocumentState? {
        try readingTables { tables, _ in try StateReader(tables).document(name) }
    }

    /// The states of every document, for tests and small stores.
    public func allDocuments() throws(StoreError) -> [DocumentState] {
        try readingTables { tables, _ in
            let reader = try StateReader(tables)
            var all: [DocumentState] = []
            var after: Int64? = 0
            while let from = after {
                let (states, next) = try reader.documents(after: from, limit: 1_024)
                all += states
                after = next
            }
            return all
        }
    }
}

extension Writer {
    /// Joins documents' states into the store, then applies what had waited for them.
    /// - Parameter feedTells: whether an entry of the feed brings the same states to those below.
    func join(_ states: [DocumentState], entersFeed: Bool, feedTells: Bool = false) throws(StoreError) {
        let forked = states.filter { $0.kind == EngineRecords.fork.tag }
        if !forked.isEmpty, forked.count < states.count {
            try join(forked, entersFeed: entersFeed, feedTells: feedTells)
        }
        let forks = try journal.forks()
        for state in states {
            if !forks.isEmpty {
                // Its hub has not heard of a fork yet: what is of a branch comes under the branch's name.
                if !state.name.isHash, forks.isDead(state.name.origin, state.name.sequence) { continue }
                if state.context.entries.contains(where: { forks.isDead($0.origin, $0.sequence) }) {
                    renamed.insert(state.name)
                }
            }
            let known = try folder.document(state.name)
            let place: Int
            if let known {
                place = known
            } else {
                place = try folder.create(state.name, kind: state.kind, salt: state.salt)
            }
            guard folder.loadedDocuments[place].kind == state.kind else {
                throw .damaged(place: "a snapshot", reason: "a document of another kind")
            }
            // Children that have read this hub's feed to its end would never hear of what came as state.
            if entersFeed, !feedTells, !folder.loadedDocuments[place].context.covers(state.context) {
                try journal.feedFellBehind()
            }
            if !folder.loadedDocuments[place].context.covers(state.context) {
                try scopes.noteRestated(folder.loadedDocuments[place].id)
            }
            // A record that only this side has stays as it is: records are never deleted, and one that the other side
            // had covered would be in its state.
            for (name, record) in state.records {
                try folder.join(name, record, document: place, theirContext: state.context)
            }
            folder.raise(place, state.context, state.greatest)
            note(state)
        }
        try noteJudged(states)
        try replayGone(states.map(\.name))
        var outcome = ApplyOutcome()
        if try waiting.hasParked() { try drain(entersFeed: entersFeed, &outcome) }
        try resumeChains()
        try flush()
        try honourEngineRecords(entersFeed: entersFeed, &outcome)
    }
}

extension SnapshotCodec {
    /// Whether a receiver would take a chunk of these bytes: they may be few and yet inflate to too many.
    static func isWithinLimits(_ bytes: [UInt8]) -> Bool {
        (try? SnapshotCodec().decode(bytes[...])) != nil
    }
}
