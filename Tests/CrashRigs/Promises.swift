import ChangeSets
import HybridTime

/// What a store has said is saved, kept beside it, and what must then hold of anything that a crash leaves.
public struct Promises: Sendable {
    /// The last own sequence whose commit returned.
    public private(set) var acknowledged: Sequence32 = 0
    /// The last sequence of each group: an own journal ends at one of these, or a group is there by half.
    private var groupEnds: Set<Sequence32> = [0]
    /// What a hub's feed gave, in order.
    private var fed: [(hub: UInt64, position: Int64, origin: UInt64, range: ClosedRange<Sequence32>)] = []

    public init() {}

    mutating func acknowledge(_ sets: [ChangeSet]) {
        guard let last = sets.last else { return }
        acknowledged = last.dot.sequence
        groupEnds.insert(last.dot.sequence)
    }

    mutating func feed(_ hub: ReplicaID, _ position: Int64, _ origin: ReplicaID, _ range: ClosedRange<Sequence32>) {
        fed.append((hub.bits, position, origin.bits, range))
    }

    /// What of `contents` breaks a promise, in words.
    ///
    /// - Parameters:
    ///   - acknowledged: what had been acknowledged at the moment of the crash.
    ///   - self: the promises a step later, so that a group which was being committed counts as one.
    public func broken(by contents: StoreContents, acknowledged: Sequence32) -> [String] {
        var found: [String] = []
        if contents.ownEnd < acknowledged {
            found.append("\(acknowledged) was called saved, and it ends at \(contents.ownEnd)")
        }
        if !groupEnds.contains(contents.ownEnd) { found.append("a group ends at \(contents.ownEnd) by half") }
        if contents.receipted > contents.ownEnd {
            found.append("a receipt speaks of \(contents.receipted), and it ends at \(contents.ownEnd)")
        }
        for entry in fed where (contents.cursors[entry.hub] ?? 0) >= entry.position {
            if contents.held[entry.origin]?.contains(entry.range) != true {
                found.append("the cursor passed \(entry.position), and its change sets are not held")
            }
        }
        return found
    }
}
