import ByteCoding

/// A column of integers whose count both sides know (Protocol, "Integer column").
///
/// One byte names a transform (plain, delta to the value before it, or delta to a base column) and a layout (constant,
/// runs, byte planes, packed bits, varints, or determined by an earlier column). The writer takes what it estimates to be the
/// smallest after entropy coding; the reader takes whatever is said.
enum IntegerColumn {
    enum Transform: UInt8, CaseIterable {
        case plain = 0
        /// The first value as a signed varint, then a layout of the differences, one fewer than values.
        case delta = 1
        case base = 2
    }

    enum Layout: UInt8 {
        /// One signed varint for all.
        case constant = 0
        /// Pairs of a run's length and its value.
        case runs = 1
        /// The least value, a width of 1 to 8, then a plane for each byte, the most significant first.
        case planes = 2
        /// The least value, a width of 1 to 7 bits, then the values packed from the low bit up.
        case bits = 3
        /// The number of an earlier column that determines this one, then a column of the value for each distinct
        /// value there, in order of first appearance.
        case determined = 4
        /// A signed varint for each: where few large values stand among small ones.
        case varints = 5
    }

    // MARK: Writing

    static func write(
        _ values: [Int64], base: [Int64]? = nil, earlier: [[Int64]] = [], to out: inout ByteWriter
    ) {
        guard let first = values.first else { return }
        if values.allSatisfy({ $0 == first }) {
            out.byte(Layout.constant.rawValue)
            out.signed(first)
            return
        }
        var best: (transform: Transform, plan: Plan) = (.plain, Plan(values))
        for transform in [Transform.delta, .base] where transform != .base || base != nil {
            let plan = Plan(transformed(values, transform, base: base))
            if plan.cost < best.plan.cost { best = (transform, plan) }
        }
        if best.plan.cost > 24, let (index, mapping) = determining(values, earlier, under: best.plan.cost) {
            out.byte(Layout.determined.rawValue)
            out.count(index)
            write(mapping, to: &out)
            return
        }
        out.byte(best.plan.layout.rawValue | best.transform.rawValue << 4)
        if best.transform == .delta { out.signed(first) }
        best.plan.write(to: &out)
    }

    private static func transformed(_ values: [Int64], _ transform: Transform, base: [Int64]?) -> [Int64] {
        switch transform {
        case .plain: return values
        case .delta: return zip(values.dropFirst(), values).map { $0 &- $1 }
        case .base:
            guard let base else { return values }
            return zip(values, base).map { $0 &- $1 }
        }
    }

    /// An earlier column of which this one is a function, if telling the function is cheaper than `cost` bytes.
    private static func determining(
        _ values: [Int64], _ earlier: [[Int64]], under cost: Double
    ) -> (index: Int, mapping: [Int64])? {
        var best: (index: Int, mapping: [Int64], cost: Double)?
        candidates: for (index, column) in earlier.enumerated() where column.count == values.count {
            var known: [Int64: Int64] = [:]
            var mapping: [Int64] = []
            for (key, value) in zip(column, values) {
                if let expected = known[key] {
                    if expected != value { continue candidates }
                } else {
                    known[key] = value
                    mapping.append(value)
                    // A function of nearly distinct keys says nothing.
                    if mapping.count > values.count / 2 + 1 { continue candidates }
                }
            }
            let deltas = mapping.count > 1 ? Plan(transformed(mapping, .delta, base: nil)).cost : .infinity
            let plan = min(Plan(mapping).cost, deltas)
            if plan < (best?.cost ?? cost * 0.9) { best = (index, mapping, plan) }
        }
        return best.map { ($0.index, $0.mapping) }
    }

    /// A layout for given values with its estimated size in bytes behind an entropy coder.
    private struct Plan {
        let layout: Layout
        let cost: Double
        private let values: [Int64]
        private let least: Int64
        private let width: Int

