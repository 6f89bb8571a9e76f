import Credentialing
import GRDB
import HybridTime
import Merging
import ReplicaStore

/// A question that the rules raised here, and what was decided about it.
public struct StandingCase: Sendable {
    /// The same on every replica.
    public let name: RecordName
    public let violation: Violation
    public let standing: CaseStanding

    /// Whether a person still has to decide.
    public var isWaiting: Bool {
        if case .settled = standing { false } else { true }
    }
}

/// A case that somebody decided and whose question is no longer there, as after a choice between values.
public struct ClosedCase: Sendable {
    public let name: RecordName
    public let rule: RuleID
    public let members: [RecordName]
}

extension StoredRecords {
    /// The kept violations as they stand, by rule and then by key.
    public func standingCases(_ db: Database) throws -> [StandingCase] {
        var cases: [StandingCase] = []
        for text in try String.fetchAll(db, sql: "SELECT key FROM violation ORDER BY rule, key") {
            guard let key = RuleKey(text), let violation = try RuleBook.standard.evaluate(key, reading: self) else {
                continue
            }
            let standing = try CaseStanding.read(violation, digesting: .cryptoSHA256, reading: self)
            cases.append(
                StandingCase(name: violation.caseName(.cryptoSHA256), violation: violation, standing: standing))
        }
        return cases
    }

    /// The case documents whose question no rule raises now, by rule and then by name.
    public func closedCases(_ db: Database) throws -> [ClosedCase] {
        let open = Set(try String.fetchAll(db, sql: "SELECT case_name FROM violation"))
        var cases: [ClosedCase] = []
        for row in try Row.fetchAll(db, sql: "SELECT rule, members FROM case_file ORDER BY rule, members") {
            guard let rule = row[0] as String?, let text = row[1] as String? else { continue }
            let members = text.split(separator: " ").compactMap { RecordName(String($0)) }
            let name = Violation.caseName(RuleID(rule), members, .cryptoSHA256)
            if !open.contains(name.description) {
                cases.append(ClosedCase(name: name, rule: RuleID(rule), members: members))
            }
        }
        return cases
    }

    /// The records of which a condition over the columns holds: for people's lists and searches, which may scan.
    public func list(
        _ kind: RecordKind, where condition: String = "1", _ arguments: [Value] = [], limit: Int = 10_000
    ) throws(ReadingFailure) -> [RecordView] {
        try views(kind, where: condition, arguments, limit: limit)
    }
}
