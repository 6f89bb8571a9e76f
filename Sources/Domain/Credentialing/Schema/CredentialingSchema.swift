import Merging

/// Everything that an awarding body keeps, declared once as data: columns, codec and merge all follow from it.
///
/// The root record of a document bears the document's own name (ordinal 0), so a reference to a person is a reference to
/// the person's dossier. Tags and names are frozen by a listing in the tests; those that are only planned are kept from
/// other uses by ``ReservedTags``.
public enum CredentialingSchema {
    /// One person and all that is theirs.
    public static let dossier = DocumentKind(
        1, "dossier",
        [
            Person.kind, IdentityDocument.kind, Booking.kind, CheckIn.kind, CheckInVoid.kind, Sitting.kind,
            ScoreEntry.kind, PresenceEvent.kind,
        ])
    /// A qualification with its versions and components.
    public static let scheme = DocumentKind(
        2, "scheme", comesFirst: true, [Scheme.kind, SchemeVersion.kind, Component.kind])
    /// A place where people sit, with rooms, seats and staff.
    public static let site = DocumentKind(
        3, "site", comesFirst: true, [Site.kind, Room.kind, Seat.kind, StaffMember.kind])
    /// One sitting time of one component at one site.
    public static let session = DocumentKind(
        4, "session", comesFirst: true,
        [ExamSession.kind, Incident.kind, SessionClosure.kind, Interruption.kind, SealManifest.kind])
    /// A code that pays for sittings.
    public static let voucher = DocumentKind(5, "voucher", [Voucher.kind])
    /// The awarding body itself.
    public static let organisation = DocumentKind(
        6, "organisation", comesFirst: true, [Organisation.kind])
    /// A question across records that a person decides; named by ``Violation/caseName(_:)``.
    public static let caseFile = DocumentKind(7, "case", [CaseFile.kind, Resolution.kind])

    public static let schema = Schema([dossier, scheme, site, session, voucher, organisation, caseFile])

    /// The scopes that a document belongs to, such as `common`, `region/north` or `site/LEEDS`: who receives it is data
    /// that merges like the rest. The root record of every document has this field under this tag.
    public static let scopes = Field(1, "scopes", .text, .addWins)

    /// The kind of a document's root record.
    public static func root(of document: DocumentKind) -> RecordKind? { document.records.first }
}

/// The names of scopes.
public enum ScopeName {
    /// Everything: every document is in it, whatever it says of itself.
    public static let organisation = "org"
    /// What every replica needs: schemes, vouchers, the organisation.
    public static let common = "common"
    public static func region(_ region: String) -> String { "region/\(region)" }
    public static func site(_ code: String) -> String { "site/\(code)" }

    public static func isSite(_ scope: String) -> Bool { scope.hasPrefix("site/") }
    public static func isRegion(_ scope: String) -> Bool { scope.hasPrefix("region/") }
    /// The site's code or the region's name.
    public static func place(_ scope: String) -> String? {
        scope.firstIndex(of: "/").map { String(scope[scope.index(after: $0)...]) }
    }
}
