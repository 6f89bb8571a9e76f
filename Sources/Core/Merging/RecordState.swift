import HybridTime

/// One of the values that a cell holds at the same time: the dot that wrote it, its stamp, and the value.
public struct Sibling: Hashable, Sendable {
    public let dot: Dot
    public let stamp: Stamp
    /// Nil where the holder has left the value in its typed column; the merge itself needs values for sets alone.
    public var value: Value?

    public init(_ dot: Dot, _ stamp: Stamp, _ value: Value?) {
        self.dot = dot
        self.stamp = stamp
        self.value = value
    }

    /// The order by (stamp, dot) that decides which of several siblings is the greatest.
    public static func precedes(_ left: Sibling, _ right: Sibling) -> Bool {
        left.stamp != right.stamp ? left.stamp < right.stamp : left.dot < right.dot
    }

    /// The same order, and the elements that one dot added to a set by their values.
    public static func isOrdered(_ left: Sibling, _ right: Sibling) -> Bool {
        if left.dot != right.dot || left.stamp != right.stamp { return precedes(left, right) }
        return Value.precedes(left.value ?? .null, right.value ?? .null)
    }
}

/// A cell that holds at least one sibling. Nearly every cell holds exactly one, so the first is kept in place.
public struct CellState: Hashable, Sendable {
    public let tag: FieldTag
    public var first: Sibling
    /// The others. Merges leave siblings in ascending order of (stamp, dot, value), so that equal states are equal
    /// whatever the order of arrival; a store that reads a cell back may put the one of its column first.
    public var others: [Sibling]

    public init(_ tag: FieldTag, _ first: Sibling, others: [Sibling] = []) {
        self.tag = tag
        self.first = first
        self.others = others
    }

    /// Puts the siblings in order.
    /// - Returns: nil for no siblings.
    public init?(_ tag: FieldTag, ordering siblings: [Sibling]) {
        let ordered = siblings.count < 2 ? siblings : siblings.sorted(by: Sibling.isOrdered)
        guard let first = ordered.first else { return nil }
        self.init(tag, first, others: Array(ordered.dropFirst()))
    }

    public var isSingle: Bool { others.isEmpty }
    public var siblings: [Sibling] { others.isEmpty ? [first] : [first] + others }

    /// The greatest sibling by (stamp, dot).
    public var greatest: Sibling {
        others.reduce(first) { Sibling.precedes($0, $1) ? $1 : $0 }
    }

    /// The earliest sibling by (stamp, dot).
    public var earliest: Sibling {
        others.reduce(first) { Sibling.precedes($1, $0) ? $1 : $0 }
    }
}

/// The state of one record: its cells, ascending by tag.
public struct RecordState: Hashable, Sendable {
    public let kind: UInt32
    public private(set) var cells: [CellState]

    public init(kind: UInt32, cells: [CellState] = []) {
        self.kind = kind
        self.cells = cells
    }

    /// Where a tag stands, or would stand. Records have a few dozen fields at most: a scan from the end is quickest,
    /// because cells arrive in ascending order.
    private func index(of tag: FieldTag) -> (index: Int, found: Bool) {
        var index = cells.count
        while index > 0 {
            if cells[index - 1].tag == tag { return (index - 1, true) }
            if cells[index - 1].tag < tag { return (index, false) }
            index -= 1
        }
        return (0, false)
    }

    public func cell(_ tag: FieldTag) -> CellState? {
        let (index, found) = index(of: tag)
        return found ? cells[index] : nil
    }

    /// Whether a cell other than a set's holds several siblings.
    public var hasSiblings: Bool { cells.contains { !$0.isSingle && $0.tag.mergeClass != .set } }

