import ByteCoding
import ChangeSets
import HybridTime
import SyncProtocol

extension ReplicaStore {
    /// Makes of a fork what can be made of it: an older state that was put back goes on under a new name, and a branch
    /// that parted is told again under its own. Nothing is lost either way, and nobody is asked.
    ///
    /// - Returns: false where the branch has to stay as it is, because others' work is built on it: the parent then takes
    ///   nothing of it, and all else goes on.
    public func settle(_ divergence: Divergence) throws(StoreError) -> Bool {
        let isSettled = try writing { writer throws(StoreError) in
            try writer.settle(divergence, entersFeed: isHub)
        }
        changes.post(.applied)
        return isSettled
    }

    /// As ``takeNewIncarnation(insteadOf:)``, and keeps why.
    public func takeNewIncarnation(
        insteadOf expected: ReplicaID, because reason: IdentityNote.Reason
    ) throws(StoreError) {
        try writing { writer throws(StoreError) in
            guard expected == writer.identity.replica else { return }
            try writer.takeNewIncarnation(entersFeed: isHub)
            try writer.note(IdentityNote(reason))
        }
    }
}

extension Writer {
    fileprivate func settle(_ divergence: Divergence, entersFeed: Bool) throws(StoreError) -> Bool {
        let origin = divergence.origin
        let isOwn = origin == identity.replica
        try packTail(entersFeed: entersFeed)
        // Written to since the session looked: the next one looks again.
        if isOwn, try journal.head(origin).sequence != divergence.head { return true }
        if divergence.isPrefix {
            guard isOwn else { return true }
            try rename(IdentityNote(.regressed), entersFeed)
            return true
        }
        if divergence.isCertain, try part(divergence, entersFeed: entersFeed) { return true }
        let disputed = UInt64(divergence.head - divergence.shared)
        if isOwn {
            try rename(IdentityNote(.unresolved, changeSets: disputed), entersFeed)
        } else {
            try note(IdentityNote(.unresolved, changeSets: disputed))
        }
        return false
    }

    /// Tells what comes after the last common change set under a name of its own.
    /// - Returns: false where the chain is not known here, so that it has none.
    private func part(_ divergence: Divergence, entersFeed: Bool) throws(StoreError) -> Bool {
        let (origin, end) = (divergence.origin, divergence.shared)
        let written = try journal.written(origin)
        guard let head = try journal.chainDigest(of: origin, at: end, codec) else { return false }
        let place = ForkPlace(written.origin, after: written.after + end, head)
        var facts: Set = [ForkFact(place, .ends(origin))]
        if let theirs = divergence.parentHash.flatMap({ Digest256($0.bytes) }), theirs != Journal.ended {
            facts.insert(ForkFact(place, .branch(ReplicaID(branchFrom: theirs))))
        }
        let count = try journal.lastHeld(origin) - end
        try settleForks(facts, isFound: true, entersFeed: entersFeed)
        guard try journal.lastHeld(origin) <= end else { return false }
        try note(IdentityNote(.reissued, changeSets: UInt64(count)))
        try forgetCursors()
        return true
    }

    private func rename(_ note: IdentityNote, _ entersFeed: Bool) throws(StoreError) {
        try takeNewIncarnation(entersFeed: entersFeed)
        try self.note(note)
        try forgetCursors()
    }

    /// A feed leaves out what its reader wrote, and under the old name that was also the other branch: it is read anew.
    private func forgetCursors() throws(StoreError) { try lookup("DELETE FROM cursor").run() }
}
