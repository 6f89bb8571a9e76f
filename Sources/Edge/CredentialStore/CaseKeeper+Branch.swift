import ChangeSets
import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// What of Assay's own records is made of names, when forks change names: cases are named after their members, list
/// them, and keep how far their documents had come.
extension CaseKeeper {
    func derivedName(of set: ChangeSet, _ names: Renaming) -> RecordName? {
        guard set.document.isHash else { return nil }
        for change in set.changes where change.kind == CaseFile.kind.tag {
            var rule: String?
            var members: [RecordName]?
            for write in change.writes {
                guard case .text(let text) = write.value else { continue }
                if write.field == CaseFile.rule.tag { rule = text.string }
                if write.field == CaseFile.members.tag { members = CaseKeeper.names(text.string) }
            }
            guard let rule, let members else { continue }
            return Violation.caseName(RuleID(rule), members.map(names.name(of:)).sorted(), .cryptoSHA256)
        }
        return nil
    }

    func derivedValue(_ value: Value, _ kind: UInt32, _ field: FieldTag, _ names: Renaming) -> Value {
        switch (kind, field, value) {
        case (CaseFile.kind.tag, CaseFile.members.tag, .text(let text)):
            guard let members = CaseKeeper.names(text.string) else { return value }
            return .text(members.map(names.name(of:)).sorted().map(\.description).joined(separator: " "))
        case (Resolution.kind.tag, Resolution.seen.tag, .bytes(let bytes)):
            guard let seen = SeenContexts(bytes) else { return value }
            var contexts: [RecordName: Context] = [:]
            for (document, context) in seen.contexts {
                contexts[names.name(of: document)] = names.context(context)
            }
            return .bytes(SeenContexts(contexts).bytes)
        default: return value
        }
    }

    /// Nil for a text that is no list of names.
    private static func names(_ text: String) -> [RecordName]? {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        let names = words.compactMap { RecordName(String($0)) }
        return names.count == words.count ? names : nil
    }
}
