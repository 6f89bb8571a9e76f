import HybridTime

extension SequenceRanges {
    /// What is in both sets.
    package func intersection(_ other: SequenceRanges) -> SequenceRanges { subtracting(subtracting(other)) }

    /// The first ranges of the set, as many as `limit`. Whoever states less than it holds is only asked once more.
    package func prefix(ranges limit: Int) -> SequenceRanges {
        guard ranges.count > limit else { return self }
        var result = SequenceRanges()
        for range in ranges.prefix(limit) { result.insert(range) }
        return result
    }

    /// 1 up to `last`, or nothing where that is 0.
    package static func through(_ last: Sequence32) -> SequenceRanges {
        last == 0 ? SequenceRanges() : SequenceRanges(1...last)
    }
}

/// Sequences of many origins. It is only ever asked by key, so the order of the dictionary reaches nothing.
package struct OriginLedger: Sendable {
    private var byOrigin: [ReplicaID: SequenceRanges] = [:]

    package init() {}

    package var isEmpty: Bool { byOrigin.isEmpty }
    package var originCount: Int { byOrigin.count }

    package func ranges(of origin: ReplicaID) -> SequenceRanges { byOrigin[origin] ?? SequenceRanges() }

    package mutating func insert(_ range: ClosedRange<Sequence32>, of origin: ReplicaID) {
        byOrigin[origin, default: SequenceRanges()].insert(range)
    }

    package mutating func remove(_ ranges: SequenceRanges, of origin: ReplicaID) {
        guard let held = byOrigin[origin] else { return }
        let rest = held.subtracting(ranges)
        byOrigin[origin] = rest.isEmpty ? nil : rest
    }
}
