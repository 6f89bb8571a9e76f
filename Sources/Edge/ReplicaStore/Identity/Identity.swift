import HybridTime

/// Who a replica is at a moment. Its name lasts until the store finds that it was cloned or restored.
public struct Identity: Equatable, Sendable {
    public let replica: ReplicaID
    /// Sixteen bytes that name the organisation.
    public let organisation: [UInt8]
    /// What people call this replica.
    public let name: String
    /// Grows with each new name; a hub's cursors and receipts belong to (hub, epoch).
    public let epoch: UInt32

    public init(replica: ReplicaID, organisation: [UInt8], name: String, epoch: UInt32 = 1) {
        self.replica = replica
        self.organisation = organisation
        self.name = name
        self.epoch = epoch
    }
}

extension ReplicaID {
    /// A name that nobody else has.
    static func random() -> ReplicaID { ReplicaID(UInt64.random(in: 1 ... .max)) }
}
