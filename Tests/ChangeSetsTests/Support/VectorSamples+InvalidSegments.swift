import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Invalid vectors of segments.
extension VectorSamples {
    static var invalidSegments: [Invalid] { badHeaders + badHeads + badColumns + badDocuments + badAssemblies }

    private static func bad(_ name: String, _ code: DecodingFailure.Code, _ part: String, _ bytes: [UInt8]) -> Invalid {
        Invalid(name, code, Forge.segment(body: Forge.segmentBody().with(part, bytes).body))
    }

    private static func bad4(_ name: String, _ code: DecodingFailure.Code, _ part: String, _ bytes: [UInt8]) -> Invalid
    {
        Invalid(name, code, Forge.segment(count: 4, body: Forge.segmentBody(count: 4).with(part, bytes).body))
    }

    private static var badHeaders: [Invalid] {
        let body = Forge.segmentBody().body
        let branch = VectorSamples.branchBody
        let whole = Forge.segment(body: body)
        return [
            Invalid("no bytes", .truncated, []),
            Invalid("version 0", .unknownVersion, Forge.segment(version: 0, body: body)),
            Invalid("version 3", .unknownVersion, Forge.segment(version: 3, body: body)),
            Invalid("an original of origin zero", .invalidValue, Forge.branchSegment(original: 0, body: branch)),
            Invalid("an original of the own origin", .invalidValue, Forge.branchSegment(original: 0x11, body: branch)),
            Invalid("an original's sequence zero", .invalidValue, Forge.branchSegment(at: 0, body: branch)),
            Invalid("an original behind the first", .invalidValue, Forge.branchSegment(first: 2, body: branch)),
            Invalid("origin zero", .invalidValue, Forge.segment(origin: 0, body: body)),
            Invalid("first zero", .invalidValue, Forge.segment(first: 0, body: body)),
            Invalid("first 2^32", .invalidValue, Forge.segment(first: 1 << 32, body: body)),
            Invalid("first 2^64 - 1", .invalidValue, Forge.segment(first: .max, body: body)),
            Invalid(
                "beyond the last sequence", .invalidValue,
                Forge.segment(first: UInt64(UInt32.max), count: 2, body: body)),
            Invalid("no change sets", .invalidValue, Forge.segment(count: 0, body: body)),
            Invalid("4,097 change sets", .limitExceeded, Forge.segment(count: 4_097, body: body)),
            Invalid("a size above 2^20", .limitExceeded, Forge.segment(size: 1 << 20 + 1, body: body)),
            Invalid("a size one too small", .inflateFailed, Forge.segment(size: body.count - 1, body: body)),
            Invalid("a size one too large", .inflateFailed, Forge.segment(size: body.count + 1, body: body)),
            Invalid("a stream that is cut", .inflateFailed, Array(whole.dropLast())),
            Invalid("a byte behind the stream", .inflateFailed, whole + [0]),
            Invalid("no stream", .inflateFailed, Array(whole.prefix(13))),
            Invalid("deflate block type 3", .inflateFailed, Array(whole.prefix(12)) + [0x07]),
            Invalid("a body that is cut", .truncated, Forge.segment(body: Array(body.dropLast()))),
            Invalid("a body with a byte too many", .trailingBytes, Forge.segment(body: body + [0])),
        ]
    }

