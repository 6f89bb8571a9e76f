import ByteCoding
import HybridTime
import Merging

/// The dots behind everything in a snapshot chunk, each with its stamp (Protocol, "Snapshot chunk"). One origin's stamps
/// nearly ascend with its sequences, so the table costs a third of what each version's own stamp would.
struct DotTable {
    /// Ascending by the origin's number in the chunk, sequence and stamp.
    private var entries: [RecordVersion] = []
    private var origins: OriginTable
    private var numbers: [Int64] = []
    private var used: [Bool] = []
    private var places: [RecordVersion: Int] = [:]

    // MARK: Writing

    init(_ versions: some Sequence<RecordVersion>, _ origins: inout OriginTable) {
        var keyed: [(number: Int64, version: RecordVersion)] = []
        for version in versions where places.updateValue(0, forKey: version) == nil {
            keyed.append((origins.place(of: version.dot.origin), version))
        }
        keyed.sort {
            ($0.number, $0.version.dot.sequence, $0.version.stamp)
                < ($1.number, $1.version.dot.sequence, $1.version.stamp)
        }
        self.origins = origins
        numbers = keyed.map(\.number)
        entries = keyed.map(\.version)
        for (place, entry) in entries.enumerated() { places[entry] = place }
    }

    func write(to out: inout ByteWriter) {
        out.count(entries.count)
        IntegerColumn.write(numbers, to: &out)
        IntegerColumn.write(entries.map { Int64($0.dot.sequence) }, to: &out)
        IntegerColumn.write(entries.map(\.stamp.milliseconds), to: &out)
    }

    /// How a version is told: 0 for the dot that made its record, else 1 and the place in this table.
    func form(of version: RecordVersion, of record: RecordName) -> Int64 {
        guard let place = places[version] else { return 0 }
        return version.dot == record.dot && place == first(of: version.dot) ? 0 : Int64(place + 1)
    }

    // MARK: Reading

    init(limit: Int, origins: OriginTable, from reader: inout ByteReader) throws(DecodingFailure) {
        self.origins = origins
        let count = try reader.count(limit: limit, "dots")
        numbers = try IntegerColumn.read(count: count, from: &reader)
        let sequences = try IntegerColumn.read(count: count, from: &reader)
        let stamps = try IntegerColumn.read(count: count, from: &reader)
        entries.reserveCapacity(count)
        for index in 0..<count {
            guard let origin = origins[numbers[index]], let sequence = Sequence32(exactly: sequences[index]),
                sequence > 0, stamps[index] >= 0, Stamp(stamps[index]) <= .greatest
            else { throw reader.failure(.invalidValue, "a dot or its stamp") }
            if index > 0 {
                let before = (numbers[index - 1], sequences[index - 1], stamps[index - 1])
                guard before < (numbers[index], sequences[index], stamps[index]) else {
                    throw reader.failure(.invalidValue, "dots out of order")
                }
            }
            entries.append(RecordVersion(Dot(origin, sequence), Stamp(stamps[index])))
        }
        used = [Bool](repeating: false, count: count)
    }

    /// The version that a form tells; nil for a form that tells none.
    mutating func entry(form: Int64, of record: RecordName) -> RecordVersion? {
        guard form >= 0, form <= Int64(entries.count) else { return nil }
        guard let place = form == 0 ? first(of: record.dot) : Int(form) - 1 else { return nil }
        used[place] = true
        return entries[place]
    }

    /// Whether every dot of the table was told as a version.
    var areAllUsed: Bool { used.allSatisfy { $0 } }

    /// Where the dot's first entry stands.
    private func first(of dot: Dot) -> Int? {
        guard let number = origins.known(dot.origin) else { return nil }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if (numbers[middle], entries[middle].dot.sequence) < (number, dot.sequence) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < entries.count && entries[low].dot == dot ? low : nil
    }
}