        init(_ values: [Int64]) {
            self.values = values
            var least = values[0]
            var greatest = values[0]
            var varints = Plan.varintBytes(values[0])
            var runs = varints + 1
            for index in 1..<max(values.count, 1) {
                least = min(least, values[index])
                greatest = max(greatest, values[index])
                let bytes = Plan.varintBytes(values[index])
                varints += bytes
                if values[index] != values[index - 1] { runs += bytes + 1 }
            }
            self.least = least
            let range = UInt64(bitPattern: greatest &- least)
            if range == 0 {
                (layout, cost, width) = (.constant, 3, 0)
                return
            }
            let bitWidth = 64 - range.leadingZeroBitCount
            let byteWidth = (bitWidth + 7) / 8
            var planes = Double(4 + byteWidth)
            for plane in 0..<byteWidth {
                var counts = [Int](repeating: 0, count: 256)
                for value in values {
                    counts[Int(UInt64(bitPattern: value &- least) >> UInt64(plane * 8) & 0xFF)] += 1
                }
                planes += entropyBytes(counts, total: values.count)
            }
            let runCost = Double(5 + runs) * 0.9
            let bits = bitWidth < 8 ? 4 + Double(values.count * bitWidth) / 8 : .infinity
            // Bytes of numbers of all sizes: an entropy coder finds little in them.
            let varintCost = Double(varints) * 0.97 + 2
            if varintCost < min(planes, bits, runCost) {
                (layout, cost, width) = (.varints, varintCost, 0)
            } else if runCost < planes, runCost < bits {
                (layout, cost, width) = (.runs, runCost, 0)
            } else if bits <= planes * 1.02 {
                (layout, cost, width) = (.bits, bits, bitWidth)
            } else {
                (layout, cost, width) = (.planes, planes, byteWidth)
            }
        }

        private static func varintBytes(_ value: Int64) -> Int {
            max(1, (70 - zigzag(value).leadingZeroBitCount) / 7)
        }

        func write(to out: inout ByteWriter) {
            switch layout {
            case .constant, .determined: out.signed(least)
            case .varints: for value in values { out.signed(value) }
            case .runs:
                var start = 0
                while start < values.count {
                    var end = start + 1
                    while end < values.count, values[end] == values[start] { end += 1 }
                    out.count(end - start)
                    out.signed(values[start])
                    start = end
                }
            case .planes:
                out.signed(least)
                out.byte(UInt8(width))
                for plane in stride(from: width - 1, through: 0, by: -1) {
                    for value in values {
                        let offset = UInt64(bitPattern: value &- least)
                        out.byte(UInt8(truncatingIfNeeded: offset >> UInt64(plane * 8)))
                    }
                }
            case .bits:
                out.signed(least)
                out.byte(UInt8(width))
                var pending: UInt64 = 0
                var count: UInt64 = 0
                for value in values {
                    pending |= UInt64(bitPattern: value &- least) << count
                    count += UInt64(width)
                    while count >= 8 {
                        out.byte(UInt8(truncatingIfNeeded: pending))
                        pending >>= 8
                        count -= 8
                    }
                }
                if count > 0 { out.byte(UInt8(truncatingIfNeeded: pending)) }
            }
        }
    }

    /// The size of a plane behind an ideal order-0 coder, with log2 taken linearly between powers of two: good enough to
    /// choose by, and free of any mathematics library.
    private static func entropyBytes(_ counts: [Int], total: Int) -> Double {
        func log2(_ value: Int) -> Double {
            let number = Double(value)
            return Double(number.exponent) + number.significand - 1
        }
        var bits = 0.0
        var distinct = 0
        for count in counts where count > 0 {
            distinct += 1
            bits += Double(count) * (log2(total) - log2(count))
        }
        // A Huffman code spends at least a bit on each symbol of a block that has several, and tells its code lengths.
        return distinct == 1 ? 2 : max(bits, Double(total) * 0.3) / 8 + Double(distinct) * 0.4
    }

    // MARK: Reading

