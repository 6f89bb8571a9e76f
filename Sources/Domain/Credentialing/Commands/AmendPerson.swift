import ChangeSets
import Merging

/// Puts a legal name right. All parts are written, also those that stay: the name is one unit.
public struct CorrectName: Command {
    public static let intent: Text = "correct-name"

    public var person: RecordName
    public var given: String
    public var family: String
    public var script: String
    /// The dossier's context when the form was opened, where a sync may have come in since.
    public var seen: Context?

    public init(person: RecordName, given: String, family: String, script: String = "Latn", seen: Context? = nil) {
        self.person = person
        self.given = given
        self.family = family
        self.script = script
        self.seen = seen
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let view = try Lookup(reading).get(person, Person.kind, "person")
        let name = try LegalName(given: given, family: family, script: script)
        // A name that is in question may be confirmed by writing it again: that is what settles it.
        let isInQuestion = Person.legalName.contains(where: view.isProvisional)
        if !isInQuestion, view.text(Person.givenName) ?? "" == name.given,
            view.text(Person.familyName) ?? "" == name.family, view.text(Person.script) == name.script
        {
            throw CommandRefusal(.nothingToDo, "The name is so already: nothing was changed.")
        }
        var record = RecordBuilder(person, Person.kind)
        record.setName(given: name.given, family: name.family, script: name.script)
        return [
            Draft(
                .document(view.document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text,
                intent: Self.intent, seen: seen, changes: [record.change])
        ]
    }
}

/// Puts a date of birth right.
public struct CorrectDateOfBirth: Command {
    public static let intent: Text = "correct-date-of-birth"

    public var person: RecordName
    /// `YYYY-MM-DD`.
    public var dateOfBirth: String
    /// The dossier's context when the form was opened, where a sync may have come in since.
    public var seen: Context?

    public init(person: RecordName, dateOfBirth: String, seen: Context? = nil) {
        self.person = person
        self.dateOfBirth = dateOfBirth
        self.seen = seen
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let view = try Lookup(reading).get(person, Person.kind, "person")
        guard let date = try Checks.date(dateOfBirth, "date of birth") else {
            throw CommandRefusal(.missing, "The date of birth is missing: fill it in.")
        }
        if view.text(Person.dateOfBirth) == date, !view.isProvisional(Person.dateOfBirth) {
            throw CommandRefusal(.nothingToDo, "The date of birth is so already: nothing was changed.")
        }
        var record = RecordBuilder(person, Person.kind)
        record.set(Person.dateOfBirth, date)
        return [
            Draft(
                .document(view.document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text,
                intent: Self.intent, seen: seen, changes: [record.change])
        ]
    }
}

/// What a form does to a text field: a blank leaves it alone, clearing is explicit.
public enum Edit: Hashable, Sendable {
    case keep
    case set(String)
    case clear
}

/// Changes how a person is reached.
public struct UpdateContact: Command {
    public static let intent: Text = "update-contact"

    public var person: RecordName
    public var preferredName = Edit.keep
    public var address = Edit.keep
    public var language = Edit.keep
    public var phone = Edit.keep
    public var emailsAdded: [String] = []
    public var emailsRemoved: [String] = []
    /// The dossier's context when the form was opened, where a sync may have come in since.
    public var seen: Context?

    public init(person: RecordName) { self.person = person }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let view = try Lookup(reading).get(person, Person.kind, "person")
        var record = RecordBuilder(person, Person.kind)
        let edits = [
            (Person.preferredName, preferredName, "preferred name"), (Person.address, address, "address"),
            (Person.language, language, "language"), (Person.phone, phone, "phone number"),
        ]
        for (field, edit, noun) in edits {
            switch edit {
            case .keep: break
            case .clear: if view[field] != .null { record.put(field, .null) }
            case .set(let text):
                let text = try Checks.required(text, noun)
                if view.text(field) != text { record.set(field, text) }
            }
        }
        let there = view.elements(Person.emails)
        record.add(Person.emails, emailsAdded.filter { !there.contains($0) })
        record.remove(Person.emails, emailsRemoved.filter(there.contains))
        guard !record.isEmpty else {
            throw CommandRefusal(.nothingToDo, "The contact data are so already: nothing was changed.")
        }
        return [
            Draft(
                .document(view.document), documentKind: CredentialingSchema.dossier.tag, actor: actor.text,
                intent: Self.intent, seen: seen, changes: [record.change])
        ]
    }
}
