import ByteCoding
import ChangeSets
import HybridTime
import Merging
import WireSamples

/// Valid vectors of segments.
extension VectorSamples {
    /// A value column instead of the one of the first field.
    static func oneValue(_ types: [UInt8], _ content: [UInt8]) -> Forge {
        Forge.segmentBody().with("types", types).with("values", content)
    }

    /// One change set about a document of another origin.
    static var branchBody: [UInt8] {
        Forge.segmentBody().with("origins", [1] + Forge.fixed(0x22))
            .with("documents", [1] + Forge.constant(1) + Forge.constant(1) + Forge.constant(0)).body
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
            Valid("the first of a branch that is told again", Forge.branchSegment(body: branchBody)),
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
            four("times: varints", "times", [0x05] + [3, -70, 1 << 40, 0].flatMap(Forge.signed)),
            four("times: delta, varints", "times", [0x15] + [5, 1, 1 << 33, -2].flatMap(Forge.signed)),
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
            one("a null", oneValue(Forge.constant(0), [])),
            one(
                "a text", oneValue(Forge.constant(2), [1] + Forge.constant(3) + [0x61, 0xC3, 0xA9] + Forge.constant(0))),
            one("an empty text", oneValue(Forge.constant(2), [1] + Forge.constant(0) + Forge.constant(0))),
            one(
                "a byte string",
                oneValue(Forge.constant(3), [1] + Forge.constant(2) + [0xFF, 0x00] + Forge.constant(0))),
            one("a reference", oneValue(Forge.constant(4), Forge.constant(1) + Forge.constant(3))),
            one("the first date", oneValue(Forge.constant(5), Forge.constant(-719_528))),
            one("the last date", oneValue(Forge.constant(5), Forge.constant(2_932_896))),
            one("a leap day", oneValue(Forge.constant(5), Forge.constant(19_782))),
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
}