    private static var badHeads: [Invalid] {
        let shape = Forge.shape(cells: [20])
        let names: [UInt8] = Forge.constant(0) + Forge.constant(1) + Forge.constant(0)
        return [
            bad("65,537 origins", .limitExceeded, "origins", Forge.varint(65_537)),
            bad("more origins than bytes", .truncated, "origins", Forge.varint(65_536)),
            bad("origin zero listed", .invalidValue, "origins", [1] + Forge.fixed(0)),
            bad("the own origin listed", .invalidValue, "origins", [1] + Forge.fixed(0x11)),
            bad("an origin twice", .invalidValue, "origins", [2] + Forge.fixed(0x22) + Forge.fixed(0x22)),
            bad("more documents than change sets", .limitExceeded, "documents", [2] + names),
            bad(
                "a document of an unknown origin", .invalidValue, "documents",
                [1] + Forge.constant(1) + Forge.constant(1) + Forge.constant(0)),
            bad(
                "a document's sequence 2^32", .invalidValue, "documents",
                [1] + Forge.constant(0) + Forge.constant(1 << 32) + Forge.constant(0)),
            bad(
                "a document's ordinal 2,048", .invalidValue, "documents",
                [1] + Forge.constant(0) + Forge.constant(1) + Forge.constant(2_048)),
            bad4(
                "documents out of order", .invalidValue, "documents",
                [2] + Forge.constant(0) + Forge.rising(from: 2, by: -1) + Forge.constant(0)),
            bad4("a document twice", .invalidValue, "documents", [2] + names),
            bad("more actors than change sets", .limitExceeded, "actors", Forge.varint(3)),
            bad4("a thousand actors of no bytes", .limitExceeded, "actors", Forge.varint(1_000)),
            bad(
                "an actor of 257 bytes", .limitExceeded, "actors",
                [1] + Forge.constant(257) + [UInt8](repeating: 0x61, count: 257)),
            bad("an actor of negative length", .limitExceeded, "actors", [1] + Forge.constant(-1)),
            bad("an actor that is not UTF-8", .invalidText, "actors", [1] + Forge.constant(1) + [0xFF]),
            bad("more shapes than change sets", .limitExceeded, "shapes", [3] + shape),
            bad(
                "an intent of 65 bytes", .limitExceeded, "shapes",
                [1] + Forge.shape(intent: String(repeating: "i", count: 65), cells: [20])),
            bad(
                "a document kind above 2^20", .limitExceeded, "shapes",
                [1] + Forge.shape(documentKind: 1 << 20 + 1, cells: [20])),
            bad("creates 2", .invalidValue, "shapes", [1] + Forge.shape(creates: 2, cells: [20])),
            bad(
                "a record kind above 2^20", .limitExceeded, "shapes",
                [1] + Forge.shape(recordKind: 1 << 20 + 1, cells: [20])),
            bad("reference 3", .invalidValue, "shapes", [1] + Forge.shape(reference: 3, cells: [20])),
            bad("a shape's ordinal 2,048", .limitExceeded, "shapes", [1] + Forge.shape(ordinal: 2_048, cells: [20])),
            bad("2,049 records", .limitExceeded, "shapes", [1] + Forge.text("i") + [1, 0] + Forge.varint(2_049)),
            bad(
                "16,385 cells", .limitExceeded, "shapes",
                [1] + Forge.text("i") + [1, 0, 1, 2, 0, 1] + Forge.varint(16_385)),
            bad(
                "more cells than bytes", .truncated, "shapes",
                [1] + Forge.text("i") + [1, 0, 1, 2, 0, 1] + Forge.varint(16_384)),
            bad("a field tag above 2^20", .limitExceeded, "shapes", [1] + Forge.shape(cells: [(1 << 20 + 1) << 2])),
            bad("write kind 3", .invalidValue, "shapes", [1] + Forge.shape(cells: [20 | 3])),
            bad("an addition to a cell that is no set", .invalidValue, "shapes", [1] + Forge.shape(cells: [20 | 1])),
            bad("a plain write to a set", .invalidValue, "shapes", [1] + Forge.shape(cells: [6 << 2])),
            bad("a shape that is not there", .invalidValue, "shape of each", Forge.constant(1)),
            bad("a negative shape", .invalidValue, "shape of each", Forge.constant(-1)),
            Invalid(
                "262,145 cells and records", .limitExceeded,
                Forge.segment(
                    count: 4_096,
                    body: Forge.segmentBody(count: 4_096).with(
                        "shapes", [1] + Forge.shape(cells: (0..<64).map { $0 << 4 })
                    ).body)),
        ]
    }

