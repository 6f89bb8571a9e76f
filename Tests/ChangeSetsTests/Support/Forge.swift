import ByteCoding
import ChangeSets
import Deflating

/// Bodies laid out by hand, so that a reader meets what no writer makes. It shares only the primitives and zlib with the
/// code under test.
struct Forge {
    /// The parts of a body in their order, each with a name to replace it by.
    var parts: [(name: String, bytes: [UInt8])]

    var body: [UInt8] { parts.flatMap(\.bytes) }

    func with(_ name: String, _ bytes: [UInt8]) -> Forge {
        precondition(parts.contains { $0.name == name }, "no part \(name)")
        return Forge(parts: parts.map { $0.name == name ? (name, bytes) : $0 })
    }

    // MARK: Columns

    static func varint(_ value: UInt64) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(value)
        return writer.bytes
    }

    static func signed(_ value: Int64) -> [UInt8] { varint(zigzag(value)) }

    static func fixed(_ value: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
    }

    static func text(_ value: String) -> [UInt8] { varint(UInt64(value.utf8.count)) + Array(value.utf8) }

    static func constant(_ value: Int64) -> [UInt8] { [0x00] + signed(value) }

    static func runs(_ runs: [(length: Int, value: Int64)]) -> [UInt8] {
        [0x01] + runs.flatMap { varint(UInt64($0.length)) + signed($0.value) }
    }

    /// Numbers that rise by one, as a constant difference.
    static func rising(from first: Int64, by step: Int64 = 1) -> [UInt8] { [0x10] + signed(first) + signed(step) }

    // MARK: Segments

    static func packed(_ body: [UInt8]) -> [UInt8] {
        Deflater(dictionary: PresetDictionary.bytes, level: 1).compress([body[...]])
    }

    static func segment(
        version: UInt8 = 1, origin: UInt64 = 0x11, first: UInt64 = 5, count: UInt64 = 1, size: Int? = nil, body: [UInt8]
    ) -> [UInt8] {
        [version] + fixed(origin) + varint(first) + varint(count) + varint(UInt64(size ?? body.count)) + packed(body)
    }

    /// A segment whose first change set says what it was before a fork.
    static func branchSegment(
        original: UInt64 = 0x22, at sequence: UInt64 = 9, first: UInt64 = 1, body: [UInt8]
    ) -> [UInt8] {
        [2] + fixed(0x11) + fixed(original) + varint(sequence) + varint(first) + varint(1) + varint(UInt64(body.count))
            + packed(body)
    }

    static func snapshot(version: UInt8 = 1, size: Int? = nil, body: [UInt8]) -> [UInt8] {
        [version] + varint(UInt64(size ?? body.count)) + packed(body)
    }

    /// One shape: intent `i`, document kind 1, one record of kind 2 made by the change set with ordinal 1.
    static func shape(
        intent: String = "i", documentKind: UInt64 = 1, creates: UInt8 = 0, recordKind: UInt64 = 2,
        reference: UInt8 = 0,
        ordinal: UInt64 = 1, cells: [UInt64]
    ) -> [UInt8] {
        text(intent) + varint(documentKind) + [creates] + varint(1) + varint(recordKind) + [reference]
            + (reference == 2 ? [] : varint(ordinal)) + varint(UInt64(cells.count)) + cells.flatMap(varint)
    }

    /// The body of a segment of origin 0x11 from sequence 5: `count` change sets about the document 0x11-1.0, each with
    /// one write of 7 to field 5.
    static func segmentBody(count: Int = 1) -> Forge {
        Forge(parts: [
            ("origins", varint(0)),
            ("documents", varint(1) + constant(0) + constant(1) + constant(0)),
            ("actors", varint(1) + constant(1) + [0x61]),
            ("shapes", varint(1) + shape(cells: [5 << 2])),
            ("shape of each", constant(0)),
            ("times", constant(1_000)),
            ("groups", constant(0)),
            ("stamps", varint(0)),
            ("deps", varint(0)),
            ("seen", varint(0)),
            ("authority", varint(0)),
            ("salts", []),
            ("lasts", count == 1 ? constant(0) : runs([(1, 0), (count - 1, 1)])),
            ("fresh", constant(0)),
            ("places", count == 1 ? [] : constant(0)),
            ("actor of each", constant(0)),
            ("names", []),
            ("types", constant(1)),
            ("values", constant(7)),
            ("end", []),
        ])
    }

    /// The body of a snapshot chunk: the document 0x11-1.0 of kind 1, its record 0x11-1.1 of kind 2, one version (the
    /// dot that made both), field 5 holding 7.
    static func snapshotBody() -> Forge {
        Forge(parts: [
            ("origins", varint(1) + fixed(0x11)),
            ("documents", varint(1) + constant(0) + constant(1) + constant(0)),
            ("kinds", constant(1)),
            ("dots", varint(1) + constant(0) + constant(1) + constant(1_000)),
            ("shapes", varint(1) + varint(2) + varint(1) + varint(1) + varint(5) + varint(0) + varint(1)),
            ("document of each", constant(0)),
            ("names", constant(0) + constant(1)),
            ("versions", constant(0)),
            ("types", constant(1)),
            ("values", constant(7)),
            ("contexts", varint(1) + constant(0) + constant(1) + constant(0) + constant(3)),
            ("greatest", constant(1_000)),
            ("salts", fixed(1) + fixed(2)),
            ("end", []),
        ])
    }
}
