import ByteCoding
import ChangeSets
import HybridTime
import Merging
import WireSamples

/// Vectors of snapshot chunks.
extension VectorSamples {
    private static func shapes(_ kind: UInt64 = 2, versions: UInt64, _ cells: [(UInt64, UInt64)], members: UInt64 = 1)
        -> [UInt8]
    {
        Forge.varint(1) + Forge.varint(kind) + Forge.varint(versions) + Forge.varint(UInt64(cells.count))
            + cells.flatMap { Forge.varint($0.0) + Forge.varint($0.1) } + Forge.varint(members)
    }

    private static func dots(sequences: [UInt8], stamps: [UInt8]) -> [UInt8] {
        Forge.varint(2) + Forge.constant(0) + sequences + stamps
    }

    private static func dot(origin: Int64 = 0, sequence: Int64 = 1, stamp: Int64 = 1_000) -> [UInt8] {
        Forge.varint(1) + Forge.constant(origin) + Forge.constant(sequence) + Forge.constant(stamp)
    }

    /// One pattern for one text, and the numbers of its gaps.
    private static func pattern(_ bytes: [UInt8], _ numbers: [Int64]) -> [UInt8] {
        Forge.varint(1) + Forge.constant(Int64(bytes.count)) + bytes + Forge.constant(0)
            + numbers.flatMap(Forge.constant)
    }

    /// A second version: the own origin's dot 2 at stamp 1,005.
    private static func twoVersions(_ cells: [(UInt64, UInt64)], _ values: [UInt8]) -> Forge {
        Forge.snapshotBody().with("shapes", shapes(versions: 2, cells))
            .with("dots", dots(sequences: Forge.rising(from: 1), stamps: Forge.rising(from: 1_000, by: 5)))
            .with("versions", Forge.constant(0) + Forge.constant(2))
            .with("types", []).with("values", values).with("greatest", Forge.constant(1_005))
    }

    static var validSnapshots: [Valid] {
        let body = Forge.snapshotBody()
        func chunk(_ name: String, _ forge: Forge) -> Valid { Valid(name, Forge.snapshot(body: forge.body)) }
        let seven = Forge.constant(1) + Forge.constant(7)
        let eight = Forge.constant(1) + Forge.constant(8)
        var all: [Valid] = [
            chunk("one document", body),
            Valid("no documents", Forge.snapshot(body: [0, 0, 0, 0, 0])),
            chunk("a context that its versions tell", body.with("contexts", Forge.varint(0))),
            chunk("a stamp greater than any that is left", body.with("greatest", [0x20] + Forge.signed(9))),
            chunk("the greatest stamp", body.with("greatest", Forge.constant(1 << 46))),
            chunk("a value told against its stamp", body.with("values", [0x20] + Forge.signed(-1_000))),
            chunk(
                "a document named by a hash, a record of another dot",
                body
                    .with("documents", [1] + Forge.constant(0) + Forge.constant(0) + Forge.constant(0))
                    .with("names", Forge.constant(2) + Forge.constant(1) + Forge.constant(4))),
            chunk(
                "a record without cells",
                body.with("shapes", shapes(versions: 0, [])).with("dots", Forge.varint(0)).with("versions", [])
                    .with("types", []).with("values", [])),
            chunk("two siblings of one cell", twoVersions([(5, 0), (5, 1)], seven + eight)),
            chunk("two cells of two versions", twoVersions([(4, 1), (5, 0)], seven + eight)),
            chunk("three elements of a set", twoVersions([(6, 0), (6, 0), (6, 1)], seven + eight + seven)),
            chunk(
                "a version of another origin",
                body.with("origins", [2] + Forge.fixed(0x11) + Forge.fixed(0x22))
                    .with(
                        "contexts",
                        Forge.varint(1) + Forge.constant(0) + Forge.constant(2) + Forge.rising(from: 0)
                            + Forge.constant(3)
                    )
                    .with("dots", dot(origin: 1, sequence: 3)).with("versions", Forge.constant(1))),
            chunk(
                "a text told by its pattern",
                body.with("types", Forge.constant(6)).with(
                    "values", pattern(Array("t".utf8) + [0xFF] + Array("-0".utf8) + [0xFF], [12, 9_000_000_000]))),
            chunk(
                "one dot of two stamps in two records",
                twoVersions([(5, 0)], [])
                    .with("shapes", shapes(versions: 1, [(5, 0)], members: 2))
                    .with("dots", dots(sequences: Forge.constant(1), stamps: Forge.rising(from: 1_000, by: 5)))
                    .with("names", Forge.constant(0) + Forge.rising(from: 1))
                    .with("versions", Forge.rising(from: 0, by: 2)).with("values", seven)),
            chunk(
                "a column determined by the one before",
                Forge.snapshotBody()
                    .with("shapes", shapes(versions: 1, [(5, 0), (9, 0)], members: 4))
                    .with("names", Forge.constant(0) + Forge.rising(from: 1))
                    .with("values", [0x03, 0, 1, 0b0101] + Forge.constant(1) + [0x04, 0] + Forge.rising(from: 3))),
        ]
        for seed in 0..<8 as Range<UInt64> {
            var source = AnyChangeSets(seed: 300 + seed)
            all.append(Valid("random \(seed)", SnapshotCodec().encode(source.states(count: 1 + Int(seed)))))
        }
        return all
    }

