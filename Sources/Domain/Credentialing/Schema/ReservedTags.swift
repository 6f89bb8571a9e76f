import Merging

/// Numbers and names that the domain will need and that nothing else may take: a replica of a later build must be able to
/// add them without meeting another meaning in the field.
public enum ReservedTags {
    /// A record kind that is planned, or the planned fields of one that is there.
    public struct Entry: Sendable {
        public let document: UInt32
        public let record: UInt32
        public let name: String
        /// Numbers and names of the planned fields; the merge class is decided when they come.
        public let fields: [(number: UInt32, name: String)]

        init(_ document: DocumentKind, _ record: UInt32, _ name: String, _ fields: [(UInt32, String)]) {
            self.document = document.tag
            self.record = record
            self.name = name
            self.fields = fields.map { (number: $0.0, name: $0.1) }
        }

        init(_ document: DocumentKind, _ record: UInt32, _ name: String, _ fields: String...) {
            self.init(document, record, name, fields.enumerated().map { (UInt32($0.offset + 1), $0.element) })
        }
    }

    public static let entries = moreFields + dossier + others

    /// Fields to come in records that are there.
    private static let moreFields = [
        Entry(CredentialingSchema.dossier, 1, "person", [(17, "disclosure_restriction")]),
        Entry(CredentialingSchema.dossier, 3, "booking", [(8, "exam_authorization"), (9, "accommodations")]),
        Entry(CredentialingSchema.dossier, 4, "check_in", [(16, "photo"), (17, "signature")]),
        Entry(
            CredentialingSchema.dossier, 6, "sitting",
            [(8, "exam_form"), (9, "seat"), (10, "materials_out"), (11, "materials_in")]),
        Entry(
            CredentialingSchema.scheme, 41, "scheme_version",
            [
                (5, "validity_months"), (6, "grace_days"), (7, "retake_wait_days"), (8, "retake_maximum"),
                (9, "retake_window_days"), (10, "name_rule"), (11, "retention_months"), (12, "photo_required"),
                (13, "signature_required"),
            ]),
        Entry(CredentialingSchema.session, 61, "incident", [(9, "outcome")]),
    ]

    private static let dossier = [
        Entry(CredentialingSchema.dossier, 8, "application", "scheme", "pathway", "evidence", "state"),
        Entry(CredentialingSchema.dossier, 9, "evidence_verdict", "application", "evidence", "verdict", "decided_by"),
        Entry(
            CredentialingSchema.dossier, 10, "application_decision", "application", "decision", "reason", "decided_by"),
        Entry(
            CredentialingSchema.dossier, 11, "exam_authorization", "component", "window_from", "window_until",
            "attempts_allowed", "accommodations", "cancellation"),
        Entry(
            CredentialingSchema.dossier, 12, "ledger_entry", "entry_kind", "amount_minor", "currency", "method",
            "payment_reference", "idempotency_key", "voucher"),
        Entry(CredentialingSchema.dossier, 14, "result", "sitting", "component", "state"),
        Entry(
            CredentialingSchema.dossier, 15, "appeal", "against", "received_on", "panel", "deadline", "outcome"),
        Entry(CredentialingSchema.dossier, 16, "complaint", "against", "received_on", "deadline", "outcome"),
        Entry(CredentialingSchema.dossier, 17, "proceeding_step", "proceeding", "step", "taken_by", "device_time"),
        Entry(
            CredentialingSchema.dossier, 18, "decision", "subject", "decision_kind", "reason", "decider", "facts",
            "seen"),
        Entry(
            CredentialingSchema.dossier, 19, "credential", "licence_number", "scheme_version", "status_index",
            "signed_bytes", "issued_on", "effective_on", "expires_on", "sanction", "result"),
        Entry(
            CredentialingSchema.dossier, 20, "continuing_education", "provider", "activity_code", "activity_date",
            "units",
            "evidence"),
        Entry(CredentialingSchema.dossier, 21, "education_verdict", "continuing_education", "verdict", "decided_by"),
        Entry(CredentialingSchema.dossier, 22, "renewal_cycle", "credential", "state", "opens_on", "closes_on"),
        Entry(CredentialingSchema.dossier, 23, "notice", "idempotency_key", "template_name", "subject", "sent_at"),
        Entry(CredentialingSchema.dossier, 24, "identity_link", "other_person", "verdict", "reason", "decided_by"),
        Entry(CredentialingSchema.dossier, 25, "portrait", "content_hash", "taken_at", "purpose"),
        Entry(CredentialingSchema.dossier, 26, "consent", "purpose", "given", "wording_version", "device_time"),
    ]

    private static let others = [
        Entry(CredentialingSchema.scheme, 43, "pathway", "scheme_version", "code", "title", "evidence_required"),
        Entry(CredentialingSchema.scheme, 44, "cut_score", "component", "scaled", "raw"),
        Entry(CredentialingSchema.scheme, 45, "fee", "scheme_version", "fee_kind", "amount_minor", "currency"),
        Entry(
            CredentialingSchema.scheme, 46, "education_rule", "scheme_version", "activity_kind", "units_minimum",
            "units_maximum"),
        Entry(CredentialingSchema.session, 64, "incident_narrative", "incident", "narrative", "written_by"),
        Entry(CredentialingSchema.organisation, 81, "replica", "incarnation", "device", "label"),
        Entry(CredentialingSchema.organisation, 82, "device", "public_key", "label", "revocation"),
        Entry(CredentialingSchema.organisation, 83, "role_grant", "actor_id", "role_name", "scope_name", "state"),
        Entry(CredentialingSchema.caseFile, 92, "case_note", "note", "written_by", "device_time"),
    ]
}
