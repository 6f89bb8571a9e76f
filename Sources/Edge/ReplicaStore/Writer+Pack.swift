import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Cuts runs of change sets so that each part is within a segment's limits.
enum SegmentPacker {
    /// - Returns: the longest prefix of `sets` that makes a segment within the limits, and its bytes.
    /// - Precondition: `sets` is not empty and each of them is within a change set's limits.
    static func pack(_ sets: [ChangeSet], _ codec: SegmentCodec) -> (count: Int, bytes: [UInt8]) {
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
            let segment = Segment(Array(sets[..<count]))
            if count == 1 || SegmentCodec.decodedSize(of: segment) <= ChangeSetLimits.segmentDecodedBytesMax {
                return (count, codec.encode(segment))
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
            guard !sets.isEmpty else { throw .damaged(place: "the journal's tail", reason: "it ends early") }
            let (count, bytes) = SegmentPacker.pack(sets, codec)
            let range = next...(next + Sequence32(count - 1))
            let number = try journal.insert(identity.replica, range, bytes)
            if entersFeed { try journal.appendFeed(segment: number, range) }
            if let head = try journal.tailHead(at: range.upperBound) {
                try journal.setSegmentHead(identity.replica, endingAt: range.upperBound, head)
            }
            next = range.upperBound + 1
        }
        try journal.removeTail(through: head.sequence)
        try journal.setHead(identity.replica, head)
    }
}
