import Merging

/// A code that pays for sittings; its redemptions are ledger entries in dossiers.
public enum Voucher {
    public static let scopes = CredentialingSchema.scopes
    public static let code = Field(2, "code", .text, .fixed)
    public static let owner = Field(3, "owner", .text, .fixed)
    public static let redemptionsMaximum = Field(4, "redemptions_maximum", .integer, .fixed)
    public static let expiry = Field(5, "expiry", .date, .fixed)

    public static let kind = RecordKind(
        70, "voucher", indexes: [["code"]], [scopes, code, owner, redemptionsMaximum, expiry])
}

/// The awarding body itself.
public enum Organisation {
    public static let scopes = CredentialingSchema.scopes
    public static let title = Field(2, "title", .text, .latest)

    public static let kind = RecordKind(80, "organisation", indexes: [], [scopes, title])
}

/// A question across records. Replicas derive the question from merged state; only what people decide is kept here.
public enum CaseFile {
    public static let scopes = CredentialingSchema.scopes
    public static let rule = Field(2, "rule", .text, .fixed)
    /// The names of the records concerned, ascending, with one space between them.
    public static let members = Field(3, "members", .text, .fixed)

    public static let kind = RecordKind(90, "case_file", indexes: [], [scopes, rule, members])
}

/// What somebody decided about a case, and what they had seen when they did.
public enum Resolution {
    public static let decision = Field(1, "decision", .text, .once)
    public static let reason = Field(2, "reason", .text, .once)
    public static let decidedBy = Field(3, "decided_by", .text, .once)
    public static let decidedAt = Field(4, "decided_at", .timestamp, .once)
    /// ``Violation/factsDigest(_:)``: what the fields concerned said.
    public static let facts = Field(5, "facts_digest", .bytes, .once)
    /// ``SeenContexts``: how far the members' documents and the case itself had come.
    public static let seen = Field(6, "seen", .bytes, .once)

    public static let kind = RecordKind(
        91, "case_resolution", isAppendOnly: true, indexes: [], [decision, reason, decidedBy, decidedAt, facts, seen])
}
