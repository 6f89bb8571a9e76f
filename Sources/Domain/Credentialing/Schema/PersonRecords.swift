import Merging

/// The root record of a dossier.
///
/// The legal name is one unit of three fields that are always written together, by one change set: their siblings then
/// come from the same dots, the greatest of each is of the same dot, and one question over the three decides it.
public enum Person {
    public static let scopes = CredentialingSchema.scopes
    /// Short, from a block that headquarters leases to the replica; printed on every paper the person gets.
    public static let candidateNumber = Field(2, "candidate_number", .text, .fixed)
    /// The key under which an import knows this person: the same file twice changes nothing.
    public static let externalKey = Field(3, "external_key", .text, .fixed)
    /// Every key that other systems know the person by, as `system:key`.
    public static let externalKeys = Field(4, "external_keys", .text, .addWins)
    public static let givenName = Field(5, "given_name", .text, .review)
    public static let familyName = Field(6, "family_name", .text, .review)
    /// The script of the legal name as an ISO 15924 code, such as `Latn`: it decides the order on display.
    public static let script = Field(7, "script", .text, .review)
    /// ``NameFolding/key(given:family:)`` of the legal name, written with it, for look-ups. It is of the greatest
    /// (stamp, dot), as is the name that is shown.
    public static let nameKey = Field(8, "name_key", .text, .latest)
    public static let preferredName = Field(9, "preferred_name", .text, .latest)
    public static let address = Field(10, "address", .text, .latest)
    /// A BCP 47 tag.
    public static let language = Field(11, "language", .text, .latest)
    public static let phone = Field(12, "phone", .text, .latest)
    public static let dateOfBirth = Field(13, "date_of_birth", .date, .review)
    public static let emails = Field(14, "emails", .text, .addWins)
    public static let hold = Field(15, "hold", .enumeration(Hold.words), .ranked(Hold.words))
    public static let region = Field(16, "region", .text, .latest)
    /// Whether the dossier was begun at a desk for somebody who came without a booking.
    public static let isWalkIn = Field(18, "is_walk_in", .boolean, .fixed)

    /// The legal name's three parts: one question, never three.
    public static let legalName = [givenName, familyName, script]

    public static let kind = RecordKind(
        1, "person",
        indexes: [["candidate_number"], ["external_key"], ["name_key"], ["date_of_birth", "name_key"]],
        [
            scopes, candidateNumber, externalKey, externalKeys, givenName, familyName, script, nameKey, preferredName,
            address, language, phone, dateOfBirth, emails, hold, region, isWalkIn,
        ])
}

/// An identity document that somebody saw. One that was seen stays seen, so it is an append-only record and not an element
/// of a set: a set's elements have no index, and the same document in two dossiers must be found without a scan.
public enum IdentityDocument {
    public static let documentType = Field(1, "document_type", .enumeration(DocumentType.words), .once)
    /// ISO 3166 alpha-3, as on the document.
    public static let country = Field(2, "country", .text, .once)
    public static let lastFour = Field(3, "last_four", .text, .once)
    /// A keyed hash of type, country and number: equal for the same document, useless to whoever lacks the key.
    public static let keyedHash = Field(4, "keyed_hash", .bytes, .once)
    public static let expiry = Field(5, "expiry", .date, .once)

    public static let kind = RecordKind(
        2, "identity_document", isAppendOnly: true, indexes: [["keyed_hash"]],
        [documentType, country, lastFour, keyedHash, expiry])
}

/// Whether a person may sit.
public enum Hold: String, CaseIterable, Sendable {
    case none, hold, barred
    public static let words = allCases.map(\.rawValue)
}

/// What a person showed.
public enum DocumentType: String, CaseIterable, Sendable {
    case passport
    case nationalCard = "national_card"
    case drivingLicence = "driving_licence"
    case residencePermit = "residence_permit"
    case other
    public static let words = allCases.map(\.rawValue)
}