    private static var badColumns: [Invalid] {
        let texts = [UInt8]([1]) + Forge.constant(1) + [0x61]
        func value(_ name: String, _ code: DecodingFailure.Code, _ types: Int64, _ content: [UInt8]) -> Invalid {
            Invalid(name, code, Forge.segment(body: oneValue(Forge.constant(types), content).body))
        }
        return [
            bad4("transform 3", .invalidValue, "times", [0x30, 0]),
            bad4("layout 6", .invalidValue, "times", [0x06, 0]),
            Invalid(
                "varints that are not there", .truncated,
                Forge.segment(count: 4_096, body: Forge.segmentBody(count: 4_096).with("times", [0x05]).body)),
            bad4("determined behind a delta", .invalidValue, "times", [0x14, 0, 0]),
            bad4("determined without an earlier column", .invalidValue, "times", [0x04, 0] + Forge.constant(1)),
            bad4("determined by a column that is not there", .limitExceeded, "values", [0x04, 1] + Forge.constant(1)),
            bad4("a base where there is none", .invalidValue, "times", [0x20, 0]),
            bad("a difference of one value", .invalidValue, "times", [0x10, 0, 0]),
            bad4("a run that is too long", .limitExceeded, "times", [0x01, 5, 0]),
            bad4("an empty run", .invalidValue, "times", [0x01, 0, 0]),
            bad4("planes of width 0", .invalidValue, "times", [0x02, 0, 0]),
            bad4("planes of width 9", .invalidValue, "times", [0x02, 0, 9] + [UInt8](repeating: 0, count: 36)),
            bad4("planes that are not there", .truncated, "times", [0x02, 0, 8]),
            bad4("bits of width 0", .invalidValue, "times", [0x03, 0, 0]),
            bad4("bits of width 8", .invalidValue, "times", [0x03, 0, 8, 1, 2, 3, 4]),
            bad4("padding that is not zero", .invalidValue, "times", [0x03, 0, 1, 0b1_0000]),
            bad("an actor that is not there", .invalidValue, "actor of each", Forge.constant(1)),
            value("value type 7", .invalidValue, 7, []),
            value("value type -1", .invalidValue, -1, []),
            value("a date before the year 0", .invalidValue, 5, Forge.constant(-719_529)),
            value("a date after the year 9999", .invalidValue, 5, Forge.constant(2_932_897)),
            value(
                "two texts for one value", .limitExceeded, 2,
                [2] + Forge.constant(1) + [0x61, 0x62] + Forge.constant(0)),
            value("a text of 65,537 bytes", .limitExceeded, 2, [1] + Forge.constant(65_537)),
            value("a text that is not UTF-8", .invalidText, 2, [1] + Forge.constant(1) + [0xFF] + Forge.constant(0)),
            value("a text's place outside", .invalidValue, 2, texts + Forge.constant(1)),
            value("a negative place", .invalidValue, 2, texts + Forge.constant(-1)),
            value("a byte string's place outside", .invalidValue, 3, texts + Forge.constant(1)),
            value("a reference's ordinal", .invalidValue, 4, Forge.constant(1) + Forge.constant(2_048)),
            value(
                "a reference of an unknown origin", .invalidValue, 4,
                Forge.constant(3) + Forge.constant(1) + Forge.constant(1)),
            value(
                "a reference's sequence 2^32", .invalidValue, 4,
                Forge.constant(2) + Forge.constant(1 << 32) + Forge.constant(1)),
            value("a reference of a negative form", .invalidValue, 4, Forge.constant(-1) + Forge.constant(1)),
            bad4(
                "dates and texts in one column", .invalidValue, "types",
                [0x01, 2] + Forge.signed(5) + [2] + Forge.signed(2)),
        ]
    }

    private static var badDocuments: [Invalid] {
        let creating = Forge.segmentBody().with("shapes", [1] + Forge.shape(creates: 1, cells: [20]))
            .with("salts", Forge.fixed(3) + Forge.fixed(4)).with("lasts", []).with("fresh", [])
        let two = [UInt8]([2]) + Forge.constant(0) + Forge.rising(from: 1) + Forge.constant(0)
        return [
            bad("a document that is not listed", .invalidValue, "fresh", Forge.constant(1)),
            bad("a negative document", .invalidValue, "fresh", Forge.constant(-1)),
            bad4("a document that no change set is about", .invalidValue, "documents", two),
            Invalid(
                "a fresh document twice", .invalidValue,
                Forge.segment(
                    count: 4,
                    body: Forge.segmentBody(count: 4).with("documents", two).with(
                        "lasts", Forge.runs([(2, 0), (2, 1)])
                    ).body)),
            bad4("a queue of a shape that is not there", .invalidValue, "lasts", Forge.runs([(1, 0), (3, 2)])),
            bad4("a negative queue", .invalidValue, "lasts", Forge.runs([(1, 0), (3, -1)])),
            bad4("a place beyond the queue", .invalidValue, "places", Forge.constant(1)),
            bad4("a negative place in a queue", .invalidValue, "places", Forge.constant(-1)),
            Invalid(
                "a document listed and created", .invalidValue,
                Forge.segment(
                    count: 2,
                    body: Forge.segmentBody(count: 2)
                        .with("documents", [1] + Forge.constant(0) + Forge.constant(5) + Forge.constant(0))
                        .with("shapes", [2] + Forge.shape(creates: 1, cells: []) + Forge.shape(cells: []))
                        .with("shape of each", Forge.rising(from: 0)).with("salts", Forge.fixed(3) + Forge.fixed(4))
                        .with("lasts", Forge.constant(0)).with("places", []).with(
                            "actor of each", Forge.constant(0) + Forge.constant(0)
                        )
                        .with("types", []).with("values", []).body)),
            Invalid(
                "a salt that is cut", .truncated,
                Forge.segment(
                    body: creating.with("documents", [0]).with("salts", [1]).with("actor of each", []).with("types", [])
                        .with("values", []).body)),
            Invalid("a listed document, though all are created", .invalidValue, Forge.segment(body: creating.body)),
            bad(
                "a document of the own dot that is not created", .invalidValue, "documents",
                [1] + Forge.constant(0) + Forge.constant(5) + Forge.constant(0)),
        ]
    }

