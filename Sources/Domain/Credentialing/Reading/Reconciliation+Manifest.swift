import ByteCoding
import HybridTime
import Merging

/// What a session came to, as bytes that are sealed with it. Grammar: count (name end)* in the order of names; end = the
/// place in ``BookingEnd`` from 1, or 0 for a gap.
extension Reconciliation {
    /// More bookings than a session has.
    static let manifestBookingsMax = 1 << 20

    /// The bookings and the end of each, in canonical bytes: equal wherever merged state is.
    public var manifest: [UInt8] {
        var writer = ByteWriter()
        writer.count(lines.count)
        for (name, end) in lines.sorted(by: { $0.key < $1.key }) {
            Facts.write(name, &writer)
            writer.byte(end)
        }
        return writer.bytes
    }

    private var lines: [RecordName: UInt8] {
        var lines: [RecordName: UInt8] = [:]
        for name in gaps { lines[name] = 0 }
        for (place, end) in BookingEnd.allCases.enumerated() {
            for name in ends[end] ?? [] { lines[name] = UInt8(place + 1) }
        }
        return lines
    }

    /// Whether a session's bookings are as a manifest says, as far as this replica holds them. A site whose people were
    /// taken away after the session has nothing to say of them, and whoever sealed did not hold the bookings that had left
    /// the site before: those were cancelled or transferred. A manifest that cannot be read agrees with nothing.
    func agrees(with manifest: [UInt8]) -> Bool {
        guard let sealed = try? Reconciliation.read(manifest) else { return false }
        let gone = [BookingEnd.transferred, .cancelled].compactMap { end in
            BookingEnd.allCases.firstIndex(of: end).map { UInt8($0 + 1) }
        }
        return lines.allSatisfy { name, end in sealed[name].map { $0 == end } ?? gone.contains(end) }
    }

    private static func read(_ bytes: [UInt8]) throws(DecodingFailure) -> [RecordName: UInt8] {
        var reader = ByteReader(bytes)
        var lines: [RecordName: UInt8] = [:]
        for _ in 0..<(try reader.count(limit: manifestBookingsMax, bytesEach: 11, "bookings of a session")) {
            let origin = ReplicaID(try reader.fixed64())
            let sequence = Sequence32(try reader.count(limit: Int(Sequence32.max), "sequence"))
            let ordinal = UInt16(try reader.count(limit: Int(UInt16.max), "ordinal"))
            lines[RecordName(origin, sequence, ordinal)] = try reader.byte()
        }
        try reader.finish("what a session came to")
        return lines
    }
}
