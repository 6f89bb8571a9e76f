import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// What the vectors of Protocol are made of: at least one valid and one invalid for every rule of its text.
enum VectorSamples {
    struct Valid {
        let name: String
        let bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    struct Invalid {
        let name: String
        let code: DecodingFailure.Code
        let bytes: [UInt8]

        init(_ name: String, _ code: DecodingFailure.Code, _ bytes: [UInt8]) {
            self.name = name
            self.code = code
            self.bytes = bytes
        }
    }

    // MARK: Canonical form

    /// The parts of a canonical change set: 0x11:5 about the document 0x11-1.0, one record of its own, one write.
    static let canonical = Forge(parts: [
        ("version", [1]),
        ("origin", Forge.fixed(0x11)),
        ("sequence", Forge.varint(5)),
        ("document", [1] + Forge.fixed(0x11) + Forge.varint(1) + Forge.varint(0)),
        ("document kind", Forge.varint(1)),
        ("flags", [0]),
        ("salt", []),
        ("group", []),
        ("actor", Forge.text("ada")),
        ("intent", Forge.text("check-in")),
        ("time", Forge.signed(1_700_000_000_000)),
        ("stamp", Forge.varint(1_700_000_000_000)),
        ("deps", context([(0x11, 1)])),
        ("seen", []),
        ("authority", []),
        ("records", Forge.varint(1)),
        ("record", [0] + Forge.varint(1) + Forge.varint(2)),
        ("writes", Forge.varint(1)),
        ("write", Forge.varint(5) + [1] + Forge.signed(7)),
        ("end", []),
    ])

    static func context(_ entries: [(UInt64, UInt64)]) -> [UInt8] {
        Forge.varint(UInt64(entries.count)) + entries.flatMap { Forge.fixed($0.0) + Forge.varint($0.1) }
    }

    private static func write(_ field: UInt64, _ head: UInt8, _ value: [UInt8]) -> [UInt8] {
        Forge.varint(field) + [head] + value
    }

    private static func many(_ writes: [[UInt8]]) -> Forge {
        canonical.with("writes", Forge.varint(UInt64(writes.count))).with("write", writes.flatMap { $0 })
    }

    static var validCanonical: [Valid] {
        let own: [UInt8] = [0, 0]
        let salt = Forge.fixed(0x0102_0304_0506_0708) + Forge.fixed(0x1112_1314_1516_1718)
        let edges: [Int64] = [0, -1, 63, -64, 64, .max, .min]
        let texts = ["", "Zo\u{EB}", "Zoe\u{308}", "\u{1F469}\u{200D}\u{1F4BB}", "a\u{0}b", "2026-02-30"]
        let hash: [UInt8] = [1] + Forge.fixed(0xFEDC_BA98_7654_3210) + [0, 3]
        var all: [Valid] = [
            Valid("a change set", canonical.body),
            Valid(
                "without records",
                canonical.with("records", [0]).with("record", []).with("writes", []).with("write", []).body),
            Valid("a record without writes", canonical.with("writes", [0]).with("write", []).body),
            Valid(
                "creates its document",
                canonical.with("document", own).with("flags", [1]).with("salt", salt).with("deps", [0]).body),
            Valid("a document named by a hash", canonical.with("document", hash).with("deps", [0]).body),
            Valid(
                "an older seen context",
                canonical.with("flags", [2]).with("deps", context([(0x11, 4), (0x22, 9)]))
                    .with("seen", context([(0x11, 4), (0x22, 1)])).body),
            Valid("an empty seen context", canonical.with("flags", [2]).with("seen", [0]).body),
            Valid("authority", canonical.with("flags", [4]).with("authority", context([(0x33, 1)])).body),
            Valid("a group", canonical.with("flags", [8]).with("group", [4]).body),
            Valid(
                "every flag",
                canonical.with("document", own).with("flags", [15]).with("salt", salt).with("group", [1])
                    .with("seen", [0]).with("authority", context([(1, 1)])).body),
            Valid(
                "the last sequence",
                canonical.with("sequence", Forge.varint(UInt64(UInt32.max)))
                    .with("deps", context([(0x11, UInt64(UInt32.max) - 1)])).body),
            Valid("the greatest stamp", canonical.with("stamp", Forge.varint(1 << 46)).body),
            Valid("stamp and time zero", canonical.with("stamp", [0]).with("time", [0]).body),
            Valid("the earliest time", canonical.with("time", Forge.signed(.min)).body),
            Valid("empty actor and intent", canonical.with("actor", [0]).with("intent", [0]).body),
            Valid(
                "the longest actor and intent",
                canonical.with("actor", Forge.text(String(repeating: "a", count: 256)))
                    .with("intent", Forge.text(String(repeating: "i", count: 64))).body),
            Valid(
                "greatest tags",
                canonical.with("document kind", Forge.varint(1 << 20))
                    .with("record", [0] + Forge.varint(2_047) + Forge.varint(1 << 20))
                    .with("write", write(1 << 20, 1, Forge.signed(0))).body),
            Valid("integers", many(edges.map { write(5, 1, Forge.signed($0)) }).body),
            Valid("texts", many(texts.map { write(5, 2, Forge.text($0)) }).body),
            Valid(
                "null, bytes, references",
                many([
                    write(4, 0, []), write(8, 3, [0]), write(8, 3, [3, 0, 0xFF, 0x80]), write(12, 4, [0, 2]),
                    write(12, 4, hash),
                    write(12, 4, [1] + Forge.fixed(0x11) + Forge.varint(1) + [1]),
                ]).body),
            Valid(
                "a set's elements", many([write(6, 8 + 2, Forge.text("x")), write(6, 16 + 2, Forge.text("y"))]).body),
        ]
        for seed in 0..<6 as Range<UInt64> {
            var source = AnyChangeSets(seed: 100 + seed)
            for set in source.run(count: 3) {
                var writer = ByteWriter()
                CanonicalForm.write(set, to: &writer)
                all.append(Valid("random \(seed), \(set.dot)", writer.bytes))
            }
        }
        return all
    }