    private static var badAssemblies: [Invalid] {
        let one = Forge.varint(1) + Forge.constant(0)
        func context(_ size: Int64, _ origins: [UInt8], _ sequences: [UInt8]) -> [UInt8] {
            one + Forge.constant(size) + origins + sequences
        }
        let long = [UInt8](repeating: 0x41, count: 1 << 16)
        let cells = Forge.shape(cells: (0..<9).map { ($0 << 2 | 1) << 2 })
        let column = Forge.constant(3) + Forge.varint(1) + Forge.constant(1 << 16) + long + Forge.constant(0)
        return [
            bad("a group before the first", .invalidValue, "groups", Forge.constant(5)),
            bad("a group after itself", .invalidValue, "groups", Forge.constant(-1)),
            bad("two exceptions of one change set", .limitExceeded, "stamps", [2]),
            bad("an exception that is not there", .invalidValue, "stamps", [1] + Forge.constant(1) + Forge.constant(0)),
            bad4("exceptions out of order", .invalidValue, "stamps", [2] + Forge.constant(1) + Forge.constant(0)),
            bad("a stamp above 2^46", .invalidValue, "stamps", one + Forge.constant(1 << 46 + 1)),
            bad("a stamp below 0", .invalidValue, "stamps", one + Forge.constant(-1)),
            bad4("a predicted stamp above 2^46", .invalidValue, "stamps", one + Forge.constant(1 << 46)),
            bad("1,025 entries in deps", .limitExceeded, "deps", one + Forge.constant(1_025)),
            bad("a negative size of deps", .limitExceeded, "deps", one + Forge.constant(-1)),
            Invalid(
                "contexts of 262,145 entries", .limitExceeded,
                Forge.segment(
                    count: 257,
                    body: Forge.segmentBody(count: 257).with(
                        "deps", Forge.varint(257) + Forge.rising(from: 0) + Forge.constant(1_024)
                    ).body)),
            bad("deps of an unknown origin", .invalidValue, "deps", context(1, Forge.constant(1), Forge.constant(1))),
            bad("deps of sequence 2^32", .invalidValue, "deps", context(1, Forge.constant(0), Forge.constant(1 << 32))),
            bad("deps of sequence 0", .invalidValue, "deps", context(1, Forge.constant(0), Forge.constant(0))),
            bad("deps with an origin twice", .invalidValue, "deps", context(2, Forge.constant(0), Forge.constant(1))),
            bad(
                "deps that reach the change set itself", .invalidValue, "deps",
                context(1, Forge.constant(0), Forge.constant(5))),
            bad("seen beyond deps", .invalidValue, "seen", context(1, Forge.constant(0), Forge.constant(2))),
            Invalid(
                "a change set of more than 2^19 canonical bytes", .limitExceeded,
                Forge.segment(
                    body: Forge.segmentBody().with("shapes", [1] + cells).with("types", [])
                        .with("values", (0..<9).flatMap { _ in column }).body)),
            Invalid(
                "content of more than 2^24 bytes", .limitExceeded,
                Forge.segment(
                    count: 257,
                    body: Forge.segmentBody(count: 257).with("types", []).with("values", column).body)),
        ]
    }
}
