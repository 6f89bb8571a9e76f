import ChangeSets
import Merging

/// Which replicas need a case: those that hold one of its documents, or they would ask what somebody has decided.
extension Violation {
    public static let followIntent: Text = "move-case"

    /// Where the case has to go.
    func scopes(reading: some RecordReading) throws(ReadingFailure) -> Set<String> {
        var scopes = Set<String>()
        for document in documents {
            for kind in CredentialingSchema.schema.documents.compactMap(CredentialingSchema.root) {
                if let root = try reading.record(document, kind) {
                    scopes.formUnion(root.elements(CredentialingSchema.scopes))
                }
            }
        }
        return scopes
    }

    /// Writes the case's scopes anew: added also where they are there, as those of its documents are.
    func setScopes(
        _ file: inout RecordBuilder, _ existing: RecordView?, reading: some RecordReading
    ) throws(ReadingFailure) {
        let wanted = try scopes(reading: reading)
        file.add(CaseFile.scopes, wanted.sorted())
        file.remove(CaseFile.scopes, Set(existing?.elements(CaseFile.scopes) ?? []).subtracting(wanted).sorted())
    }

    /// The change set that makes a case follow its documents after their scopes were written; nil where nobody has decided
    /// anything yet, so that there is no file.
    /// - Parameter name: ``caseName(_:)``.
    public func following(
        _ name: RecordName, actor: Text, reading: some RecordReading
    ) throws(ReadingFailure) -> Draft? {
        guard let existing = try reading.record(name, CaseFile.kind) else { return nil }
        var file = RecordBuilder(name, CaseFile.kind)
        try setScopes(&file, existing, reading: reading)
        guard !file.isEmpty else { return nil }
        return Draft(
            .document(name), documentKind: CredentialingSchema.caseFile.tag, actor: actor, intent: Self.followIntent,
            changes: [file.change])
    }
}