    /// Applies one write of the change set `dot`: removes the siblings that its `seen` covers and adds its own.
    public mutating func apply(_ write: Write, dot: Dot, stamp: Stamp, seen: Context) {
        let sibling = Sibling(dot, stamp, write.value)
        let (index, found) = index(of: write.field)
        guard found else {
            if write.kind != .remove { cells.insert(CellState(write.field, sibling), at: index) }
            return
        }
        switch write.field.mergeClass {
        case .one:
            // A register of the greatest (stamp, dot). Stamps grow along causality, so what the author had seen is never
            // greater; a forged stamp that is lower loses everywhere alike, where a removal by `seen` would go by the
            // order of arrival.
            guard write.kind != .remove else { return }
            if cells[index].isSingle {
                if cells[index].first.dot == dot || Sibling.precedes(cells[index].first, sibling) {
                    cells[index].first = sibling
                }
                return
            }
            let greatest = cells[index].greatest
            let isGreater = greatest.dot == dot || Sibling.precedes(greatest, sibling)
            cells[index] = CellState(write.field, isGreater ? sibling : greatest)
        case .many, .append:
            guard write.kind != .remove else { return }
            if cells[index].isSingle, seen.covers(cells[index].first.dot) {
                cells[index].first = sibling
                return
            }
            // A change set that writes a cell twice means its last write.
            replace(index, cells[index].siblings.filter { !seen.covers($0.dot) && $0.dot != dot } + [sibling])
        case .set:
            var kept = cells[index].siblings.filter {
                $0.value != write.value || !seen.covers($0.dot) && ($0.dot != dot || write.kind == .remove)
            }
            if write.kind != .remove { kept.append(sibling) }
            replace(index, kept)
        }
    }

    private mutating func replace(_ index: Int, _ siblings: [Sibling]) {
        if let cell = CellState(cells[index].tag, ordering: siblings) {
            cells[index] = cell
        } else {
            cells.remove(at: index)
        }
    }

    /// Joins the same record as another replica holds it, as dotted version vector sets do: a sibling stays if both hold
    /// it, or if the other side's context does not cover its dot.
    public mutating func join(_ other: RecordState, context: Context, otherContext: Context) {
        var result: [CellState] = []
        result.reserveCapacity(max(cells.count, other.cells.count))
        var left = 0
        var right = 0
        while left < cells.count || right < other.cells.count {
            let mine = left < cells.count ? cells[left] : nil
            let theirs = right < other.cells.count ? other.cells[right] : nil
            let tag: FieldTag
            switch (mine, theirs) {
            case (let mine?, let theirs?): tag = min(mine.tag, theirs.tag)
            case (let mine?, nil): tag = mine.tag
            case (nil, let theirs?): tag = theirs.tag
            case (nil, nil): preconditionFailure("the loop ends when both sides have")
            }
            let mySiblings = mine?.tag == tag ? mine?.siblings ?? [] : []
            let theirSiblings = theirs?.tag == tag ? theirs?.siblings ?? [] : []
            if mine?.tag == tag { left += 1 }
            if theirs?.tag == tag { right += 1 }
            let isSet = tag.mergeClass == .set
            func same(_ a: Sibling, _ b: Sibling) -> Bool { a.dot == b.dot && (!isSet || a.value == b.value) }
            var kept = mySiblings.filter { sibling in
                !otherContext.covers(sibling.dot) || theirSiblings.contains { same($0, sibling) }
            }
            kept += theirSiblings.filter { sibling in
                !context.covers(sibling.dot) && !mySiblings.contains { same($0, sibling) }
            }
            if tag.mergeClass == .one, let greatest = kept.max(by: Sibling.precedes) { kept = [greatest] }
            if let cell = CellState(tag, ordering: kept) { result.append(cell) }
        }
        cells = result
    }

    /// Fills the values that a holder had left in its columns.
    public mutating func fillValues(_ value: (FieldTag) -> Value) {
        for index in cells.indices {
            if cells[index].first.value == nil { cells[index].first.value = value(cells[index].tag) }
            for other in cells[index].others.indices where cells[index].others[other].value == nil {
                cells[index].others[other].value = value(cells[index].tag)
            }
        }
    }
}
