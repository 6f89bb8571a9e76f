import ArgumentParser
import ChangeSets
import CredentialStore
import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// What the commands that write have in common.
struct Doing {
    let store: CredentialStore
    let actor: ActorOptions
    let output: OutputOptions

    /// Carries a command out and says what was saved.
    @discardableResult
    func perform(
        _ command: some Command, _ said: String, _ more: [(String, JSONValue)] = []
    ) throws -> [ChangeSet] {
        let sets = try store.perform(command, actor: actor.identity, now: try store.time())
        if output.json {
            Console.json(
                .object(
                    [
                        ("saved", .text(said)),
                        ("changeSets", .list(sets.map { .text($0.dot.description) })),
                    ] + more))
        } else {
            Layout.wrapped(said).forEach { Console.print($0) }
        }
        return sets
    }
}

/// A booking and who has it, found before something is done with it.
struct BookedPerson {
    let booking: RecordView
    let session: SessionView
    let name: String

    init(_ who: String, _ session: String?, _ finder: Finder) throws {
        booking = try finder.booking(who, session: session)
        guard let place = try booking.reference(Booking.examSession).flatMap({ try SessionView($0, finder.records) })
        else { throw Failure("session-not-found", "The session of this booking is not here: sync, then try again.") }
        self.session = place
        let person = try finder.records.record(booking.document, Person.kind)
        name = person.map { "\(DisplayName($0)) (\(Words.number($0)))" } ?? "This person"
    }
}

/// Who is meant, within which session.
struct BookingOptions: ParsableArguments {
    @Argument(help: "The ticket code; or a candidate number, a name or a booking.") var who: String
    @Option(help: "The session, where the person has several.") var session: String?

    func find(_ store: CredentialStore) throws -> BookedPerson {
        try store.looking { try BookedPerson(who, session, Finder($0)) }
    }
}

extension CheckInDecision: ExpressibleByArgument {}
extension DocumentType: ExpressibleByArgument {}
extension NameResult: ExpressibleByArgument {}
extension ScoreRole: ExpressibleByArgument {}
extension IncidentType: ExpressibleByArgument {}
extension IncidentSeverity: ExpressibleByArgument {}

/// Codes that nobody has to lease: letters and digits that are not taken for each other.
enum Codes {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")

    /// Fifty random bits: two alike are not to be expected.
    static func ticket() -> String { String((0..<10).map { _ in digits[Int.random(in: 0..<32)] }) }

    /// Until headquarters leases blocks of numbers, a walk-in's is drawn from a range of its own: eight digits, where
    /// blocks begin with six.
    static func candidateNumber() -> String {
        CandidateNumber.text(UInt64.random(in: (1 << 35)..<(1 << 40)))
    }
}
