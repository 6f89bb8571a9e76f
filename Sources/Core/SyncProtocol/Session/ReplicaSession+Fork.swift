import HybridTime

/// What a child does where its parent has another history of an origin: it looks for the place where the two part, and
/// ends the session with it. What is to be done about it is the store's business, between two sessions.
extension ReplicaSession {
    mutating func search(_ origin: ReplicaID, head: Sequence32) {
        actions.append(.report(.disputed(origin)))
        let search = ChainSearch(origin: origin, head: head)
        guard head > 0 else { return found(search) }
        ask(search)
    }

    private mutating func ask(_ search: ChainSearch) {
        var search = search
        search.asked = search.next
        guard !search.asked.isEmpty else { return found(search) }
        state = .searching(search)
        actions.append(.load(.chainHashes(search.origin, search.asked)))
    }

    mutating func ownHashesLoaded(_ hashes: [ChainHash?], _ search: ChainSearch) {
        precondition(hashes.count == search.asked.count, "one hash for each sequence")
        var search = search
        search.own = hashes
        state = .searching(search)
        send(.probe(ChainProbe(origin: search.origin, sequences: search.asked)))
    }

    mutating func hashesCame(_ hashes: ChainHashes, _ search: ChainSearch) {
        guard hashes.origin == search.origin, hashes.hashes.count == search.asked.count,
            search.own.count == search.asked.count
        else { return refuseUnexpected("hashes") }
        var search = search
        guard search.take(hashes) else { return found(search) }
        search.own = []
        ask(search)
    }

    private mutating func found(_ search: ChainSearch) {
        send(.bye)
        close(.diverged(search.result))
    }

    /// The parent knows another hash of this origin than we do: nothing more of it is sent.
    mutating func dispute(_ origin: ReplicaID) {
        guard !push.disputes.contains(where: { $0.origin == origin }) else { return }
        let head = push.offered?.first { $0.origin == origin }?.ranges.last ?? push.offeredLast[origin] ?? 0
        push.disputes.append((origin, head))
        push.excluded.insert(1...Sequence32.max, of: origin)
    }

    /// The first dispute that has not been looked into.
    var openDispute: (origin: ReplicaID, head: Sequence32)? {
        push.disputes.first { !configuration.unresolved.contains($0.origin) }
    }

    /// Looks into the first dispute that has not been looked into, once nothing is under way.
    /// - Returns: false where there is none.
    mutating func searchDispute() -> Bool {
        guard let (origin, head) = openDispute else { return false }
        search(origin, head: head)
        return true
    }
}