    static var invalidCanonical: [Invalid] {
        func bad(_ name: String, _ code: DecodingFailure.Code, _ part: String, _ bytes: [UInt8]) -> Invalid {
            Invalid(name, code, canonical.with(part, bytes).body)
        }
        let other = Forge.fixed(0x22)
        let own: [UInt8] = [0, 0]
        return [
            Invalid("no bytes", .truncated, []),
            Invalid("cut before the last byte", .truncated, Array(canonical.body.dropLast())),
            bad("a byte too many", .trailingBytes, "end", [0]),
            bad("version 0", .unknownVersion, "version", [0]),
            bad("version 2", .unknownVersion, "version", [2]),
            bad("origin zero", .invalidValue, "origin", Forge.fixed(0)),
            bad("sequence zero", .invalidValue, "sequence", [0]),
            bad("sequence 2^32", .invalidValue, "sequence", Forge.varint(1 << 32)),
            bad("an overlong sequence", .overlongVarint, "sequence", [0x85, 0x00]),
            bad("a sequence beyond 64 bits", .integerOverflow, "sequence", [UInt8](repeating: 0xFF, count: 9) + [2]),
            bad("name form 2", .invalidValue, "document", [2, 0]),
            bad("a name of origin zero", .invalidValue, "document", [1] + Forge.fixed(0) + [1, 0]),
            bad("a name's sequence 2^32", .invalidValue, "document", [1] + other + Forge.varint(1 << 32) + [0]),
            bad("the own dot told in full", .invalidValue, "document", [1] + Forge.fixed(0x11) + [5, 0]),
            bad("ordinal 2048", .limitExceeded, "record", [0] + Forge.varint(2_048) + [2]),
            bad("document kind above 2^20", .limitExceeded, "document kind", Forge.varint(1 << 20 + 1)),
            bad("record kind above 2^20", .limitExceeded, "record", [0, 1] + Forge.varint(1 << 20 + 1)),
            bad("flag 16", .invalidValue, "flags", [16]),
            Invalid("a group of zero back", .invalidValue, canonical.with("flags", [8]).with("group", [0]).body),
            Invalid("a group before the first", .invalidValue, canonical.with("flags", [8]).with("group", [5]).body),
            bad("an actor of 257 bytes", .limitExceeded, "actor", Forge.text(String(repeating: "a", count: 257))),
            bad("an intent of 65 bytes", .limitExceeded, "intent", Forge.text(String(repeating: "i", count: 65))),
            bad("an actor that is not UTF-8", .invalidText, "actor", [1, 0xFF]),
            bad("a surrogate", .invalidText, "intent", [3, 0xED, 0xA0, 0x80]),
            bad("an overlong letter", .invalidText, "intent", [2, 0xC1, 0x81]),
            bad("a stamp above 2^46", .invalidValue, "stamp", Forge.varint(1 << 46 + 1)),
            bad("deps out of order", .invalidValue, "deps", context([(0x22, 1), (0x11, 1)])),
            bad("an origin twice in deps", .invalidValue, "deps", context([(0x11, 1), (0x11, 2)])),
            bad("sequence zero in deps", .invalidValue, "deps", context([(0x11, 0)])),
            bad("origin zero in deps", .invalidValue, "deps", context([(0, 1)])),
            bad("1,025 entries in deps", .limitExceeded, "deps", Forge.varint(1_025)),
            Invalid(
                "seen that equals deps", .invalidValue,
                canonical.with("flags", [2]).with("seen", context([(0x11, 1)])).body),
            Invalid(
                "empty authority, flagged", .invalidValue, canonical.with("flags", [4]).with("authority", [0]).body),
            bad("2,049 records", .limitExceeded, "records", Forge.varint(2_049)),
            bad("16,385 writes", .limitExceeded, "writes", Forge.varint(16_385)),
            Invalid(
                "16,385 writes in two records", .limitExceeded,
                canonical.with("records", [2]).with("end", [0, 2, 2] + Forge.varint(16_384)).body),
            bad("field tag above 2^20", .limitExceeded, "write", write(1 << 20 + 1, 1, [0])),
            bad("write kind 3", .invalidValue, "write", write(5, 24, [])),
            bad("value type 5", .invalidValue, "write", write(5, 5, [])),
            bad("an addition to a cell that is no set", .invalidValue, "write", write(5, 9, [0])),
            bad("a plain write to a set", .invalidValue, "write", write(6, 1, [0])),
            bad("a text of 65,537 bytes", .limitExceeded, "write", write(5, 2, Forge.varint(65_537))),
            bad("a byte string of 65,537 bytes", .limitExceeded, "write", write(5, 3, Forge.varint(65_537))),
            bad("deps that reach the change set itself", .invalidValue, "deps", context([(0x11, 5)])),
            Invalid(
                "seen beyond deps", .invalidValue,
                canonical.with("flags", [2]).with("seen", context([(0x11, 1), (0x22, 1)])).body),
            Invalid(
                "a salt without a creation", .invalidValue,
                canonical.with("flags", [1]).with("salt", Forge.fixed(1) + Forge.fixed(2)).body),
            Invalid("a creation without a salt", .invalidValue, canonical.with("document", own).body),
            bad("a created document with ordinal 1", .invalidValue, "document", [0, 1]),
        ]
    }

