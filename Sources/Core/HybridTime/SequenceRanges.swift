/// A set of sequences as closed ranges: ascending, not touching. What a journal holds of one origin; partial replicas
/// have gaps, so a greatest sequence would not do.
public struct SequenceRanges: Hashable, Sendable {
    public private(set) var ranges: [ClosedRange<Sequence32>]

    public init() { ranges = [] }

    public init(_ range: ClosedRange<Sequence32>) { ranges = [range] }

    public var isEmpty: Bool { ranges.isEmpty }
    public var last: Sequence32? { ranges.last?.upperBound }

    /// How far the set reaches from 1 without a gap; 0 where 1 is missing.
    public var contiguousEnd: Sequence32 {
        guard let first = ranges.first, first.lowerBound == 1 else { return 0 }
        return first.upperBound
    }

    /// How many sequences are in the set.
    public var total: Int { ranges.reduce(0) { $0 + $1.count } }

    /// The index of the first range that ends at or after `sequence`. O(log n).
    private func firstIndex(endingFrom sequence: Sequence32) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    public func contains(_ sequence: Sequence32) -> Bool {
        let index = firstIndex(endingFrom: sequence)
        return index < ranges.count && ranges[index].contains(sequence)
    }

    public func contains(_ range: ClosedRange<Sequence32>) -> Bool {
        let index = firstIndex(endingFrom: range.lowerBound)
        return index < ranges.count && ranges[index].lowerBound <= range.lowerBound
            && range.upperBound <= ranges[index].upperBound
    }

    public mutating func insert(_ range: ClosedRange<Sequence32>) {
        let before = range.lowerBound == 0 ? 0 : range.lowerBound - 1
        let start = firstIndex(endingFrom: before)
        var end = start
        var merged = range
        while end < ranges.count,
            ranges[end].lowerBound <= range.upperBound
                || ranges[end].lowerBound - 1 <= range.upperBound
        {
            merged = min(merged.lowerBound, ranges[end].lowerBound)...max(merged.upperBound, ranges[end].upperBound)
            end += 1
        }
        ranges.replaceSubrange(start..<end, with: CollectionOfOne(merged))
    }

    public mutating func formUnion(_ other: SequenceRanges) {
        for range in other.ranges { insert(range) }
    }

    /// What is in this set and not in `other`.
    public func subtracting(_ other: SequenceRanges) -> SequenceRanges {
        var result = SequenceRanges()
        for range in ranges {
            var from = UInt64(range.lowerBound)
            let end = UInt64(range.upperBound)
            var index = other.firstIndex(endingFrom: range.lowerBound)
            while from <= end, index < other.ranges.count, UInt64(other.ranges[index].lowerBound) <= end {
                let hole = other.ranges[index]
                if from < UInt64(hole.lowerBound) {
                    result.ranges.append(Sequence32(from)...(hole.lowerBound - 1))
                }
                from = UInt64(hole.upperBound) + 1
                index += 1
            }
            if from <= end { result.ranges.append(Sequence32(from)...range.upperBound) }
        }
        return result
    }
}
