import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// The chains of origins, and of branches: a branch's goes on from where its histories part.
extension Journal {
    /// How far a name's chain is verified; the head before its first change set where no further.
    func verified(_ name: ReplicaID) throws(StoreError) -> Head? {
        let head = try head(name)
        if head.sequence > 0 { return head }
        return try start(of: name).map { Head(sequence: 0, digest: $0) }
    }

    /// The head before a name's first change set; nil for a branch of which it is not known.
    private func start(of name: ReplicaID) throws(StoreError) -> Digest256? {
        if let place = try forks().place(of: name) { return place.head }
        return try written(name).origin == name ? .zero : nil
    }

    /// Under which name what is here of a name was written, and how many of that come before it. Of a branch that came
    /// before its fork was known its bytes tell.
    func written(_ name: ReplicaID) throws(StoreError) -> (origin: ReplicaID, after: Sequence32) {
        let known = try forks()
        if known.place(of: name) == nil, let stored = try segment(name, endingFrom: 1),
            let header = try? SegmentCodec.header(stored.bytes[...])
        {
            return (header.origin, header.first - stored.range.lowerBound)
        }
        return known.written(name)
    }

    /// The chain's head at a sequence that is verified here, or nil.
    func chainDigest(
        of origin: ReplicaID, at sequence: Sequence32, _ codec: SegmentCodec
    ) throws(StoreError) -> Digest256? {
        if sequence == 0 { return try start(of: origin) }
        let head = try head(origin)
        if head.sequence == sequence { return head.digest }
        if sequence > head.sequence { return try headAtEnd(of: origin, sequence) }
        guard sequence < head.sequence, let stored = try segment(origin, endingFrom: sequence),
            stored.range.contains(sequence)
        else { return nil }
        if stored.range.upperBound == sequence, let head = stored.head { return head }
        return try recomputed(origin, sequence, stored, codec)
    }

    /// The head at the end of a name whose change sets came as state: the fork tells it.
    private func headAtEnd(of name: ReplicaID, _ sequence: Sequence32) throws(StoreError) -> Digest256? {
        let forks = try forks()
        let places = forks.places(endOf: name)
        return forks.end(of: name) == sequence && places.count == 1 ? places[0].head : nil
    }

    /// Walks from the head before a segment to a change set inside of it.
    private func recomputed(
        _ origin: ReplicaID, _ sequence: Sequence32, _ stored: StoredSegment, _ codec: SegmentCodec
    ) throws(StoreError) -> Digest256? {
        let first = stored.range.lowerBound
        var digest: Digest256
        if first > 1 {
            let before = try segment(origin, endingFrom: first - 1)
            guard
                let head = before?.range.upperBound == first - 1 ? before?.head : try checkpoint(origin, at: first - 1)
            else { return nil }
            digest = head
        } else {
            guard let start = try start(of: origin) else { return nil }
            digest = start
        }
        let segment = try stored.decode(codec)
        let named = try names.sets(segment, as: origin, from: first)
        var chain = HashChain(.cryptoSHA256)
        for (written, set) in zip(segment.changeSets, named) where set.dot.sequence <= sequence {
            guard let salt = try salt(of: set) else { return nil }
            digest = chain.head(after: digest, written, salt: salt).head
        }
        return digest
    }

    /// The last place of a name's chain at which others' can be compared with it: one that has ended differs right after.
    func comparableHead(_ origin: ReplicaID) throws(StoreError) -> Head {
        let head = try verifiedHead(origin)
        guard let end = try forks().end(of: origin) else { return head }
        return Head(sequence: end + 1, digest: Journal.ended)
    }

    /// What stands for the chain of a name after its end: no history has this hash.
    static let ended = Digest256.zero

    /// The salt that the leaf of a change set is made with, under the names that it has here. The one that makes a
    /// document knows it best.
    func salt(of set: ChangeSet) throws(StoreError) -> Salt? {
        if let salt = set.salt { return salt }
        return set.document.isHash ? Salt.none : try salt(of: set.document)
    }
}
