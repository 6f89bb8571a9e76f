import ChangeSets
import HybridTime

/// A run of change sets as it was written, and what it goes by: a branch's bears another name than its bytes say.
struct NamedRun {
    let segment: Segment
    let name: ReplicaID
    /// Its sequences under that name.
    let range: ClosedRange<Sequence32>

    init(_ segment: Segment, _ name: ReplicaID, _ first: Sequence32) {
        self.segment = segment
        self.name = name
        range = first...(first + Sequence32(segment.changeSets.count - 1))
    }

    init(_ stored: Journal.StoredSegment, _ codec: SegmentCodec) throws(StoreError) {
        self.init(try stored.decode(codec), stored.origin, stored.range.lowerBound)
    }

    /// How many of the change sets that were written under the same name come before the first of ``name``.
    var after: Sequence32 { segment.first - range.lowerBound }

    /// - Parameter part: within ``range``.
    func part(_ part: ClosedRange<Sequence32>) -> NamedRun {
        let offset = Int(part.lowerBound - range.lowerBound)
        return NamedRun(Segment(Array(segment.changeSets[offset..<offset + part.count])), name, part.lowerBound)
    }
}
