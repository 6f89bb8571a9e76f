import ChangeSets
import Merging

/// Takes a dossier from the sites whose sessions are over: they have done their work on it. Regions keep it.
public struct ReleaseDossier: Command {
    public static let intent: Text = "release-dossier"

    public var person: RecordName
    /// The sessions that no longer need anybody.
    public var sessions: Set<RecordName>

    public init(person: RecordName, sessions: Set<RecordName>) {
        self.person = person
        self.sessions = sessions
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let view = try look.get(person, Person.kind, "person")
        var ending = Set<RecordName>()
        for booking in try look.list(view.document, Booking.kind) {
            if let name = booking.reference(Booking.examSession), sessions.contains(name) {
                ending.insert(booking.name)
            }
        }
        guard let change = try DossierScopes.change(look, view.document, without: ending) else {
            throw CommandRefusal(.nothingToDo, "No site holds this dossier for these sessions: nothing was changed.")
        }
        let sites = change.writes.filter { write in
            if case .text(let scope) = write.value { ScopeName.isSite(scope.string) } else { false }
        }
        guard !sites.isEmpty else {
            throw CommandRefusal(.nothingToDo, "No site holds this dossier for these sessions: nothing was changed.")
        }
        let record = RecordChange(view.name, kind: Person.kind.tag, sites)
        return [view.dossierDraft(Self.intent, actor, [record])]
    }
}
