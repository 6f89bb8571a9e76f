import HybridTime

/// A document's version vector: for each origin the greatest sequence that is covered (Preguiça, Baquero et al.,
/// "Dotted Version Vectors", 2010). Ascending by origin; an origin with nothing covered is absent.
public struct Context: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public let origin: ReplicaID
        public var sequence: Sequence32

        public init(_ origin: ReplicaID, _ sequence: Sequence32) {
            self.origin = origin
            self.sequence = sequence
        }
    }

    public private(set) var entries: [Entry]

    public static let empty = Context()

    public init() { entries = [] }

    public init(_ dot: Dot) { entries = [Entry(dot.origin, dot.sequence)] }

    /// - Returns: nil unless origins ascend strictly and no sequence is 0.
    public init?(entries: [Entry]) {
        for index in entries.indices {
            if entries[index].sequence == 0 { return nil }
            if index > 0, entries[index - 1].origin >= entries[index].origin { return nil }
        }
        self.entries = entries
    }

    public var isEmpty: Bool { entries.isEmpty }

    public subscript(origin: ReplicaID) -> Sequence32 {
        // Contexts hold a handful of origins: a scan is faster than a search up to a few dozen.
        for entry in entries where entry.origin == origin { return entry.sequence }
        return 0
    }

    public func covers(_ dot: Dot) -> Bool { self[dot.origin] >= dot.sequence }

    public func covers(_ other: Context) -> Bool {
        var index = 0
        for entry in other.entries {
            while index < entries.count, entries[index].origin < entry.origin { index += 1 }
            guard index < entries.count, entries[index].origin == entry.origin,
                entries[index].sequence >= entry.sequence
            else { return false }
        }
        return true
    }

    /// Raises the dot's origin to its sequence; never lowers it.
    public mutating func include(_ dot: Dot) {
        for index in entries.indices {
            if entries[index].origin == dot.origin {
                if entries[index].sequence < dot.sequence { entries[index].sequence = dot.sequence }
                return
            }
            if entries[index].origin > dot.origin {
                entries.insert(Entry(dot.origin, dot.sequence), at: index)
                return
            }
        }
        entries.append(Entry(dot.origin, dot.sequence))
    }

    public mutating func formUnion(_ other: Context) {
        for entry in other.entries { include(Dot(entry.origin, entry.sequence)) }
    }

    /// What both contexts cover.
    public func intersection(_ other: Context) -> Context {
        var result = Context()
        for entry in entries {
            let sequence = min(entry.sequence, other[entry.origin])
            if sequence > 0 { result.entries.append(Entry(entry.origin, sequence)) }
        }
        return result
    }

    /// The first origin whose dots this context lacks: what a parked change set waits for.
    public func firstMissing(for deps: Context) -> Dot? {
        for entry in deps.entries where self[entry.origin] < entry.sequence {
            return Dot(entry.origin, entry.sequence)
        }
        return nil
    }
}
