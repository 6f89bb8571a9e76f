import ByteCoding
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
        if divergence.isCertain,
            let count = try reissue(origin, after: divergence.shared, entersFeed: entersFeed)
        {
            try note(IdentityNote(.reissued, changeSets: UInt64(count)))
            if let hash = divergence.parentHash.flatMap({ Digest256($0.bytes) }) {
                try journal.noteBranch(of: origin, Journal.Head(sequence: divergence.shared + 1, digest: hash))
            }
            if isOwn || entersFeed { try takeNewIncarnation(entersFeed: entersFeed) }
            try forgetCursors()
            return true
        }
        let disputed = UInt64(divergence.head - divergence.shared)
        if isOwn {
            try rename(IdentityNote(.unresolved, changeSets: disputed), entersFeed)
        } else {
            try note(IdentityNote(.unresolved, changeSets: disputed))
        }
        return false
    }

    private func rename(_ note: IdentityNote, _ entersFeed: Bool) throws(StoreError) {
        try takeNewIncarnation(entersFeed: entersFeed)
        try self.note(note)
        try forgetCursors()
    }

    /// A feed leaves out what its reader wrote, and under the old name that was also the other branch: it is read anew.
    private func forgetCursors() throws(StoreError) { try lookup("DELETE FROM cursor").run() }
}