    // MARK: Segments

    /// A value column instead of the one of the first field.
    private static func values(_ types: [UInt8], _ content: [UInt8]) -> Forge {
        Forge.segmentBody().with("types", types).with("values", content)
    }

    static var validSegments: [Valid] {
        let body = Forge.segmentBody()
        func one(_ name: String, _ forge: Forge) -> Valid { Valid(name, Forge.segment(body: forge.body)) }
        func four(_ name: String, _ part: String, _ bytes: [UInt8]) -> Valid {
            Valid(name, Forge.segment(count: 4, body: Forge.segmentBody(count: 4).with(part, bytes).body))
        }
        let context = Forge.varint(1) + Forge.constant(0) + Forge.constant(1) + Forge.constant(0) + Forge.constant(2)
        let empty = Forge.varint(1) + Forge.constant(0) + Forge.constant(0)
        let wide = Forge.varint(1) + Forge.shape(cells: [5 << 2, 9 << 2])
        var all: [Valid] = [
            one("one change set", body),
            Valid("the last sequence", Forge.segment(first: UInt64(UInt32.max), body: body.body)),
            four("four change sets of one document", "end", []),
            four("times: runs", "times", Forge.runs([(1, 10), (3, -20)])),
            four("times: planes", "times", [0x02] + Forge.signed(-5) + [2, 0, 1, 0, 255, 9, 8, 7, 6]),
            four(
                "times: planes of eight bytes", "times",
                [0x02] + Forge.signed(.max) + [8] + [UInt8](repeating: 0x81, count: 32)),
            four("times: bits", "times", [0x03] + Forge.signed(100) + [3, 0b1101_0001, 0b0000_1010]),
            four("times: bits of seven", "times", [0x03] + Forge.signed(0) + [7, 0xFF, 0xFF, 0xFF, 0x0F]),
            four("times: delta, constant", "times", Forge.rising(from: 1_000, by: 250)),
            four(
                "times: delta, runs", "times", [0x11] + Forge.signed(5) + [2] + Forge.signed(3) + [1] + Forge.signed(-9)
            ),
            four("times: delta, planes", "times", [0x12] + Forge.signed(5) + Forge.signed(0) + [1, 1, 2, 3]),
            four("times: delta, bits", "times", [0x13] + Forge.signed(5) + Forge.signed(0) + [2, 0b0011_1001]),
            four("times that wrap around", "times", Forge.rising(from: .max)),
            four("values: base, constant", "values", [0x20] + Forge.signed(-40)),
            four("values: base, bits", "values", [0x23] + Forge.signed(0) + [1, 0b0101]),
            four("values: determined by actors", "values", [0x04, 0] + Forge.constant(9)),
            Valid(
                "values: determined by the column before",
                Forge.segment(
                    count: 4,
                    body: Forge.segmentBody(count: 4).with("shapes", wide)
                        .with("values", [0x03] + Forge.signed(0) + [1, 0b0110])
                        .with("end", Forge.constant(1) + [0x04, 1] + Forge.rising(from: 50)).body)),
            four("an actor that nobody is", "actors", [2] + Forge.constant(1) + [0x61, 0x62]),
            four(
                "a shape that no change set has", "shapes",
                [2] + Forge.shape(cells: [5 << 2]) + Forge.shape(cells: [5 << 2])),
            one("a group", body.with("groups", Forge.constant(4))),
            one("a stamp told, base time", body.with("stamps", [1] + Forge.constant(0) + [0x20] + Forge.signed(-1))),
            one("the greatest stamp", body.with("stamps", [1] + Forge.constant(0) + Forge.constant(1 << 46))),
            one("a time before 1970", body.with("times", Forge.constant(-1))),
            one("a time beyond every stamp", body.with("times", Forge.constant(.max))),
            one("deps told", body.with("deps", context)),
            one("empty deps", body.with("deps", [1] + Forge.constant(0) + Forge.constant(0))),
            one("seen", body.with("seen", empty)),
            one(
                "seen that equals deps is none",
                body.with("seen", [1] + Forge.constant(0) + Forge.constant(1) + Forge.constant(0) + Forge.constant(1))),
            one("authority", body.with("authority", context)),
            one(
                "creates its document",
                body.with("documents", [0]).with("shapes", [1] + Forge.shape(creates: 1, cells: [20]))
                    .with("salts", Forge.fixed(3) + Forge.fixed(4)).with("lasts", []).with("fresh", [])),
            one(
                "a document named by a hash",
                body.with("documents", [1] + Forge.constant(0) + Forge.constant(0) + Forge.constant(2))),
            one("a record of the document", body.with("shapes", [1] + Forge.shape(reference: 1, cells: [20]))),
            one(
                "a record named by the document",
                body.with("shapes", [1] + Forge.shape(reference: 2, cells: [20]))
                    .with("names", Forge.constant(0) + Forge.constant(8))),
            one(
                "a record named by the own dot",
                body.with("shapes", [1] + Forge.shape(reference: 2, cells: [20]))
                    .with("names", Forge.constant(1) + Forge.constant(2_047))),
            one(
                "a record of another origin",
                body.with("origins", [1] + Forge.fixed(0x22))
                    .with("shapes", [1] + Forge.shape(reference: 2, cells: [20]))
                    .with("names", Forge.constant(3) + Forge.constant(9) + Forge.constant(0))),
            one("a null", values(Forge.constant(0), [])),
            one("a text", values(Forge.constant(2), [1] + Forge.constant(3) + [0x61, 0xC3, 0xA9] + Forge.constant(0))),
            one("an empty text", values(Forge.constant(2), [1] + Forge.constant(0) + Forge.constant(0))),
            one(
                "a byte string", values(Forge.constant(3), [1] + Forge.constant(2) + [0xFF, 0x00] + Forge.constant(0))),
            one("a reference", values(Forge.constant(4), Forge.constant(1) + Forge.constant(3))),
            one("the first date", values(Forge.constant(5), Forge.constant(-719_528))),
            one("the last date", values(Forge.constant(5), Forge.constant(2_932_896))),
            one("a leap day", values(Forge.constant(5), Forge.constant(19_782))),
            one("removal from a set", body.with("shapes", [1] + Forge.shape(cells: [6 << 2 | 2]))),
            Valid(
                "values of all types in one column",
                Forge.segment(
                    count: 4,
                    body: Forge.segmentBody(count: 4).with("types", [0x02] + Forge.signed(0) + [1, 4, 2, 3, 1])
                        .with(
                            "values",
                            Forge.constant(7) + [1] + Forge.constant(1) + [0x78] + Forge.constant(0) + [1]
                                + Forge.constant(1)
                                + [0x79] + Forge.constant(0) + Forge.constant(0) + Forge.constant(1)
                        ).body)),
        ]
        for seed in 0..<10 as Range<UInt64> {
            var source = AnyChangeSets(seed: 200 + seed)
            all.append(Valid("random \(seed)", SegmentCodec().encode(Segment(source.run(count: 2 + 3 * Int(seed))))))
        }
        return all
    }

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
        let whole = Forge.segment(body: body)
        return [
            Invalid("no bytes", .truncated, []),
            Invalid("version 0", .unknownVersion, Forge.segment(version: 0, body: body)),
            Invalid("version 2", .unknownVersion, Forge.segment(version: 2, body: body)),
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
            Invalid(name, code, Forge.segment(body: values(Forge.constant(types), content).body))
        }
        return [
            bad4("transform 3", .invalidValue, "times", [0x30, 0]),
            bad4("layout 5", .invalidValue, "times", [0x05, 0]),
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
            value("value type 6", .invalidValue, 6, []),
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

    // MARK: Snapshots

    private static func shapes(_ kind: UInt64 = 2, versions: UInt64, _ cells: [(UInt64, UInt64)], members: UInt64 = 1)
        -> [UInt8]
    {
        Forge.varint(1) + Forge.varint(kind) + Forge.varint(versions) + Forge.varint(UInt64(cells.count))
            + cells.flatMap { Forge.varint($0.0) + Forge.varint($0.1) } + Forge.varint(members)
    }

    /// A second version: the own origin's dot 2 at stamp 1,005.
    private static func twoVersions(_ cells: [(UInt64, UInt64)], _ values: [UInt8]) -> Forge {
        Forge.snapshotBody().with("shapes", shapes(versions: 2, cells))
            .with(
                "version stamps",
                Forge.constant(1_000) + Forge.constant(1) + Forge.constant(2) + [0x20] + Forge.signed(5)
            )
            .with("types", []).with("values", values).with("greatest", Forge.constant(1_005))
    }

    static var validSnapshots: [Valid] {
        let body = Forge.snapshotBody()
        func chunk(_ name: String, _ forge: Forge) -> Valid { Valid(name, Forge.snapshot(body: forge.body)) }
        let seven = Forge.constant(1) + Forge.constant(7)
        let eight = Forge.constant(1) + Forge.constant(8)
        var all: [Valid] = [
            chunk("one document", body),
            Valid("no documents", Forge.snapshot(body: [0, 0, 0])),
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
                body.with("shapes", shapes(versions: 0, [])).with("version forms", [])
                    .with("version stamps", []).with("types", []).with("values", [])),
            chunk("two siblings of one cell", twoVersions([(5, 0), (5, 1)], seven + eight)),
            chunk("two cells of two versions", twoVersions([(4, 1), (5, 0)], seven + eight)),
            chunk("three elements of a set", twoVersions([(6, 0), (6, 0), (6, 1)], seven + eight + seven)),
            chunk(
                "a version of another origin",
                body.with("origins", [2] + Forge.fixed(0x11) + Forge.fixed(0x22))
                    .with("contexts", Forge.constant(2) + Forge.rising(from: 0) + Forge.constant(3))
                    .with("version forms", Forge.constant(2)).with("version sequences", Forge.constant(3))),
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
                Forge.constant(1) + Forge.constant(1) + Forge.constant(3)),
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
                body.with("version forms", Forge.constant(2)).with("version sequences", Forge.constant(1))),
            bad("a version of a negative form", .invalidValue, "version forms", Forge.constant(-1)),
            forged(
                "a version that the context does not cover", .invalidValue,
                body.with("version forms", Forge.constant(1)).with("version sequences", Forge.constant(4))),
            forged(
                "a version of sequence 0", .invalidValue,
                body.with("version forms", Forge.constant(1)).with("version sequences", Forge.constant(0))),
            bad("a version's stamp above 2^46", .invalidValue, "version stamps", Forge.constant(1 << 46 + 1)),
            bad("a version's stamp below 0", .invalidValue, "version stamps", Forge.constant(-1)),
            forged(
                "versions out of order", .invalidValue,
                twoVersions([(5, 0), (5, 1)], column(1) + column(2)).with(
                    "version stamps",
                    Forge.constant(1_000) + Forge.constant(1) + Forge.constant(2) + [0x20] + Forge.signed(-5))),
            forged(
                "two versions of one dot", .invalidValue,
                twoVersions([(5, 0), (5, 1)], column(1) + column(2)).with(
                    "version stamps", Forge.constant(1_000) + Forge.constant(0) + [0x20] + Forge.signed(5))),
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
