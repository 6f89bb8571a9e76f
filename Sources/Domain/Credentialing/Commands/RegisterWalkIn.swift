import ChangeSets
import Merging

/// Begins a dossier for somebody who came without a booking, and books them into a session: one change set, so that
/// neither is there without the other. Only where the scheme takes walk-ins.
public struct RegisterWalkIn: Command {
    public static let intent: Text = "register-walk-in"

    public var session: RecordName
    public var candidateNumber: String
    /// Printed on the ticket; made by whoever calls, as this layer has no randomness.
    public var ticketCode: String
    public var given: String
    public var family: String
    /// An ISO 15924 code.
    public var script = "Latn"
    public var dateOfBirth: String

    public init(
        session: RecordName, candidateNumber: String, ticketCode: String, given: String, family: String,
        dateOfBirth: String
    ) {
        self.session = session
        self.candidateNumber = candidateNumber
        self.ticketCode = ticketCode
        self.given = given
        self.family = family
        self.dateOfBirth = dateOfBirth
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.openSession(session)
        guard try look.takesWalkIns(view) else {
            throw CommandRefusal(
                .walkInRefused, "This scheme takes nobody without a booking: turn them away, or ask headquarters.")
        }
        guard try Checks.date(dateOfBirth, "date of birth") != nil else {
            throw CommandRefusal(.missing, "The date of birth is missing: fill it in.")
        }
        var person = RegisterPerson(candidateNumber: candidateNumber, given: given, family: family)
        person.script = script
        person.dateOfBirth = dateOfBirth
        person.isWalkIn = true
        person.scopes = DossierScopes.needed(by: view)
        let dossier = try person.drafts(reading: reading, actor: actor, now: now).flatMap(\.changes)
        let ticket = try Checks.required(ticketCode, "ticket code")
        try look.checkUnused(ticket, Booking.kind, Booking.ticketCode, "ticket code")
        var booking = RecordBuilder(.pending(ordinal: 1), Booking.kind)
        booking.set(Booking.examSession, session)
        booking.set(Booking.ticketCode, ticket)
        booking.set(Booking.arrival, Arrival.booked)
        booking.set(Booking.cancellation, Cancellation.none.rawValue)
        return [
            Draft(
                .new, documentKind: CredentialingSchema.dossier.tag, actor: actor.text, intent: Self.intent,
                changes: dossier + [booking.change])
        ]
    }
}

extension Lookup {
    /// Whether the scheme version of a session's component takes people without a booking. One that is not held here
    /// does not.
    func takesWalkIns(_ session: RecordView) throws(CommandRefusal) -> Bool {
        guard let part = session.reference(ExamSession.component), let component = try find(part, Component.kind),
            let name = component.reference(Component.schemeVersion)
        else { return false }
        return try find(name, SchemeVersion.kind)?.flag(SchemeVersion.walkInAllowed) ?? false
    }
}
