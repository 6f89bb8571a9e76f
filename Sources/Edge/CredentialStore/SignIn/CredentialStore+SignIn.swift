import Credentialing
import HybridTime
import Merging

/// What came of somebody's wish to sign in.
public enum SignInOutcome: Hashable, Sendable {
    case accepted
    /// - Parameter waitMs: before the next try, in milliseconds.
    case wrong(waitMs: Int64)
    /// Nothing was tried.
    case wait(waitMs: Int64)
    /// No PIN was chosen yet.
    case noPIN
    /// On no staff list here.
    case notListed
}

extension CredentialStore {
    /// The staff records under which somebody is listed, ascending.
    private func staffRecords(_ actor: String) throws -> [RecordView] {
        let found: Result<[RecordView], ReadingFailure> = try reading { records, _ in
            Result { () throws(ReadingFailure) in
                try records.records(StaffMember.kind, where: StaffMember.actorID, equals: .text(actor))
            }
        }
        return try found.get()
    }

    private func guardKey(_ actor: String) -> String { "sign-in:\(actor)" }

    /// Tries a PIN. A try is on the disk as failed before it is looked at.
    /// - Parameter now: the time of work in milliseconds since 1970.
    public func signIn(_ actor: String, pin: String, now: Int64) throws -> SignInOutcome {
        let listed = try staffRecords(actor)
        guard !listed.isEmpty else { return .notListed }
        let verifiers = listed.compactMap { $0.bytes(StaffMember.pinVerifier).flatMap(PINVerifier.init(bytes:)) }
        guard !verifiers.isEmpty else { return .noPIN }
        var attempts = SignInGuard(text: try replica.setting(guardKey(actor)))
        if attempts.wait(now) > 0 { return .wait(waitMs: attempts.wait(now)) }
        attempts.fail(now)
        try replica.set(guardKey(actor), to: attempts.text)
        guard let digits = PINVerifier.digits(pin), try verifiers.contains(where: { try $0.accepts(digits) }) else {
            return .wrong(waitMs: attempts.wait(now))
        }
        try replica.set(guardKey(actor), to: SignInGuard().text)
        return .accepted
    }

    /// Chooses somebody's first PIN, or another one for somebody who has just signed in with the old one: the same for
    /// every site that lists them.
    /// - Parameter author: who does it; the person, or whoever runs the site.
    public func setPIN(
        of actor: String, to pin: String, by author: ActorIdentity, now: Int64, cost: UInt8 = PINVerifier.costDefault
    ) throws {
        if let objection = PINVerifier.objection(to: pin) { throw Failure.refused(CommandRefusal(.missing, objection)) }
        let listed = try staffRecords(actor)
        guard !listed.isEmpty else {
            throw Failure.refused(
                CommandRefusal(.notKnown, "\(actor) is on no staff list here: sync, or ask headquarters."))
        }
        let verifier = try PINVerifier(PINVerifier.digits(pin) ?? pin, cost: cost)
        for record in listed {
            try perform(SetPIN(staff: record.name, verifier: verifier.bytes), actor: author, now: now)
        }
        try replica.set(guardKey(actor), to: SignInGuard().text)
    }
}
