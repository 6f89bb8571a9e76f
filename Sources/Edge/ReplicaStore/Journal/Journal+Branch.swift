import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Where a branch was told again here, and its origin's name is the other branch's from now on: that one's first change
/// set is known by its hash before it comes. A parent gives state, and whoever brought the branch may bring it again.
extension Journal {
    private static func key(_ origin: ReplicaID) -> String { "branch \(origin)" }

    func noteBranch(of origin: ReplicaID, _ first: Head) throws(StoreError) {
        var out = ByteWriter()
        out.fixed64(UInt64(first.sequence))
        try set(Journal.key(origin), blob: out.bytes + first.digest.bytes)
    }

    func branch(of origin: ReplicaID) throws(StoreError) -> Head? {
        let bytes = try blob(Journal.key(origin))
        guard !bytes.isEmpty else { return nil }
        var reader = ByteReader(bytes)
        guard let number = try? reader.fixed64(), let sequence = Sequence32(exactly: number),
            let digest = Digest256(Array(bytes.dropFirst(8)))
        else { throw .damaged(place: "the store's own description", reason: "a branch of \(origin)") }
        return Head(sequence: sequence, digest: digest)
    }

    /// The last place of an origin's chain at which others' can be compared with it.
    func comparableHead(_ origin: ReplicaID) throws(StoreError) -> Head {
        let head = try verifiedHead(origin)
        guard let branch = try branch(of: origin), branch.sequence > head.sequence else { return head }
        return branch
    }

    /// The salt that the leaf of a change set is made with. The one that makes a document knows it best: what is here may
    /// be the other branch's document of the same name.
    func salt(of set: ChangeSet) throws(StoreError) -> Salt? {
        if let salt = set.salt { return salt }
        return set.document.isHash ? Salt.none : try salt(of: set.document)
    }
}
