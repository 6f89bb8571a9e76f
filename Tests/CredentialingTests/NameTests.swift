import Credentialing
import Testing

@Suite("Names")
struct NameTests {
    @Test(
        "Folding leaves case, diacritics, hyphens and order behind",
        arguments: [
            ("José", "Núñez", "jose nunez"), ("LUKASZ", "Łoś", "los lukasz"), ("Zoë", "O’Brien", "obrien zoe"),
            ("Anne-Marie", "Straße", "anne marie strasse"), ("Bjørn", "Ægir", "aegir bjorn"), ("Þór", "Đỗ", "do thor"),
            ("e\u{301}mile", "Zola", "emile zola"), ("Ёлка", "Андрей", "андреи елка"), ("İpek", "Işık", "ipek isik"),
            ("", "Suharto", "suharto"),
        ])
    func folding(_ given: String, _ family: String, _ key: String) {
        #expect(NameFolding.key(given: given, family: family) == key)
    }

    @Test("Near names are one slip apart, or one has more parts; others are not near")
    func near() {
        #expect(NameFolding.isNear("muller petra", "mueller petra"))
        #expect(NameFolding.isNear("ann smith", "ann louise smith"))
        #expect(NameFolding.isNear("jonh smith", "john smith"), "two letters swapped are one slip")
        #expect(!NameFolding.isNear("ann smith", "ann smythe"))
        #expect(!NameFolding.isNear("ana li", "ben li"))
        #expect(!NameFolding.isNear("j j", "j k") && !NameFolding.isNear("j k", "j j"), "the same from both sides")
        // Names of a hostile replica, each as long as a text may be: compared letter by letter they would take minutes.
        let long = String(repeating: "a b", count: 20_000)
        #expect(!NameFolding.isNear(long, long + "c"))
        #expect(!NameFolding.isNear("li", "lu"), "a short name has no room for a slip")
        #expect(!NameFolding.isNear("", ""))
        #expect(!NameFolding.isNear("smith", "ann smith"), "a family name alone is too little")
    }

    @Test("Names stand in the order of their script")
    func display() {
        #expect(DisplayName(given: "Ana", family: "Novák", script: "Latn").description == "Ana Novák")
        #expect(DisplayName(given: "小明", family: "王", script: "Hans").description == "王小明")
        #expect(DisplayName(given: "", family: "Suharto", script: "Latn").description == "Suharto")
        #expect(DisplayName(given: "Ana", family: "Novák", script: "Latn").sorted == "Novák, Ana")
    }

    @Test("A candidate number is read back, and one wrong or swapped character is found")
    func candidateNumbers() {
        for number: UInt64 in [0, 1, 31, 32, 999_999_937, 1 << 59] {
            let text = CandidateNumber.text(number)
            #expect(CandidateNumber.number(text) == number)
            #expect(CandidateNumber.number(text.lowercased()) == number)
            let scalars = Array(text.unicodeScalars)
            for index in scalars.indices.dropLast() {
                var wrong = scalars
                wrong[index] = wrong[index] == "7" ? "8" : "7"
                #expect(CandidateNumber.number(String(String.UnicodeScalarView(wrong))) == nil)
                guard index + 2 < scalars.count, scalars[index] != scalars[index + 1] else { continue }
                wrong = scalars
                wrong.swapAt(index, index + 1)
                #expect(CandidateNumber.number(String(String.UnicodeScalarView(wrong))) == nil)
            }
        }
        #expect(CandidateNumber.text(1) == "0000011")
        #expect(CandidateNumber.number("OOO-OIL") == nil, "too few digits")
        #expect(CandidateNumber.number("OOO-OOIL") == 1)
        #expect(CandidateNumber.number("") == nil)
    }
}
