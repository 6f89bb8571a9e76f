import ByteCoding
import HybridTime
import Merging

/// The origins that a batch names, each once, in order of first appearance; number 0 is the batch's own where it has one.
struct OriginTable {
    private(set) var origins: [ReplicaID]
    private var places: [ReplicaID: Int] = [:]

    init(own: ReplicaID? = nil) {
        origins = own.map { [$0] } ?? []
        if let own { places[own] = 0 }
    }

    mutating func place(of origin: ReplicaID) -> Int64 {
        if let place = places[origin] { return Int64(place) }
        places[origin] = origins.count
        origins.append(origin)
        return Int64(origins.count - 1)
    }

    /// The origin's number, if it has one.
    func known(_ origin: ReplicaID) -> Int64? { places[origin].map(Int64.init) }

    subscript(place: Int64) -> ReplicaID? {
        place >= 0 && place < Int64(origins.count) ? origins[Int(place)] : nil
    }

    /// Writes the origins from number `known` on.
    func write(from known: Int, to out: inout ByteWriter) {
        out.count(origins.count - known)
        for origin in origins[known...] { out.fixed64(origin.bits) }
    }

    mutating func read(limit: Int, from reader: inout ByteReader) throws(DecodingFailure) {
        let count = try reader.count(limit: limit, bytesEach: 8, "origins")
        for _ in 0..<count {
            let origin = ReplicaID(try reader.fixed64())
            guard origin.bits != 0, places[origin] == nil else {
                throw reader.failure(.invalidValue, "an origin twice")
            }
            _ = place(of: origin)
        }
    }
}

/// A column of names (Protocol, "Name column"): how each relates to its row, then what that does not say.
enum NameColumn {
    /// The document's own dot, so that only an ordinal is told.
    private static let documentDot: Int64 = 0
    /// The row's own dot.
    private static let ownDot: Int64 = 1
    /// This plus an origin's number: any other name.
    private static let explicit: Int64 = 2

    static func write(_ names: [(RecordName, ValueColumn.Row)], origins: inout OriginTable, to out: inout ByteWriter) {
        var forms: [Int64] = []
        var sequences: [Int64] = []
        var ordinals: [Int64] = []
        for (name, row) in names {
            if name.dot == row.document.dot {
                forms.append(documentDot)
            } else if name.dot == row.own {
                forms.append(ownDot)
            } else {
                forms.append(explicit + origins.place(of: name.origin))
                sequences.append(Int64(name.sequence))
            }
            ordinals.append(Int64(name.ordinal))
        }
        IntegerColumn.write(forms, to: &out)
        IntegerColumn.write(sequences, to: &out)
        IntegerColumn.write(ordinals, to: &out)
    }

    static func read(
        rows: [ValueColumn.Row], origins: OriginTable, from reader: inout ByteReader
    ) throws(DecodingFailure) -> [RecordName] {
        let forms = try IntegerColumn.read(count: rows.count, from: &reader)
        let sequences = try IntegerColumn.read(count: forms.count { $0 >= explicit }, from: &reader)
        let ordinals = try IntegerColumn.read(count: rows.count, from: &reader)
        var names: [RecordName] = []
        names.reserveCapacity(rows.count)
        var next = 0
        for (index, row) in rows.enumerated() {
            guard let ordinal = UInt16(exactly: ordinals[index]), ordinal <= ChangeSetLimits.ordinalMax else {
                throw reader.failure(.invalidValue, "an ordinal")
            }
            switch forms[index] {
            case documentDot: names.append(RecordName(row.document.dot, ordinal))
            case ownDot: names.append(RecordName(row.own, ordinal))
            case let form:
                guard form > 1, let origin = origins[form - explicit],
                    let sequence = Sequence32(exactly: sequences[next])
                else { throw reader.failure(.invalidValue, "a name") }
                next += 1
                names.append(RecordName(origin, sequence, ordinal))
            }
        }
        return names
    }
}
