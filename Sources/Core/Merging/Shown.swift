/// What a field's policy makes of a cell's siblings.
public struct Shown: Hashable, Sendable {
    /// The sibling whose value stands in the typed column.
    public let sibling: Sibling
    /// Whether a person has to decide: several siblings of different value under a policy that asks.
    public let isProvisional: Bool
}

extension Policy {
    /// The sibling that is shown. A set has none of its own: see ``elements(of:)``.
    public func shown(of cell: CellState) -> Shown {
        guard !cell.isSingle else { return Shown(sibling: cell.first, isProvisional: false) }
        let differ = cell.others.contains { $0.value != cell.first.value }
        switch self {
        case .latest, .addWins: return Shown(sibling: cell.greatest, isProvisional: false)
        case .review, .once: return Shown(sibling: cell.greatest, isProvisional: differ)
        case .fixed: return Shown(sibling: cell.earliest, isProvisional: differ)
        case .ranked(let order):
            func rank(_ sibling: Sibling) -> Int {
                guard case .text(let word)? = sibling.value else { return -1 }
                // A word that only a newer build knows counts as the most restrictive.
                return order.firstIndex { Text($0) == word } ?? order.count
            }
            let most = cell.others.reduce(cell.first) { best, next in
                let (left, right) = (rank(best), rank(next))
                return right > left || right == left && Sibling.precedes(best, next) ? next : best
            }
            return Shown(sibling: most, isProvisional: false)
        }
    }
}

extension CellState {
    /// The distinct elements of a set, in the order of their bytes.
    public var elements: [Value] {
        var seen = Set<Value>()
        return siblings.compactMap(\.value).filter { seen.insert($0).inserted }.sorted(by: Value.precedes)
    }
}

extension Value {
    /// A total order over values, for output that must not depend on arrival: by type, then by content's bytes.
    public static func precedes(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.integer(let a), .integer(let b)): a < b
        case (.text(let a), .text(let b)): a.string.utf8.lexicographicallyPrecedes(b.string.utf8)
        case (.bytes(let a), .bytes(let b)): a.lexicographicallyPrecedes(b)
        case (.reference(let a), .reference(let b)): a < b
        default: left.typeRank < right.typeRank
        }
    }

    private var typeRank: Int {
        switch self {
        case .null: 0
        case .integer: 1
        case .text: 2
        case .bytes: 3
        case .reference: 4
        }
    }
}