    static var invalidSnapshots: [Invalid] {
        let body = Forge.snapshotBody()
        func bad(_ name: String, _ code: DecodingFailure.Code, _ part: String, _ bytes: [UInt8]) -> Invalid {
            Invalid(name, code, Forge.snapshot(body: body.with(part, bytes).body))
        }
        func forged(_ name: String, _ code: DecodingFailure.Code, _ forge: Forge) -> Invalid {
            Invalid(name, code, Forge.snapshot(body: forge.body))
        }
        func column(_ value: Int64) -> [UInt8] { Forge.constant(1) + Forge.constant(value) }
        let long = [UInt8](repeating: 0x41, count: 1 << 16)
        return [
            Invalid("no bytes", .truncated, []),
            Invalid("version 2", .unknownVersion, Forge.snapshot(version: 2, body: body.body)),
            Invalid("a size above 2^23", .limitExceeded, Forge.snapshot(size: 1 << 23 + 1, body: body.body)),
            Invalid("a size one too small", .inflateFailed, Forge.snapshot(size: body.body.count - 1, body: body.body)),
            Invalid("a size one too large", .inflateFailed, Forge.snapshot(size: body.body.count + 1, body: body.body)),
            Invalid("a body that is cut", .truncated, Forge.snapshot(body: Array(body.body.dropLast()))),
            bad("a byte too many", .trailingBytes, "end", [0]),
            bad("more origins than bytes", .truncated, "origins", Forge.varint(100)),
            bad("1,025 documents", .limitExceeded, "documents", Forge.varint(1_025)),
            bad(
                "a document of an unknown origin", .invalidValue, "documents",
                [1] + Forge.constant(1) + Forge.constant(1) + Forge.constant(0)),
            forged(
                "a document twice", .invalidValue,
                body.with("documents", [2] + Forge.constant(0) + Forge.constant(1) + Forge.constant(0))),
            bad("a kind above 2^20", .invalidValue, "kinds", Forge.constant(1 << 20 + 1)),
            bad("a negative kind", .invalidValue, "kinds", Forge.constant(-1)),
            bad(
                "a context of an unknown origin", .invalidValue, "contexts",
                Forge.varint(1) + Forge.constant(0) + Forge.constant(1) + Forge.constant(1) + Forge.constant(3)),
            bad("two contexts of one document", .limitExceeded, "contexts", Forge.varint(2)),
            bad("a context of no document", .invalidValue, "contexts", Forge.varint(1) + Forge.constant(1)),
            bad("2^19 + 1 dots", .limitExceeded, "dots", Forge.varint(1 << 19 + 1)),
            forged(
                "dots out of order", .invalidValue,
                body.with("dots", dots(sequences: Forge.rising(from: 2, by: -1), stamps: Forge.constant(1_000)))),
            forged(
                "a dot that left nothing", .invalidValue,
                body.with("dots", dots(sequences: Forge.rising(from: 1), stamps: Forge.constant(1_000)))),
            forged(
                "texts of two types", .invalidValue,
                body.with("shapes", shapes(versions: 1, [(5, 0)], members: 2))
                    .with("names", Forge.constant(0) + Forge.rising(from: 1))
                    .with("types", Forge.rising(from: 2, by: 4))),
            bad("a value of type 7", .invalidValue, "types", Forge.constant(7)),
            forged(
                "nine numbers in a pattern", .limitExceeded,
                body.with("types", Forge.constant(6)).with(
                    "values", pattern([UInt8](repeating: 0xFF, count: 9), Array(1...9)))),
            forged(
                "a negative number in a text", .invalidValue,
                body.with("types", Forge.constant(6)).with("values", pattern([0xFF], [-1]))),
            forged(
                "a pattern that gives no UTF-8", .invalidText,
                body.with("types", Forge.constant(6)).with("values", pattern([0xC3, 0xFF], [1]))),
            forged(
                "a pattern that gives 65,537 bytes", .limitExceeded,
                body.with("types", Forge.constant(6)).with(
                    "values", pattern([UInt8](repeating: 0x41, count: 1 << 16 - 1) + [0xFF], [10]))),
            forged(
                "texts by patterns of more than 2^26 bytes", .limitExceeded,
                body.with("shapes", shapes(versions: 1, [(5, 0)], members: 1_025))
                    .with("names", Forge.constant(0) + Forge.rising(from: 1)).with("types", Forge.constant(6))
                    .with("values", pattern(long, []))),
            bad("more shapes than bytes", .truncated, "shapes", Forge.varint(1 << 19)),
            bad("2^19 + 1 shapes", .limitExceeded, "shapes", Forge.varint(1 << 19 + 1)),
            bad("a record kind above 2^20", .limitExceeded, "shapes", shapes(1 << 20 + 1, versions: 1, [(5, 0)])),
            bad("16,385 versions", .limitExceeded, "shapes", shapes(versions: 16_385, [(5, 0)])),
            bad("16,385 cells", .limitExceeded, "shapes", [1, 2, 1] + Forge.varint(16_385)),
            bad("more cells than bytes", .truncated, "shapes", [1, 2, 1] + Forge.varint(16_384)),
            bad("a version that left nothing", .invalidValue, "shapes", shapes(versions: 2, [(5, 0)])),
            bad("a cell of a version that is not there", .invalidValue, "shapes", shapes(versions: 1, [(5, 1)])),
            bad("a field tag above 2^20", .limitExceeded, "shapes", shapes(versions: 1, [(1 << 20 + 1, 0)])),
            bad("fields out of order", .invalidValue, "shapes", shapes(versions: 1, [(9, 0), (5, 0)])),
            bad(
                "two siblings of a field of class one", .invalidValue, "shapes", shapes(versions: 2, [(4, 0), (4, 1)])),
            bad("two siblings of one version", .invalidValue, "shapes", shapes(versions: 1, [(5, 0), (5, 0)])),
            bad("siblings out of order", .invalidValue, "shapes", shapes(versions: 2, [(5, 1), (5, 0)])),
            bad("elements of versions out of order", .invalidValue, "shapes", shapes(versions: 2, [(6, 1), (6, 0)])),
            bad("2^19 + 1 records", .limitExceeded, "shapes", shapes(versions: 0, [], members: 1 << 19 + 1)),
            bad("more than 2^19 items", .limitExceeded, "shapes", shapes(versions: 1, [(5, 0)], members: 1 << 18)),
            bad("a document's number outside", .invalidValue, "document of each", Forge.constant(1)),
            bad("a record's ordinal 2,048", .invalidValue, "names", Forge.constant(0) + Forge.constant(2_048)),
            forged(
                "a version of an unknown origin", .invalidValue,
                body.with("dots", dot(origin: 1)).with("versions", Forge.constant(1))),
            bad("a version of a negative form", .invalidValue, "versions", Forge.constant(-1)),
            bad("a version beyond the dots", .invalidValue, "versions", Forge.constant(2)),
            bad("a record's own dot that is not listed", .invalidValue, "dots", dot(sequence: 2)),
            forged(
                "a version that the context does not cover", .invalidValue,
                body.with("dots", dot(sequence: 4)).with("versions", Forge.constant(1))),
            forged(
                "a version of sequence 0", .invalidValue,
                body.with("dots", dot(sequence: 0)).with("versions", Forge.constant(1))),
            bad("a version's stamp above 2^46", .invalidValue, "dots", dot(stamp: 1 << 46 + 1)),
            bad("a version's stamp below 0", .invalidValue, "dots", dot(stamp: -1)),
            forged(
                "versions out of order", .invalidValue,
                twoVersions([(5, 0), (5, 1)], column(1) + column(2)).with(
                    "dots", dots(sequences: Forge.rising(from: 1), stamps: Forge.rising(from: 1_000, by: -5)))),
            forged(
                "two versions of one dot", .invalidValue,
                twoVersions([(5, 0), (5, 1)], column(1) + column(2)).with(
                    "dots", dots(sequences: Forge.constant(1), stamps: Forge.rising(from: 1_000, by: 5)))),
            forged(
                "an element twice", .invalidValue,
                body.with("shapes", shapes(versions: 1, [(6, 0), (6, 0)])).with("types", []).with(
                    "values", column(7) + column(7))),
            forged(
                "elements out of order", .invalidValue,
                body.with("shapes", shapes(versions: 1, [(6, 0), (6, 0)])).with("types", []).with(
                    "values", column(7) + column(6))),
            forged("a record twice", .invalidValue, body.with("shapes", shapes(versions: 1, [(5, 0)], members: 2))),
            bad("a greatest stamp below one that is held", .invalidValue, "greatest", Forge.constant(999)),
            bad("a greatest stamp above 2^46", .invalidValue, "greatest", Forge.constant(1 << 46 + 1)),
            bad("a salt that is cut", .truncated, "salts", Forge.fixed(1)),
            forged(
                "content of more than 2^26 bytes", .limitExceeded,
                body.with("shapes", shapes(versions: 1, [(5, 0)], members: 1_025))
                    .with("names", Forge.constant(0) + Forge.rising(from: 1)).with("types", Forge.constant(2))
                    .with("values", [1] + Forge.constant(1 << 16) + long + Forge.constant(0))),
        ]
    }
}
