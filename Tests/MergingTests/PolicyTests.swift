import HybridTime
import Merging
import Testing

@Suite("What is shown of a cell")
struct PolicyTests {
    private static let composed = Value.text("Zo\u{EB}")
    private static let decomposed = Value.text("Zoe\u{308}")

    private func dot(_ origin: UInt64, _ sequence: UInt32 = 1) -> Dot { Dot(ReplicaID(origin), sequence) }

    /// A cell with siblings from origins 1, 2 …, each with its stamp and value, in every rotation of their order.
    private func cells(_ siblings: [(Int64, Value)]) -> [CellState] {
        let all = siblings.enumerated().map { Sibling(dot(UInt64($0 + 1)), Stamp($1.0), $1.1) }
        return all.indices.map { start in
            let turned = Array(all[start...] + all[..<start])
            return CellState(FieldTag(1, .many), turned[0], others: Array(turned.dropFirst()))
        }
    }

    @Test("Latest and review show the greatest stamp; the greater dot breaks a tie")
    func greatest() {
        for policy in [Policy.latest, .review] {
            for cell in cells([(5, "a"), (9, "b"), (7, "c")].map { ($0.0, .text(Text($0.1))) }) {
                #expect(policy.shown(of: cell).sibling.value == .text("b"))
            }
            for cell in cells([(5, .text("a")), (5, .text("b")), (5, .text("c"))]) {
                #expect(policy.shown(of: cell).sibling.value == .text("c"))
            }
        }
    }

    @Test("Between siblings of one origin and stamp the greater sequence wins")
    func sequences() {
        let cell = CellState(
            FieldTag(1, .many), Sibling(dot(1, 3), Stamp(5), .integer(3)),
            others: [Sibling(dot(1, 2), Stamp(5), .integer(2))])
        #expect(Policy.review.shown(of: cell).sibling.value == .integer(3))
        #expect(Policy.fixed.shown(of: cell).sibling.value == .integer(2))
    }

