import ChangeSets
import Merging

/// Begins a dossier.
public struct RegisterPerson: Command {
    public static let intent: Text = "register-person"

    /// An identity document as it was seen.
    public struct Document: Hashable, Sendable {
        public var type: DocumentType
        public var country: String
        public var lastFour: String
        /// See ``IdentityDocument/keyedHash``.
        public var keyedHash: [UInt8]
        public var expiry: String?

        public init(type: DocumentType, country: String, lastFour: String, keyedHash: [UInt8], expiry: String? = nil) {
            self.type = type
            self.country = country
            self.lastFour = lastFour
            self.keyedHash = keyedHash
            self.expiry = expiry
        }
    }

    public var candidateNumber: String
    public var given: String
    public var family: String
    /// An ISO 15924 code.
    public var script = "Latn"
    public var dateOfBirth: String?
    public var externalKey: String?
    public var externalKeys: [String] = []
    public var preferredName: String?
    public var address: String?
    public var language: String?
    public var phone: String?
    public var emails: [String] = []
    public var region: String?
    public var documents: [Document] = []
    public var isWalkIn = false
    /// The scopes besides the region's: those of the site whose desk registers.
    public var scopes: [String] = []

    public init(candidateNumber: String, given: String, family: String) {
        self.candidateNumber = candidateNumber
        self.given = given
        self.family = family
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let number = try Checks.required(candidateNumber, "candidate number")
        let external = try Checks.optional(externalKey, "external key")
        try look.checkUnused(number, Person.kind, Person.candidateNumber, "candidate number")
        try look.checkUnused(external, Person.kind, Person.externalKey, "external key")
        var person = RecordBuilder(.pending(ordinal: 0), Person.kind)
        let place = try Checks.optional(region, "region")
        person.add(Person.scopes, scopes + (place.map { [ScopeName.region($0)] } ?? []))
        person.set(Person.candidateNumber, number)
        person.set(Person.externalKey, external)
        person.add(Person.externalKeys, externalKeys)
        let name = try LegalName(given: given, family: family, script: script)
        person.setName(given: name.given, family: name.family, script: name.script)
        person.set(Person.preferredName, try Checks.optional(preferredName, "preferred name"))
        person.set(Person.address, try Checks.optional(address, "address"))
        person.set(Person.language, try Checks.optional(language, "language"))
        person.set(Person.phone, try Checks.optional(phone, "phone number"))
        person.set(Person.dateOfBirth, try Checks.date(dateOfBirth, "date of birth"))
        person.add(Person.emails, emails)
        person.set(Person.hold, Hold.none.rawValue)
        person.set(Person.region, place)
        person.set(Person.isWalkIn, isWalkIn)
        var changes = [person.change]
        for (index, document) in documents.enumerated() {
            changes.append(try record(document, ordinal: UInt16(index + 1)))
        }
        return [
            Draft(
                .new, documentKind: CredentialingSchema.dossier.tag, actor: actor.text, intent: Self.intent,
                changes: changes)
        ]
    }

    private func record(_ document: Document, ordinal: UInt16) throws(CommandRefusal) -> RecordChange {
        var record = RecordBuilder(.pending(ordinal: ordinal), IdentityDocument.kind)
        record.set(IdentityDocument.documentType, document.type)
        record.set(IdentityDocument.country, try Checks.required(document.country, "country of the document"))
        record.set(IdentityDocument.lastFour, try Checks.required(document.lastFour, "end of the document's number"))
        guard !document.keyedHash.isEmpty else {
            throw CommandRefusal(.missing, "The document's number is missing: scan or type it.")
        }
        record.set(IdentityDocument.keyedHash, document.keyedHash)
        record.set(IdentityDocument.expiry, try Checks.date(document.expiry, "expiry date"))
        return record.change
    }
}

/// A legal name that passed the form's checks. Somebody with one name has it as the family name or the given one.
struct LegalName {
    let given: String
    let family: String
    let script: String

    init(given: String, family: String, script: String) throws(CommandRefusal) {
        self.given = try Checks.optional(given, "given name") ?? ""
        self.family = try Checks.optional(family, "family name") ?? ""
        self.script = try Checks.required(script, "script")
        if self.given.isEmpty, self.family.isEmpty {
            throw CommandRefusal(.missing, "The name is missing: fill in the family name or the given name.")
        }
    }
}
