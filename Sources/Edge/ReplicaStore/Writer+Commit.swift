import ByteCoding
import ChangeSets
import HybridTime
import Merging

extension Writer {
    /// Commits drafts as one local transaction and one group.
    /// - Parameters:
    ///   - time: the device's wall clock, in milliseconds since 1970.
    ///   - salts: gives the salt of each document that a draft makes.
    /// - Returns: the change sets, as they are in the journal.
    func commit(_ drafts: [Draft], time: Int64, salts: () -> Salt) throws(StoreError) -> [ChangeSet] {
        var head = try journal.ownHead()
        guard UInt64(head.sequence) + UInt64(drafts.count) <= UInt64(Sequence32.max) else {
            throw .limitExceeded("change sets of one replica")
        }
        // Restored from a backup, and the rest came back from elsewhere: the numbers after the head are taken.
        if try journal.lastHeld(identity.replica) > head.sequence { throw .behindOwnWork }
        let first = head.sequence + 1
        let dots = drafts.indices.map { Dot(identity.replica, first + Sequence32($0)) }
        // As many as a segment is worth go into one at once; they follow what waits in the tail.
        let isBulk = drafts.count >= ReplicaStore.packedAtOnce
        if isBulk {
            isFilling = true
            try packTail(entersFeed: isHub)
        }
        var heads: [Digest256] = []
        var sets: [ChangeSet] = []
        sets.reserveCapacity(drafts.count)
        for (number, draft) in drafts.enumerated() {
            let (set, place) = try prepare(draft, number, dots, time, salts)
            if let limit = set.limitPassed { throw .limitExceeded(limit) }
            if let refusal = folder.refusal(of: set, in: folder.loadedDocuments[place]) {
                throw .malformedDraft(refusal.reason)
            }
            try folder.fold(set, into: place)
            try scopes.note(set.dot, folder.loadedDocuments[place].id, segment: 0)
            note(set)
            let (digest, size) = chain.head(after: head.digest, set, salt: folder.loadedDocuments[place].salt)
            guard size <= ChangeSetLimits.changeSetCanonicalBytesMax else { throw .limitExceeded("one change set") }
            head = Journal.Head(sequence: set.dot.sequence, digest: digest)
            if isBulk {
                heads.append(digest)
            } else {
                try journal.append(set.dot.sequence, head: digest, canonical: chain.canonical)
            }
            sets.append(set)
        }
        if isBulk {
            try insertSegments(sets, entersFeed: isHub) { heads[Int($0 - first)] }
            try journal.setHead(identity.replica, head)
        }
        try flush(isLocal: true)
        var outcome = ApplyOutcome()
        try honourEngineRecords(entersFeed: isHub, &outcome)
        return sets
    }

    private func prepare(
        _ draft: Draft, _ number: Int, _ dots: [Dot], _ time: Int64, _ salts: () -> Salt
    ) throws(StoreError) -> (ChangeSet, Int) {
        let dot = dots[number]
        var salt: Salt?
        let place: Int
        // One that everyone names alike may be new here and yet not to this replica: it left its scopes meanwhile.
        var mayBeKnown = true
        switch draft.target {
        case .new:
            mayBeKnown = false
            let made = salts()
            salt = made
            place = try folder.create(RecordName(dot, 0), kind: draft.documentKind, salt: made)
        case .document(let name):
            var resolved = name
            if name.isPending {
                guard Int(name.sequence) < number else { throw .malformedDraft("it names a document made after it") }
                resolved = RecordName(dots[Int(name.sequence)], name.ordinal)
            }
            if let known = try folder.document(resolved) {
                place = known
            } else if resolved.isHash {
                // Anyone may be the first to write to a document that everyone names alike.
                place = try folder.create(resolved, kind: draft.documentKind, salt: .none)
            } else {
                throw .unknownDocument
            }
        }
        let document = folder.loadedDocuments[place]
        // What this replica wrote here before has to be in what it writes on.
        if document.context[dot.origin] >= dot.sequence { throw .behindOwnWork }
        if mayBeKnown, try waiting.holdsBack(dot.origin, in: document.id) { throw .behindOwnWork }
        if mayBeKnown, try isBehindOwnWork(document) { throw .behindOwnWork }
        folder.adopt(draft.documentKind, place)
        let set = draft.changeSet(
            number, dots: dots, salt: salt, time: time, stamp: document.stamp.next(wallTime: time),
            deps: document.context)
        return (set, place)
    }
}
