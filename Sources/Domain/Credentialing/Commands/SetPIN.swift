import ChangeSets
import Merging

/// Gives a member of staff what their PIN is checked against. Who may is the desk's business: the person, who has just
/// shown the old one, or somebody who runs the site.
public struct SetPIN: Command {
    public static let intent: Text = "set-pin"

    public var staff: RecordName
    /// As the edge made it; never the PIN.
    public var verifier: [UInt8]

    public init(staff: RecordName, verifier: [UInt8]) {
        self.staff = staff
        self.verifier = verifier
    }

    /// A salt, a hash and what they were made with.
    public static let verifierBytesMax = 256

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let view = try Lookup(reading).get(staff, StaffMember.kind, "member of staff")
        guard (1...Self.verifierBytesMax).contains(verifier.count) else {
            throw CommandRefusal(.missing, "The PIN is missing: choose one.")
        }
        var record = RecordBuilder(staff, StaffMember.kind)
        record.set(StaffMember.pinVerifier, verifier)
        return [
            Draft(
                .document(view.document), documentKind: CredentialingSchema.site.tag, actor: actor.text,
                intent: Self.intent, changes: [record.change])
        ]
    }
}
