import Tabular
import Testing

@Suite("Errors of a mapping")
struct MappingErrorTests {
    private static let head = "assay-mapping: 1\nname: t\ninputs: {r: {files: r.csv}}\n"
    private static let person = "targets:\n  - target: person\n    from: r\n    key: id\n    fields:\n"

    @Test(
        "Each is refused with its code, line and column, and says what to do",
        arguments: [
            ("assay-mapping: 2\nname: t\ninputs: {}\ntargets: []\n", TabularError.Code.wrongValue, 1, 16),
            ("name: t\ninputs: {}\ntargets: []\n", .missingKey, 1, 1),
            (head + "target: []\n", .unknownKey, 4, 1),
            (head + "targets: {}\n", .wrongValue, 4, 10),
            (head + "targets: [\n", .yaml, 5, 1),
            (head + "name: again\ntargets: []\n", .yaml, 2, 1),
            (head + "utcOffset: 2h\ntargets: []\n", .wrongValue, 4, 12),
            ("assay-mapping: 1\nname: t\ninputs: {r: {files: ../r.csv}}\ntargets: []\n", .wrongValue, 3, 21),
            ("assay-mapping: 1\nname: t\ninputs: {r: {files: r, delimiter: pipe}}\ntargets: []\n", .wrongValue, 3, 35),
            ("assay-mapping: 1\nname: t\ninputs: {r: {files: r, versionLine: 1}}\ntargets: []\n", .wrongValue, 3, 37),
            (head + "tables: {a: {from: q, key: k, columns: c}}\ntargets: []\n", .unknownName, 4, 20),
            (head + person + "      surname: b\n", .unknownKey, 9, 7),
            (head + person + "      given: {colum: b}\n", .missingKey, 9, 14),
            (head + person + "      given: {column: b, otherwise: c}\n", .unknownKey, 9, 26),
            (head + person + "      given: [b]\n", .wrongValue, 9, 14),
            (head + person + "      given: {template: 'a{b'}\n", .wrongValue, 9, 25),
            (head + person + "      given: {template: 'a}b'}\n", .wrongValue, 9, 25),
            (head + person + "      given: {template: 'a{}'}\n", .wrongValue, 9, 25),
            (head + person + "      given: {map: colours, of: b}\n", .unknownName, 9, 20),
            (head + person + "      given: {map: {a: b}}\n", .missingKey, 9, 14),
            (head + person + "      given: {lookup: days, key: b, take: c}\n", .unknownName, 9, 23),
            (head + person + "      given: {sample: surname, number: b}\n", .wrongValue, 9, 23),
            (head + person + "      given: {date: {start: a, days: b, at: 9}}\n", .wrongValue, 9, 45),
            (head + "targets: [{target: exam, from: r, key: k, fields: {}}]\n", .wrongValue, 4, 20),
            (head + "targets: [{target: person, from: q, key: k, fields: {}}]\n", .unknownName, 4, 34),
            (head + "targets: [{target: score, from: r, key: k, fields: {booking: b}}]\n", .missingKey, 4, 11),
            (head + "targets: [{target: score, from: r, key: k, fields: {raw: b, person: p}}]\n", .missingKey, 4, 11),
            (
                head + "targets: [{target: person, from: r, key: k, where: {column: a}, fields: {}}]\n", .missingKey, 4,
                52
            ),
        ])
    func refusals(yaml: String, code: TabularError.Code, line: Int, column: Int) {
        let error = #expect(throws: TabularError.self) { try ImportMapping(yaml: yaml, file: "m.yaml") }
        #expect(error?.code == code)
        #expect(error?.line == line)
        #expect(error?.column == column)
        #expect(error?.file == "m.yaml")
        #expect(error?.advice.hasSuffix(".") == true)
        #expect(error?.description.contains("\n") == false)
    }

    @Test("A table's key and columns must fit their use")
    func tableUse() {
        let tables = "tables: {a: {from: r, key: [k, l], columns: c}}\n"
        for use in ["{lookup: a, key: k, take: c}", "{lookup: a, key: [k, l], take: d}"] {
            let error = #expect(throws: TabularError.self) {
                try ImportMapping(yaml: Self.head + tables + Self.person + "      given: \(use)\n")
            }
            #expect(error?.line == 10)
        }
    }

    @Test("A column that a file lacks is refused before the first record, at its place in the mapping")
    func missingColumn() {
        for fields in ["{column: nme}", "{template: '{nme}'}", "{first: [id, nme]}", "{date: {start: id, days: nme}}"] {
            let error = #expect(throws: TabularError.self) {
                try Importing(Self.head + Self.person + "      given: \(fields)\n", ["r.csv": "id,name\n1,a\n"])
            }
            #expect(error?.code == .missingColumn)
            #expect(error?.line == 9)
            #expect(error?.description.contains("id, name") == true)
        }
    }

    @Test("Mappings without end are refused: too long, too deep, or aliases of aliases")
    func limits() {
        let long = String(repeating: "#", count: ImportLimits.mappingBytesMax + 1)
        let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        var aliases = "a0: &a0 [x, x, x, x, x, x, x, x]\n"
        for level in 1..<12 {
            let uses = Array(repeating: "*a\(level - 1)", count: 8).joined(separator: ", ")
            aliases += "a\(level): &a\(level) [\(uses)]\n"
        }
        // The parser hashes a key whole, which aliases of aliases make endless work.
        var key = "a0: &a0 [x, x]\n"
        for level in 1..<40 { key += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        key += "b: {? *a39 : 1}\n"
        for yaml in [long, deep, aliases, key] {
            let error = #expect(throws: TabularError.self) { try ImportMapping(yaml: yaml) }
            #expect(error?.code == .limit)
        }
        #expect(throws: TabularError.self) { try ImportMapping(yaml: "") }
        #expect(throws: TabularError.self) { try ImportMapping(path: "/nowhere/m.yaml") }
    }

    @Test("No damage to a good mapping makes the parser trap")
    func damage() throws {
        let good = Array(
            (Self.head + "maps: {m: {a: b}}\n" + Self.person
                + "      given: {map: m, of: {template: 'x{a}'}, otherwise: {first: [b, {constant: c}]}}\n").utf8)
        var state: UInt64 = 9
        for _ in 0..<2_000 {
            var bytes = good
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes[Int(state >> 33) % bytes.count] = Array("{}[]:,'\n &*!|>-#\"a".utf8)[Int(state >> 20) % 18]
            }
            _ = try? ImportMapping(yaml: String(decoding: bytes, as: UTF8.self))
        }
        #expect(try ImportMapping(yaml: String(decoding: good, as: UTF8.self)).rules.count == 1)
    }
}
