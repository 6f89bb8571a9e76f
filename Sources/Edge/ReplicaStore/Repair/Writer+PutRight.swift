import ByteCoding
import ChangeSets
import HybridTime
import Merging
import SyncProtocol

/// What was done about a document that differed from the hub's.
public enum RepairKind: String, Sendable, CaseIterable {
    /// It was made again from the journal here.
    case journal
    /// The hub's state took its place.
    case hub
    /// The hub knew more of it than this replica: its state was joined.
    case joined
    /// The journal here proves this replica right: the hub has to put its own right.
    case hubIsWrong = "hub-is-wrong"
    /// The hub lacks change sets that are in the journal here: they are sent again.
    case sentAgain = "sent-again"
}

extension Writer {
    /// Puts a document right that differs from the hub's.
    ///
    /// First the journal is asked: it is chained, so what it tells is what was written. Where it does not reach back far
    /// enough the hub's state counts, with this replica's own journal applied to it again. Nothing that is held here is
    /// ever dropped for it: what the hub lacks is offered again, and what no journal has is noted for salvage.
    func putRight(_ name: RecordName, theirs: DocumentState?, _ lineage: HubLineage) throws(StoreError) {
        if let theirs, try !scopes.wants(theirs.scopes) { return try withdraw(theirs) }
        let states = try StateReader(self)
        guard let mine = try states.document(name), let id = try origins.knownID(name) else {
            if let theirs { try join([theirs], entersFeed: isHub) }
            return
        }
        if let theirs, mine.isSame(as: theirs) { return try unwant(id) }
        let remaking = try remake(name, reason: "it differs from the hub's")
        if remaking == .remade { try note(.journal, id) }
        guard let now = try states.document(name) else { return }
        guard let theirs else { return try offerAgain(now, beyond: .empty, id, lineage) }
        if now.isSame(as: theirs) { return try unwant(id) }
        if remaking == .wanted {
            try take(theirs, over: now, id)
        } else if now.context == theirs.context {
            try note(.hubIsWrong, id)
        } else if !now.context.covers(theirs.context) {
            try join([theirs], entersFeed: isHub)
            try note(.joined, id)
        }
        try offerAgain(now, beyond: theirs.context, id, lineage)
    }

    /// The hub's state in place of the own one, and then what the journal here holds beyond it.
    private func take(_ theirs: DocumentState, over mine: DocumentState, _ id: LocalID) throws(StoreError) {
        let history = try history(of: mine.name).filter { !theirs.context.covers($0.dot) }
        let made = theirs.replaying(history, denied: try denied(among: history, in: id))
        guard made.context.covers(mine.context) else {
            // Neither the hub nor the journal has all of it: keep what both sides know.
            try unwant(id)
            try join([theirs], entersFeed: isHub)
            return
        }
        guard let place = try folder.document(mine.name) else { return }
        if !mine.context.covers(made.context) {
            if isHub { try journal.feedFellBehind() }
            try scopes.noteRestated(id)
        }
        try folder.replace(place, with: made)
        try flush()
        try unwant(id)
        try note(.hub, id)
    }

    /// What a hub lacks of a document counts as unsent again; what the journal here lacks as well is noted for salvage.
    private func offerAgain(
        _ mine: DocumentState, beyond theirs: Context, _ id: LocalID, _ lineage: HubLineage
    ) throws(StoreError) {
        guard !theirs.covers(mine.context) else { return }
        var reached = theirs
        var again = false
        for set in try history(of: mine.name) where !theirs.covers(set.dot) && mine.context.covers(set.dot) {
            // What follows a change set that only others can bring waits in the hub's journal: it is not lost there.
            guard reached.covers(set.deps) else { continue }
            reached.include(set.dot)
            // What the hub never receipted is unsent anyway.
            guard try sync.receipted(lineage, set.dot.origin).contains(set.dot.sequence) else { continue }
            try sync.lose(lineage, set.dot.origin, SequenceRanges(set.dot.sequence...set.dot.sequence))
            again = true
        }
        if again { try note(.sentAgain, id) }
        guard !reached.covers(mine.context) else { return }
        // Nothing was put right, and perhaps nothing is wrong: it may be on its way to the hub from somebody else.
        let insert = try lookup("INSERT OR IGNORE INTO orphan(document) VALUES (?)")
        insert.bind(1, id.raw)
        try insert.run()
    }

