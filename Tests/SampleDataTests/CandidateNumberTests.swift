import SampleData
import Testing

@Suite("Candidate numbers")
struct CandidateNumberTests {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    private static let checks = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U")

    /// Values that end in every remainder, small, large and scattered.
    private static var values: [UInt64] {
        var random = SplitMix64(seed: 7)
        return (0..<80).map { $0 } + (0..<80).map { CandidateNumber.valueCount - 1 - $0 }
            + (0..<200).map { _ in random.next() % CandidateNumber.valueCount }
    }

    private func symbols(_ value: UInt64) throws -> [Character] {
        try #require(CandidateNumber(value)).description.filter { $0 != "-" }
    }

    private func decoded(_ symbols: [Character]) -> UInt64? { CandidateNumber(text: String(symbols))?.value }

    @Test("A number comes back from its text, also typed small, spaced and with I, L and O")
    func roundTrip() throws {
        for value in Self.values {
            let text = try #require(CandidateNumber(value)).description
            #expect(CandidateNumber(text: text)?.value == value)
            #expect(CandidateNumber(text: text.lowercased().replacing("0", with: "o"))?.value == value)
            #expect(CandidateNumber(text: text.replacing("1", with: "l").replacing("-", with: " "))?.value == value)
        }
        #expect(CandidateNumber(CandidateNumber.valueCount) == nil)
    }

    @Test("Crockford's digits and check symbols: 1234 is 16J and 1234 modulo 37 is D")
    func knownValue() {
        #expect(CandidateNumber(1_234)?.description == "0000-16JD")
        #expect(CandidateNumber(36)?.description == "0000-014U")
    }

    @Test("Every single wrong symbol is caught, in every place and for every other symbol")
    func substitutions() throws {
        for value in Self.values {
            let right = try symbols(value)
            for place in right.indices {
                for other in place == 7 ? Self.checks : Self.digits where other != right[place] {
                    var wrong = right
                    wrong[place] = other
                    #expect(decoded(wrong) == nil, "\(String(right)) \(String(wrong))")
                }
            }
        }
    }

    @Test("Every swap of two neighbours is caught, the check symbol included")
    func transpositions() throws {
        for value in Self.values {
            let right = try symbols(value)
            for place in 0..<7 where right[place] != right[place + 1] {
                var wrong = right
                wrong.swapAt(place, place + 1)
                #expect(decoded(wrong) == nil, "\(String(right)) \(String(wrong))")
            }
        }
    }

    @Test("Every pair of digits in every place is told from its swap")
    func everyPair() throws {
        for place in 0..<6 {
            for first in 0..<32 {
                for second in 0..<32 where first != second {
                    let value = (UInt64(first) << 5 | UInt64(second)) << UInt64(5 * (5 - place))
                    var wrong = try symbols(value)
                    wrong.swapAt(place, place + 1)
                    #expect(decoded(wrong) == nil)
                }
            }
        }
    }

    @Test(
        "Foreign texts are refused",
        arguments: ["", "-", "0000-16J", "0000-016JD", "000U-16JD", "0000-16Jé", "ÀÀÀÀÀÀÀÀ"])
    func foreign(text: String) {
        #expect(CandidateNumber(text: text) == nil)
        #expect(CandidateNumber(text: String(repeating: "-", count: 1_000) + text) == nil)
    }
}
