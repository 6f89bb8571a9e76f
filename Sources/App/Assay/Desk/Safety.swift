import Desk
import HybridTime
import Merging
import ReplicaStore

/// How far this replica's own work has come, as a level for each row and counts for the foot of the screen.
struct Safety: Hashable, Sendable {
    let saved: UInt64
    let atHub: UInt64
    let atHQ: UInt64
    private let isHeadquarters: Bool

    init(_ counts: ReplicaStore.DurabilityCounts, isHeadquarters: Bool) {
        saved = counts.saved
        // Headquarters has nobody above it: what is saved there has arrived.
        atHQ = isHeadquarters ? counts.saved : min(counts.atHQ, counts.saved)
        atHub = max(min(counts.atHub, counts.saved), atHQ)
        self.isHeadquarters = isHeadquarters
    }

    /// The level of a row whose last change made here has this number. What only others changed came by way of a hub.
    func level(_ ownWork: Sequence32) -> SafetyLevel {
        if isHeadquarters { return .atHQ }
        if ownWork == 0 { return .atHub }
        if UInt64(ownWork) <= atHQ { return .atHQ }
        return UInt64(ownWork) <= atHub ? .atHub : .saved
    }
}

/// Finds the last of this replica's own change sets behind the cells of some records.
struct OwnWork {
    private let own: ReplicaID
    private(set) var last: Sequence32 = 0

    init(_ own: ReplicaID) { self.own = own }

    mutating func count(_ record: StoredRecord) {
        for cell in record.state.cells {
            for sibling in cell.siblings where sibling.dot.origin == own { last = max(last, sibling.dot.sequence) }
        }
    }
}

/// A roster as it was read, with what tells whether a receipt changes a level on it.
struct Roster: Sendable {
    struct Entry: Sendable {
        let row: RosterRow
        let ownWork: Sequence32
    }

    let session: RecordName
    private(set) var ownWork: Set<Sequence32>

    /// Counts in a row that was written since.
    mutating func note(_ ownWork: Sequence32) { self.ownWork.insert(ownWork) }

    /// Whether any row stands on another level than it did.
    func moves(from old: Safety, to new: Safety) -> Bool {
        old != new && ownWork.contains { old.level($0) != new.level($0) }
    }
}
