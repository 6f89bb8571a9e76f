import ByteCoding
import CredentialStore
import Credentialing
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore

/// Finds a case by the beginning of its name.
struct CaseFinder {
    let records: StoredRecords
    let cases: [StandingCase]
    let closed: [ClosedCase]

    init(_ records: StoredRecords, _ db: Database) throws {
        self.records = records
        cases = try records.standingCases(db)
        closed = try records.closedCases(db)
    }

    enum Found {
        case standing(StandingCase)
        case closed(ClosedCase)
    }

    func find(_ text: String) throws -> Found {
        let prefix = text.trimmingCharacters(in: .whitespaces).lowercased()
        guard !prefix.isEmpty else {
            throw Failure("case-not-found", "Say which case: assay conflicts list names them.", exit: Failure.usage)
        }
        let names = Set(cases.map(\.name) + closed.map(\.name)).filter { $0.description.hasPrefix(prefix) }.sorted()
        guard let name = names.first else {
            throw Failure(
                "case-not-found",
                "No case here begins with \(text): assay conflicts list --all names them, or sync first.")
        }
        guard names.count == 1 else {
            let listed = names.prefix(6).map { "\n  \($0.origin)" }.joined()
            throw Failure("case-ambiguous", "\(names.count) cases begin with \(text): write more of the name.\(listed)")
        }
        if let standing = cases.first(where: { $0.name == name }) { return .standing(standing) }
        if let decided = closed.first(where: { $0.name == name }) { return .closed(decided) }
        throw Failure("case-not-found", "No case here begins with \(text).")
    }

    /// A case that can be decided.
    func waiting(_ text: String) throws -> StandingCase {
        switch try find(text) {
        case .standing(let found): return found
        case .closed(let found):
            throw Failure(
                "already-decided",
                "Case \(found.name.caseLabel) was decided and its question is gone: assay conflicts show "
                    + "\(found.name.caseLabel) says how.")
        }
    }
}

/// The values that a question about a cell is between, numbered as `conflicts show` shows them.
struct CaseClaims {
    struct Claim {
        let dot: Dot
        let stamp: Stamp?
        let text: String
        let isShown: Bool
    }

    let choices: [Claim]

    init(_ violation: Violation, _ records: StoredRecords, _ words: Words) throws {
        guard !violation.cells.isEmpty, let member = violation.members.first,
            let kind = RuleBook.standard.rule(violation.rule)?.kinds.first,
            let view = try records.record(member, kind)
        else {
            choices = []
            return
        }
        let unit = kind.fields.filter { violation.cells.contains($0.tag) }
        choices = try Choice.all(in: view, unit).map { choice in
            let text: String
            if kind.tag == Person.kind.tag, unit.map(\.tag) == Person.legalName.map(\.tag).sorted() {
                func part(_ field: Field) -> String {
                    guard let place = unit.firstIndex(of: field), case .text(let text) = choice.values[place] else {
                        return ""
                    }
                    return text.string
                }
                text =
                    DisplayName(
                        given: part(Person.givenName), family: part(Person.familyName), script: part(Person.script)
                    ).description
            } else {
                text = try zip(choice.values, unit).map { try words.value($0, $1) }.joined(separator: ", ")
            }
            let stamp = unit.lazy.flatMap { view.siblings(of: $0) }.first { $0.dot == choice.dot }?.stamp
            return Claim(
                dot: choice.dot, stamp: stamp, text: text, isShown: choice.values == unit.map { view[$0] })
        }
    }
}

extension StandingCase {
    var lines: [String] {
        let (words, role) = CaseWords.standing(standing)
        let text = Layout.entry(name.caseLabel, violation.text, labelColumns: 10)
        return text
            + Layout.wrapped("          \(violation.rule), \(words)", hanging: 10).map { Console.styled($0, role) }
    }

    var json: JSONValue {
        var decision: String?
        if case .settled(let word) = standing { decision = word }
        return [
            "case": .text(name.caseLabel), "name": .text(name.description), "rule": .text(violation.rule.raw),
            "standing": .text(standing.word), "waiting": .flag(isWaiting), "decision": JSONValue(decision),
            "question": .text(violation.text), "until": .text(violation.safeDefault.rawValue),
            "members": .list(violation.members.map { .text($0.description) }),
        ]
    }
}

/// A case whose question is gone, with what was decided.
struct Decided {
    let closed: ClosedCase
    let meaning: String
    let resolutions: [RecordView]

    init(_ closed: ClosedCase, _ records: StoredRecords) throws {
        self.closed = closed
        var people: [String] = []
        for kind in CredentialingSchema.dossier.records {
            for member in closed.members {
                guard let record = try records.record(member, kind),
                    let person = try records.record(record.document, Person.kind)
                else { continue }
                let name = "\(DisplayName(person)) (\(Words.number(person)))"
                if !people.contains(name) { people.append(name) }
            }
        }
        let text = RuleBook.standard.rule(closed.rule)?.meaning ?? "A question of a newer build."
        meaning = people.isEmpty ? text : people.joined(separator: ", ") + ": " + text
        resolutions = try records.records(in: closed.name, Resolution.kind)
    }

    var lines: [String] {
        Layout.entry(closed.name.caseLabel, meaning, labelColumns: 10)
            + ["          " + Console.styled("\(closed.rule), ", .dim) + Console.styled("decided, and over", .good)]
    }

    var json: JSONValue {
        [
            "case": .text(closed.name.caseLabel), "name": .text(closed.name.description),
            "rule": .text(closed.rule.raw), "standing": "closed", "waiting": false,
            "decision": JSONValue(resolutions.last?.text(Resolution.decision)), "question": .text(meaning),
            "members": .list(closed.members.map { .text($0.description) }),
        ]
    }
}

extension AutoMerge {
    private var fieldOrNil: Field? {
        let kind = CredentialingSchema.schema.record(kind)
        return kind.flatMap { kind in kind.position(of: field).map { kind.fields[$0] } }
    }

    func lines(_ words: Words) throws -> [String] {
        guard let field = fieldOrNil else { return [] }
        var lines = Layout.wrapped("\(try words.reference(document)): \(Words.spaced(field.name))", hanging: 2)
        func line(_ claim: Claim, _ label: String) throws -> [String] {
            let who = "by \(try words.actor(claim.actor)) on \(words.replica(claim.dot.origin))"
            return Layout.entry(
                "  " + label,
                "\(try words.value(claim.value, field)), \(who), \(LocalTime.text(claim.time, seconds: true))",
                labelColumns: 10)
        }
        lines += try line(winner, "kept")
        for loser in losers { lines += try line(loser, "lost").map { Console.styled($0, .warning) } }
        return lines
    }

    func json(_ words: Words) throws -> JSONValue {
        func json(_ claim: Claim) -> JSONValue {
            [
                "value": JSONValue(claim.value), "actor": .text(claim.actor), "changeSet": .text(claim.dot.description),
                "replica": .text(claim.dot.origin.description), "deviceTime": .number(claim.time),
            ]
        }
        return [
            "document": .text(document.description), "record": .text(record.description),
            "field": JSONValue(fieldOrNil?.name), "kept": json(winner), "lost": .list(losers.map { json($0) }),
        ]
    }
}
