import Credentialing
import Foundation
import HybridTime
import Merging
import ReplicaStore
import Testing

@testable import CredentialStore

@Suite("Signing in with a PIN")
struct SignInTests {
    private static let now: Int64 = 1_800_000_000_000

    /// A store of its own with Dora on the staff list of two sites.
    private final class Scene {
        let path = NSTemporaryDirectory() + "assay-pin-" + UUID().uuidString
        var store: CredentialStore

        init() throws {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            let identity = Identity(
                replica: ReplicaID(UInt64.random(in: 1 ... .max)), organisation: [UInt8](repeating: 1, count: 16),
                name: "desk")
            store = try CredentialStore.create(in: path, identity: identity, isHub: false)
            for code in ["LEEDS", "YORK"] {
                let site = CreateSite(
                    code: code, title: code, region: "north", rooms: [],
                    staff: [.init(actorID: "dora", displayName: "Dora", roles: ["invigilator"])])
                try store.perform(site, actor: ActorIdentity("hq"), now: SignInTests.now)
            }
        }

        deinit {
            try? store.replica.close()
            try? FileManager.default.removeItem(atPath: path)
        }

        func choose(_ pin: String) throws {
            try store.setPIN(of: "dora", to: pin, by: ActorIdentity("dora"), now: SignInTests.now, cost: 10)
        }

        func reopen() throws {
            try store.replica.close()
            store = try CredentialStore.open(in: path)
        }
    }

    @Test("The PIN that was chosen signs in, in the digits of any script, and no other does")
    func accepted() throws {
        let scene = try Scene()
        #expect(try scene.store.signIn("dora", pin: "2580", now: Self.now) == .noPIN)
        try scene.choose("2580")
        #expect(try scene.store.signIn("dora", pin: "2580", now: Self.now) == .accepted)
        #expect(try scene.store.signIn("dora", pin: "٢٥٨٠", now: Self.now) == .accepted)
        #expect(try scene.store.signIn("dora", pin: "2581", now: Self.now) == .wrong(waitMs: 0))
        #expect(try scene.store.signIn("dora", pin: "", now: Self.now) == .wrong(waitMs: 0))
        #expect(try scene.store.signIn("emil", pin: "2580", now: Self.now) == .notListed)
    }

    @Test("Nothing in the store is the PIN, and two people with one PIN have different verifiers")
    func notThere() throws {
        let one = try PINVerifier("24680135", cost: 10)
        let other = try PINVerifier("24680135", cost: 10)
        #expect(one.bytes != other.bytes)
        #expect(!String(decoding: one.bytes, as: UTF8.self).contains("24680135"))
        #expect(PINVerifier(bytes: one.bytes) == one)
        for length in 0..<one.bytes.count { #expect(PINVerifier(bytes: Array(one.bytes.prefix(length))) == nil) }
        var dear = one.bytes
        dear[1] = 30
        #expect(PINVerifier(bytes: dear) == nil, "a foreign verifier may not ask for a gigabyte")
    }

    @Test("Wrong tries make wait, also after a restart, and the right PIN meanwhile is not looked at")
    func slowed() throws {
        let scene = try Scene()
        try scene.choose("2580")
        for _ in 0..<2 { #expect(try scene.store.signIn("dora", pin: "1", now: Self.now) == .wrong(waitMs: 0)) }
        #expect(try scene.store.signIn("dora", pin: "1", now: Self.now) == .wrong(waitMs: 10_000))
        try scene.reopen()
        #expect(try scene.store.signIn("dora", pin: "2580", now: Self.now + 9_999) == .wait(waitMs: 1))
        #expect(try scene.store.signIn("dora", pin: "1", now: Self.now + 10_000) == .wrong(waitMs: 30_000))
        #expect(try scene.store.signIn("dora", pin: "2580", now: Self.now + 40_000) == .accepted)
        #expect(try scene.store.signIn("dora", pin: "1", now: Self.now + 40_000) == .wrong(waitMs: 0))
    }

    @Test("The longest wait is a quarter of an hour, also where the clock was put back by years")
    func longest() {
        var attempts = SignInGuard()
        for _ in 0..<100 { attempts.fail(Self.now) }
        #expect(attempts.wait(Self.now) == 900_000)
        #expect(attempts.wait(0) == 900_000)
        #expect(attempts.wait(.min) == 900_000)
        #expect(attempts.wait(.max) == 0)
        #expect(SignInGuard(text: attempts.text) == attempts)
        #expect(SignInGuard(text: "nonsense") == SignInGuard())
    }

    @Test(
        "PINs that everybody tries, short ones and words are not taken",
        arguments: ["", "123", "1234", "9876", "0000", "12a4", "1234567890123"])
    func weak(pin: String) { #expect(PINVerifier.objection(to: pin) != nil) }
}