    static func read(
        count: Int, base: [Int64]? = nil, earlier: [[Int64]] = [], from reader: inout ByteReader
    ) throws(DecodingFailure) -> [Int64] {
        guard count > 0 else { return [] }
        let head = try reader.byte()
        guard let layout = Layout(rawValue: head & 15), let transform = Transform(rawValue: head >> 4) else {
            throw reader.failure(.invalidValue, "an integer column's form")
        }
        guard transform == .plain || layout != .determined else {
            throw reader.failure(.invalidValue, "a transform of a determined column")
        }
        guard transform != .delta || count > 1 else { throw reader.failure(.invalidValue, "a difference of one value") }
        guard transform != .base || base?.count == count else {
            throw reader.failure(.invalidValue, "a base column where there is none")
        }
        let first = transform == .delta ? try reader.signed() : 0
        let total = count
        let count = transform == .delta ? total - 1 : total
        var values: [Int64]
        switch layout {
        case .constant: values = [Int64](repeating: try reader.signed(), count: count)
        case .runs:
            values = []
            values.reserveCapacity(count)
            while values.count < count {
                let length = try reader.count(limit: count - values.count, "a run")
                guard length > 0 else { throw reader.failure(.invalidValue, "an empty run") }
                let value = try reader.signed()
                for _ in 0..<length { values.append(value) }
            }
        case .planes:
            let least = try reader.signed()
            let width = Int(try reader.byte())
            guard (1...8).contains(width) else { throw reader.failure(.invalidValue, "a plane width of \(width)") }
            values = try planes(count: count, least: least, width: width, from: &reader)
        case .bits:
            let least = try reader.signed()
            let width = UInt64(try reader.byte())
            guard (1...7).contains(width) else { throw reader.failure(.invalidValue, "a bit width of \(width)") }
            values = try bits(count: count, least: least, width: width, from: &reader)
        case .determined:
            return try determined(count: count, earlier: earlier, from: &reader)
        case .varints:
            // Each takes a byte at least: what the body cannot hold is refused before it is allocated.
            guard count <= reader.remaining else { throw reader.failure(.truncated, "varints") }
            values = []
            values.reserveCapacity(count)
            for _ in 0..<count { values.append(try reader.signed()) }
        }
        switch transform {
        case .plain: break
        case .delta:
            var previous = first
            for index in values.indices {
                previous = previous &+ values[index]
                values[index] = previous
            }
            values.insert(first, at: 0)
        case .base:
            guard let base else { break }
            for index in values.indices { values[index] = values[index] &+ base[index] }
        }
        return values
    }

    private static func planes(
        count: Int, least: Int64, width: Int, from reader: inout ByteReader
    ) throws(DecodingFailure) -> [Int64] {
        let bytes = try reader.raw(count * width)
        return bytes.withUnsafeBufferPointer { source in
            [Int64](unsafeUninitializedCapacity: count) { target, initialized in
                for index in 0..<count {
                    var offset: UInt64 = 0
                    for plane in 0..<width { offset = offset << 8 | UInt64(source[plane * count + index]) }
                    target[index] = least &+ Int64(bitPattern: offset)
                }
                initialized = count
            }
        }
    }

    private static func bits(
        count: Int, least: Int64, width: UInt64, from reader: inout ByteReader
    ) throws(DecodingFailure) -> [Int64] {
        var values: [Int64] = []
        values.reserveCapacity(count)
        var pending: UInt64 = 0
        var have: UInt64 = 0
        for byte in try reader.raw((count * Int(width) + 7) / 8) {
            pending |= UInt64(byte) << have
            have += 8
            while have >= width, values.count < count {
                values.append(least &+ Int64(pending & (1 << width - 1)))
                pending >>= width
                have -= width
            }
        }
        guard pending == 0 else { throw reader.failure(.invalidValue, "padding that is not zero") }
        return values
    }

    private static func determined(
        count: Int, earlier: [[Int64]], from reader: inout ByteReader
    ) throws(DecodingFailure) -> [Int64] {
        guard !earlier.isEmpty else {
            throw reader.failure(.invalidValue, "a determined column without an earlier one")
        }
        let keys = earlier[try reader.count(limit: earlier.count - 1, "an earlier column's number")]
        guard keys.count == count else { throw reader.failure(.invalidValue, "an earlier column of another length") }
        var places: [Int64: Int] = [:]
        let order = keys.map { key in
            if let place = places[key] { return place }
            places[key] = places.count
            return places.count - 1
        }
        // A mapping is never itself determined, which also bounds the depth of the recursion.
        let mapping = try read(count: places.count, from: &reader)
        return order.map { mapping[$0] }
    }
}
