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
}
