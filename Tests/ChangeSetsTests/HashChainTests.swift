import ByteCoding
import ChangeSets
import HybridTime
import Merging
import Testing
import WireSamples

@Suite("Hash chain")
struct HashChainTests {
    @Test("The tests' own SHA-256 agrees with the published answers")
    func sha256() {
        #expect(
            SHA256.hash([]).description == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            SHA256.hash(Array("abc".utf8)).description
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            SHA256.hash([UInt8](repeating: 0x61, count: 1_000)).description
                == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
    }

    /// The answers are Python's: hashlib.sha256(salt + canonical), hashlib.sha256(head + leaf).
    @Test("Leaves and heads are those that hashlib computes")
    func knownAnswers() throws {
        var chain = HashChain(SHA256.digesting)
        let origin = ReplicaID(0x0102_0304_0506_0708)
        let set = ChangeSet(
            dot: Dot(origin, 1), document: RecordName(origin, 1, 0), documentKind: 3, salt: Salt(0x11, 0x22),
            actor: "ada",
            intent: "check-in", time: 1_700_000_000_000, stamp: Stamp(1_700_000_000_000), deps: .empty,
            changes: [RecordChange(RecordName(origin, 1, 1), kind: 2, [Write(FieldTag(raw: 5), .integer(-3))])])
        let (head, size) = chain.head(after: .zero, set, salt: Salt(0x11, 0x22))
        #expect(Hex.text(chain.canonical) == HashChainTests.canonical)
        #expect(size == HashChainTests.canonical.utf8.count / 2)
        #expect(head.description == HashChainTests.head)
        let leaf = try #require(Digest256(Hex.bytes(HashChainTests.leaf)))
        #expect(chain.next(after: .zero, leaf: leaf) == head)
        #expect(chain.next(after: head, leaf: leaf) != head)
        #expect(
            chain.head(after: head, set, salt: .none).head != chain.head(after: head, set, salt: Salt(0x11, 0x22)).head)
    }

    private static let canonical =
        "0108070605040302010100000301110000000000000022000000000000000361646108636865"
        + "636b2d696e80a0abfef96280d095ffbc31000100010201050105"
    private static let leaf = "9a854849bf486f0729fe00b7249d88d32802682a9dce37bef020f9144cd6c813"
    private static let head = "f1e354297a33b8e92cc512ab9e21d2591ab915c08ed302664d421ada67981ac0"
}
