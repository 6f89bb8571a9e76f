import ChangeSets
import Credentialing
import HybridTime
import Merging
import ReplicaStore

extension StoreTransaction {
    /// Commits drafts, and lets the cases of documents whose scopes they write follow these.
    /// - Returns: the change sets of the drafts, then those of the cases.
    @discardableResult
    public func commitWithCases(_ drafts: [Draft], time: Int64) throws(StoreError) -> [ChangeSet] {
        let sets = try commit(drafts, time: time)
        var cases: [Draft] = []
        var seen = Set<RecordName>()
        for draft in drafts {
            guard let document = draft.moved, try hasViolations() else { continue }
            let reading = StoredRecords(records)
            for kept in try records.violations(of: document) where seen.insert(kept.caseName).inserted {
                do throws(ReadingFailure) {
                    guard let key = RuleKey(kept.key),
                        let violation = try RuleBook.standard.evaluate(key, reading: reading),
                        let move = try violation.following(kept.caseName, actor: draft.actor, reading: reading)
                    else { continue }
                    cases.append(move)
                } catch { throw .damaged(place: "a case", reason: error.detail) }
            }
        }
        return cases.isEmpty ? sets : sets + (try commit(cases, time: time))
    }
}

extension Draft {
    /// The document whose scopes this writes; nil where it makes the document, which no case can know yet.
    fileprivate var moved: RecordName? {
        guard case .document(let name) = target, documentKind != CredentialingSchema.caseFile.tag else { return nil }
        let writes = changes.first { $0.record == name }?.writes ?? []
        return writes.contains { $0.field == CredentialingSchema.scopes.tag } ? name : nil
    }
}
