import ByteCoding
import ChangeSets
import HybridTime
import Merging
import WireSamples

/// Vectors of the canonical form.
extension VectorSamples {
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
        ("original", []),
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

    /// The canonical change set as the first of an origin that goes on from another.
    private static var branch: Forge {
        canonical.with("sequence", [1]).with("document", [1] + Forge.fixed(0x22) + [1, 0]).with("flags", [16])
            .with("deps", context([(0x22, 1)])).with("original", Forge.fixed(0x22) + [9])
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
            Valid("the first of a branch that is told again", branch.body),
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
            bad("flag 32", .invalidValue, "flags", [32]),
            Invalid("an original of origin zero", .invalidValue, branch.with("original", Forge.fixed(0) + [9]).body),
            Invalid(
                "an original's sequence zero", .invalidValue, branch.with("original", Forge.fixed(0x22) + [0]).body),
            Invalid(
                "an original of the own origin", .invalidValue, branch.with("original", Forge.fixed(0x11) + [9]).body),
            Invalid("an original of a later change set", .invalidValue, branch.with("sequence", [2]).body),
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
}