    /// What a hub does not have at all.
    func offerAgain(_ name: RecordName, _ lineage: HubLineage) throws(StoreError) {
        guard let mine = try StateReader(self).document(name), let id = try origins.knownID(name) else {
            return
        }
        try offerAgain(mine, beyond: .empty, id, lineage)
    }

    private func note(_ kind: RepairKind, _ document: LocalID) throws(StoreError) {
        let insert = try lookup("INSERT INTO repair(document, how, reason) VALUES (?, ?, '')")
        insert.bind(1, document.raw)
        insert.bind(2, kind.rawValue)
        try insert.run()
    }
}

extension ReplicaStore {
    /// The states of the first of these documents that fit, as a snapshot chunk. Each is made again from the journal
    /// first, as far as that goes: whoever asks has found that it differs.
    /// - Parameter within: the scopes of whoever asks: of a document outside of them it gets context and scopes alone.
    public func states(
        of keys: [DocumentKey], bytesMax: Int, within: [ScopeName]
    ) throws(StoreError) -> (answered: Int, bytes: [UInt8]) {
        try writing { writer throws(StoreError) in
            let states = try StateReader(writer)
            var count = keys.count
            for key in keys { try writer.remakeIfDifferent(key.name) }
            while true {
                var found: [DocumentState] = []
                for key in keys.prefix(count) {
                    guard let state = try states.documentOrGone(key.name, writer.scopes.table) else { continue }
                    found.append(state.isIn(within) ? state : state.membership)
                }
                let bytes = found.isEmpty ? [] : SnapshotCodec().encode(found)
                if bytes.count <= bytesMax, found.isEmpty || SnapshotCodec.isWithinLimits(bytes) {
                    return (count, bytes)
                }
                guard count > 1 else { throw .limitExceeded("one document in a snapshot") }
                count /= 2
            }
        }
    }

    /// Puts documents right with what the hub answered to a fetch of them.
    func putRight(_ keys: [DocumentKey], _ bytes: [UInt8], _ lineage: HubLineage) throws(StoreError) {
        var theirs: [RecordName: DocumentState] = [:]
        if !bytes.isEmpty {
            do throws(DecodingFailure) {
                for state in try SnapshotCodec().decode(bytes[...]) { theirs[state.name] = state }
            } catch { throw .damaged(place: "the hub's answer", reason: error.description) }
        }
        try writing { writer throws(StoreError) in
            for key in keys { try writer.putRight(key.name, theirs: theirs[key.name], lineage) }
            if isHub { try writer.journal.closeFeedGap() }
        }
        changes.post(.applied)
    }

    /// What has been put right here, the newest last.
    public func repairs(limit: Int = 1_000) throws(StoreError) -> [Repair] {
        try readingTables { tables, _ in
            let origins = tables.origins
            let select = tables.lookup("SELECT at, document, how FROM repair ORDER BY n DESC LIMIT ?")
            select.bind(1, Int64(limit))
            var all: [Repair] = []
            while try select.step() {
                all.append(
                    Repair(
                        at: select.integer(0), document: try origins.name(LocalID(raw: select.integer(1))),
                        how: select.text(2)))
            }
            return all.reversed()
        }
    }

    /// One document that was put right.
    public struct Repair: Hashable, Sendable {
        /// By this device's clock, in milliseconds since 1970.
        public let at: Int64
        public let document: RecordName
        /// A ``RepairKind``, or what a newer build wrote.
        public let how: String
    }
}