    @Test("Review asks a person only where values differ, and composed and decomposed letters do differ")
    func review() {
        for cell in cells([(1, .text("x")), (2, .text("x"))]) { #expect(!Policy.review.shown(of: cell).isProvisional) }
        for cell in cells([(1, .text("x")), (2, .text("x")), (3, .text("y"))]) {
            #expect(Policy.review.shown(of: cell).isProvisional)
        }
        for cell in cells([(1, PolicyTests.composed), (2, PolicyTests.decomposed)]) {
            #expect(Policy.review.shown(of: cell).isProvisional)
        }
        for cell in cells([(1, .null), (2, .text(""))]) { #expect(Policy.review.shown(of: cell).isProvisional) }
        let single = CellState(FieldTag(1, .many), Sibling(dot(1), Stamp(1), .text("x")))
        #expect(!Policy.review.shown(of: single).isProvisional)
    }

    @Test("Latest and ranked ask nobody")
    func silent() {
        for cell in cells([(1, .text("a")), (2, .text("b"))]) {
            #expect(!Policy.latest.shown(of: cell).isProvisional)
            #expect(!Policy.ranked(["a", "b"]).shown(of: cell).isProvisional)
        }
    }

    @Test("Ranked shows the most restrictive word whatever the stamps, and a word of a newer build above all")
    func ranked() {
        let policy = Policy.ranked(["none", "hold", "barred"])
        func shown(_ siblings: [(Int64, Value)]) -> Set<Value> {
            Set(cells(siblings).compactMap { policy.shown(of: $0).sibling.value })
        }
        #expect(shown([(9, .text("none")), (1, .text("barred")), (5, .text("hold"))]) == [.text("barred")])
        #expect(shown([(9, .text("barred")), (1, .text("embargoed"))]) == [.text("embargoed")])
        #expect(shown([(9, .null), (1, .text("none"))]) == [.text("none")])
        // Of one rank the greatest stamp: two unknown words, or the same word twice.
        #expect(shown([(3, .text("new-b")), (8, .text("new-a"))]) == [.text("new-a")])
        for cell in cells([(3, .text("hold")), (8, .text("hold"))]) {
            #expect(policy.shown(of: cell).sibling.stamp == Stamp(8))
        }
    }

    @Test("Fixed shows the earliest and reports a second different value")
    func fixed() {
        for cell in cells([(5, .integer(1)), (2, .integer(2)), (9, .integer(3))]) {
            #expect(Policy.fixed.shown(of: cell).sibling.value == .integer(2))
            #expect(Policy.fixed.shown(of: cell).isProvisional)
        }
        for cell in cells([(5, .integer(1)), (2, .integer(1))]) { #expect(!Policy.fixed.shown(of: cell).isProvisional) }
        for cell in cells([(4, .text("a")), (4, .text("b"))]) {
            #expect(Policy.fixed.shown(of: cell).sibling.value == .text("a"))
        }
    }

    @Test("A set lists each element once, in the order of its bytes, whatever the order of arrival")
    func elements() {
        for cell in cells([(1, .text("b")), (2, .text("a")), (3, .text("b")), (4, .text("\u{EB}"))]) {
            #expect(cell.elements == [.text("a"), .text("b"), .text("\u{EB}")])
        }
        for cell in cells([(1, PolicyTests.composed), (2, PolicyTests.decomposed)]) {
            #expect(cell.elements.count == 2)
        }
    }

    @Test("The policy fixes the merge class, and the tag keeps it")
    func classes() {
        let policies: [(Policy, MergeClass)] = [
            (.latest, .one), (.review, .many), (.ranked([]), .many), (.fixed, .many), (.addWins, .set),
            (.once, .append),
        ]
        for (policy, mergeClass) in policies {
            #expect(policy.mergeClass == mergeClass)
            let tag = Field(77, "x", .text, policy).tag
            #expect(tag.mergeClass == mergeClass)
            #expect(tag.raw == 77 * 4 + mergeClass.rawValue)
        }
    }
}

@Suite("Text and values")
struct ValueTests {
    @Test("Text is equal where its bytes are, and nowhere else")
    func text() {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(composed == decomposed)
        #expect(Text(composed) != Text(decomposed))
        #expect(Set([Text(composed), Text(decomposed), Text("\u{E9}")]).count == 2)
        // Same length in bytes, canonically equal, different order of marks.
        #expect(Text("q\u{307}\u{323}") != Text("q\u{323}\u{307}"))
        #expect(Text("") == Text(""))
    }

    @Test("The order of values is total and strict")
    func order() {
        let values: [Value] = [
            .null, .integer(.min), .integer(-1), .integer(0), .integer(.max), .text(""), .text("a"), .text("ab"),
            .text("b"),
            .text("\u{E9}"), .bytes([]), .bytes([0]), .bytes([0, 0]), .bytes([1]),
            .reference(RecordName(ReplicaID(1), 0, 0)), .reference(RecordName(ReplicaID(1), 1, 0)),
            .reference(RecordName(ReplicaID(1), 1, 1)), .reference(RecordName(ReplicaID(2), 0, 0)),
        ]
        for (left, a) in values.enumerated() {
            for (right, b) in values.enumerated() { #expect(Value.precedes(a, b) == (left < right)) }
        }
    }

    @Test("A name has one text and comes back from it")
    func names() throws {
        for name in [
            RecordName(ReplicaID(0x9F3C_0D5B), 42, 1), RecordName(hash: .max), RecordName(ReplicaID(1), .max, .max),
        ] {
            #expect(try #require(RecordName(name.description)) == name)
        }
        for text in [
            "", "1", "000000000000000A-1.1", "000000000000000a-01.1", "000000000000000a-+1.1", "000000000000000a-1",
            "000000000000000a-1.1.1", "000000000000000a-1.65536", "000000000000000a-4294967296.0",
            "+00000000000000a-1.1",
            "000000000000000a-1.1 ",
        ] {
            #expect(RecordName(text) == nil, "\(text)")
        }
    }

    @Test("A type admits its own values and null")
    func types() {
        #expect(FieldType.boolean.admits(.integer(1)) && !FieldType.boolean.admits(.integer(2)))
        #expect(FieldType.date.admits(.text("2026-02-30")) && !FieldType.date.admits(.integer(1)))
        #expect(FieldType.reference.admits(.null) && !FieldType.bytes.admits(.text("")))
    }
}
