import Credentialing
import Merging
import ReplicaStore

/// A case that waits for a person.
public struct OpenCase: Hashable, Sendable {
    /// The text of its rule's key.
    public let key: String
    public let rule: RuleID
    public let name: RecordName
    /// One line for people.
    public let text: String
}

extension StoredRecords {
    /// The cases that nobody has settled and that touch a record, or any record of a document, ascending by key.
    public func openCases(touching member: RecordName) throws(ReadingFailure) -> [OpenCase] {
        let settled = CaseStanding.settled(decision: "").word
        do throws(StoreError) {
            return try reader.violations(of: member).filter { $0.standing != settled }
                .map { OpenCase(key: $0.key, rule: RuleID($0.rule), name: $0.caseName, text: $0.summary) }
        } catch { throw ReadingFailure(error.description) }
    }
}
