import Merging

/// A qualification. Headquarters writes it.
public enum Scheme {
    public static let scopes = CredentialingSchema.scopes
    public static let code = Field(2, "code", .text, .fixed)
    public static let externalKey = Field(3, "external_key", .text, .fixed)
    public static let title = Field(4, "title", .text, .latest)
    public static let schemeKind = Field(5, "scheme_kind", .enumeration(SchemeKind.words), .fixed)

    public static let kind = RecordKind(
        40, "scheme", indexes: [["code"], ["external_key"]], [scopes, code, externalKey, title, schemeKind])
}

/// What a scheme leads to.
public enum SchemeKind: String, CaseIterable, Sendable {
    case certification, certificate, recertification, benchmark, practice
    public static let words = allCases.map(\.rawValue)
}

/// The rules of a scheme from one day on. Its facts are fixed: a published version is frozen, a change is a new version.
public enum SchemeVersion {
    public static let number = Field(1, "number", .integer, .fixed)
    public static let state = Field(2, "state", .enumeration(VersionState.words), .ranked(VersionState.words))
    /// How many minutes after the start somebody may still be admitted without a waiver.
    public static let lateMinutes = Field(3, "late_minutes", .integer, .fixed)
    public static let walkInAllowed = Field(4, "walk_in_allowed", .boolean, .fixed)

    public static let kind = RecordKind(
        41, "scheme_version", indexes: [], [number, state, lateMinutes, walkInAllowed])
}

/// Whether a version may still be changed.
public enum VersionState: String, CaseIterable, Sendable {
    case draft, published
    public static let words = allCases.map(\.rawValue)
}

/// A part of a scheme version that is sat and scored by itself.
public enum Component {
    public static let schemeVersion = Field(1, "scheme_version", .reference, .fixed)
    public static let code = Field(2, "code", .text, .fixed)
    public static let title = Field(3, "title", .text, .latest)
    /// The least and the greatest raw score, both possible.
    public static let rawMinimum = Field(4, "raw_minimum", .integer, .fixed)
    public static let rawMaximum = Field(5, "raw_maximum", .integer, .fixed)
    public static let durationMinutes = Field(6, "duration_minutes", .integer, .fixed)

    public static let kind = RecordKind(
        42, "component", indexes: [], [schemeVersion, code, title, rawMinimum, rawMaximum, durationMinutes])
}
