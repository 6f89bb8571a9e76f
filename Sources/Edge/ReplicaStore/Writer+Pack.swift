import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Cuts runs of change sets so that each part is within a segment's limits.
enum SegmentPacker {
    /// - Returns: the longest prefix of `sets` that makes a segment within the limits, and its bytes.
    /// - Precondition: `sets` is not empty and each of them is within a change set's limits.
    static func pack(_ sets: ArraySlice<ChangeSet>, _ codec: SegmentCodec) -> (count: Int, bytes: [UInt8]) {
        var count = min(sets.count, ChangeSetLimits.segmentChangeSetsMax)
        var writes = 0
        var bytes = 0
        for (index, set) in sets.prefix(count).enumerated() {
            for change in set.changes {
                writes += change.writes.count + 1
                for write in change.writes {
                    switch write.value {
                    case .text(let text): bytes += text.string.utf8.count + 16
                    case .bytes(let blob): bytes += blob.count + 16
                    default: bytes += 16
                    }
                }
            }
            // Half of the decoded limit leaves room for what columns add.
            if index > 0,
                writes > ChangeSetLimits.segmentWritesMax / 2 || bytes > ChangeSetLimits.segmentDecodedBytesMax / 2
            {
                count = index
                break
            }
        }
        while true {
            let segment = Segment(Array(sets.prefix(count)))
            if count == 1 { return (1, codec.encode(segment)) }
            if let bytes = codec.encode(segment, decodedBytesMax: ChangeSetLimits.segmentDecodedBytesMax) {
                return (count, bytes)
            }
            count /= 2
        }
    }
}

extension Writer {
    /// Packs the journal's tail into segments: before a push, and at a hub before its feed is read.
    func packTail(entersFeed: Bool) throws(StoreError) {
        let packed = try journal.head(identity.replica).sequence
        let head = try journal.ownHead()
        guard head.sequence > packed else { return }
        var next = packed + 1
        while next <= head.sequence {
            let sets = try journal.tail(from: next, limit: ChangeSetLimits.segmentChangeSetsMax)
            guard let last = sets.last?.dot.sequence else {
                throw .damaged(place: "the journal's tail", reason: "it ends early")
            }
            try insertSegments(sets, entersFeed: entersFeed) { sequence throws(StoreError) in
                try journal.tailHead(at: sequence)
            }
            next = last + 1
        }
        try journal.removeTail(through: head.sequence)
        try journal.setHead(identity.replica, head)
    }

    /// Puts a run of this replica's own change sets into the journal as segments.
    /// - Parameter head: the own chain's head after the change set of that sequence.
    func insertSegments(
        _ sets: [ChangeSet], entersFeed: Bool, head: (Sequence32) throws(StoreError) -> Digest256?
    ) throws(StoreError) {
        var rest = sets[...]
        while let first = rest.first?.dot.sequence {
            let (count, bytes) = SegmentPacker.pack(rest, codec)
            let range = first...(first + Sequence32(count - 1))
            let number = try journal.insert(identity.replica, range, bytes)
            if entersFeed { try journal.appendFeed(segment: number, range) }
            if let head = try head(range.upperBound) {
                try journal.setSegmentHead(identity.replica, endingAt: range.upperBound, head)
            }
            rest = rest.dropFirst(count)
        }
    }
}
