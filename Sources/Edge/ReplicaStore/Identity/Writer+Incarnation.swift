import ByteCoding
import HybridTime

extension Writer {
    /// Gives this replica a fresh name in place. Its work so far stays in the journal under the name that it had, as any
    /// other origin's does, and is offered on like theirs; a hub's cursors and receipts are void, for they belong to the
    /// name and the epoch.
    ///
    /// - Parameter name: the new name; drawn at random by those who have no reason to choose.
    func takeNewIncarnation(_ name: ReplicaID = .random(), entersFeed: Bool) throws(StoreError) {
        guard identity.epoch < .max else { throw .limitExceeded("incarnations of one replica") }
        try packTail(entersFeed: entersFeed)
        if try journal.ownHead().sequence > 0 { try journal.addFormer(identity.replica) }
        try become(
            Identity(
                replica: name, organisation: identity.organisation, name: identity.name, epoch: identity.epoch + 1))
    }
}

extension Journal {
    /// The names that this store had before, the oldest first: their work was done here.
    func formers() throws(StoreError) -> [ReplicaID] {
        var reader = ByteReader(try blob(Meta.formersKey))
        var names: [ReplicaID] = []
        while reader.remaining > 0 {
            guard let bits = try? reader.fixed64() else {
                throw .damaged(place: "the store's own description", reason: "former names")
            }
            names.append(ReplicaID(bits))
        }
        return names
    }

    func addFormer(_ name: ReplicaID) throws(StoreError) {
        var names = try formers()
        names.removeAll { $0 == name }
        var out = ByteWriter()
        for name in names + [name] { out.fixed64(name.bits) }
        try set(Meta.formersKey, blob: out.bytes)
    }
}

extension ReplicaStore {
    /// Gives this replica a fresh name in place, durably; see the engine's text, "ReplicaID".
    ///
    /// - Parameter expected: the name that is to go. Where the replica has another by now, nothing is done, so that many
    ///   who see the same reason at once do it once.
    /// - Returns: who it is now.
    @discardableResult
    public func takeNewIncarnation(insteadOf expected: ReplicaID? = nil) throws(StoreError) -> Identity {
        try writing { writer throws(StoreError) in
            if expected == nil || expected == writer.identity.replica {
                try writer.takeNewIncarnation(entersFeed: isHub)
            }
            return writer.identity
        }
    }
}
