import ArgumentParser
import ByteCoding
import CredentialStore
import Credentialing
import GRDB
import HybridTime
import Merging
import ReplicaStore

/// `assay conflicts …`
struct Conflicts: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What was done in several places at once and needs a person; and what merged by itself.",
        subcommands: [List.self, Show.self, Resolve.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The cases that wait for somebody to decide.",
            usage: "assay conflicts list [<options>]",
            discussion: """
                EXAMPLE
                  assay conflicts list
                  assay conflicts list --rule X3
                  assay conflicts list --all                  also what was decided
                  assay conflicts list --merged --candidate 0000A1R

                Every replica that holds the same data lists the same cases under the same names. --merged reads the \
                whole journal unless it is told whose. Exit code 2 where a case waits.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Flag(help: "Also list what was decided.") var all = false
        @Option(help: "Only the cases of one rule, such as X3.") var rule: String?
        @Flag(help: "List instead what merged without asking anybody.") var merged = false
        @Option(help: "With --merged: only one person's dossier.") var candidate: String?

        func validate() throws {
            if candidate != nil, !merged { throw ValidationError("--candidate goes with --merged") }
            if merged, all || rule != nil { throw ValidationError("--merged goes without --all and --rule") }
        }

        func run() throws {
            try reporting(output) {
                let isWaiting = try location.with { store in
                    if merged {
                        try listMerged(store)
                        return false
                    }
                    return try list(store)
                }
                if isWaiting { throw Failure.waiting }
            }
        }

        /// - Returns: whether a case waits.
        private func list(_ store: CredentialStore) throws -> Bool {
            let (cases, closed) = try store.looking { records, db in
                let chosen = rule.map { RuleID($0) }
                if let chosen, RuleBook.standard.rule(chosen) == nil {
                    let known = RuleBook.standard.rules.map(\.id.raw).filter { $0.hasPrefix("X") }
                    throw Failure(
                        "no-such-rule",
                        "There is no rule \(chosen): \(known.joined(separator: ", ")), and Q-… for single values.",
                        exit: Failure.usage)
                }
                let cases = try records.standingCases(db)
                    .filter { (chosen == nil || $0.violation.rule == chosen) && (all || $0.isWaiting) }
                let closed =
                    all
                    ? try records.closedCases(db).filter { chosen == nil || $0.rule == chosen }
                        .map { try Decided($0, records) } : []
                return (cases, closed)
            }
            let waiting = cases.filter(\.isWaiting)
            if output.json {
                Console.json([
                    "waiting": JSONValue(waiting.count),
                    "cases": .list(cases.map(\.json) + closed.map(\.json)),
                ])
                return !waiting.isEmpty
            }
            for one in cases { one.lines.forEach { Console.print($0) } }
            for one in closed { one.lines.forEach { Console.print($0) } }
            Console.print(
                waiting.isEmpty
                    ? "Nothing waits for a decision."
                    : "\(waiting.count) wait\(waiting.count == 1 ? "s" : "") for a decision: assay conflicts show CASE")
            return !waiting.isEmpty
        }

        private func listMerged(_ store: CredentialStore) throws {
            let merges: [AutoMerge]
            if let candidate {
                let person = try store.looking { try Finder($0).person(candidate) }
                merges = try store.autoMerged(in: person.document)
            } else {
                merges = try store.autoMerged()
            }
            try store.looking { records in
                let words = Words(records, store.replica.identity)
                if output.json {
                    Console.json(["merged": .list(try merges.map { try $0.json(words) })])
                    return
                }
                for merge in merges { try merge.lines(words).forEach { Console.print($0) } }
                Console.print(
                    merges.isEmpty
                        ? "Nothing merged by itself, as far as this journal goes."
                        : "\(merges.count) value\(merges.count == 1 ? "" : "s") merged without asking anybody.")
            }
        }
    }

    struct Resolve: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Decide a case.",
            usage: "assay conflicts resolve <case> --reason <reason> --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  assay conflicts resolve 9f3c0d5b --choose 2 \\
                    --reason "passport seen" --as head
                  assay conflicts resolve 51aa7e01 --decide seat-stands \\
                    --reason "spoke to both" --as head

                --choose takes a number of conflicts show and writes that value, having seen the others. --decide \
                writes down a decision about a question across records; conflicts show suggests words.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: ArgumentHelp("The case's name, or the beginning of it.", valueName: "case")) var name: String
        @Option(help: "The number of the value that is right.") var choose: Int?
        @Option(help: "The decision in a word.") var decide: String?
        @Option(help: "What the decision rests on.") var reason: String

        func validate() throws {
            guard (choose == nil) != (decide == nil) else {
                throw ValidationError("say either --choose N or --decide WORD")
            }
        }

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    let (violation, answer, said) = try store.looking { records, db in
                        let found = try CaseFinder(records, db).waiting(name)
                        let (answer, said) = try self.answer(found, records, store.replica.identity)
                        return (found.violation, answer, said)
                    }
                    try Doing(store: store, actor: actor, output: output).perform(
                        ResolveCase(violation: violation, answer: answer, reason: reason, digesting: .cryptoSHA256),
                        said)
                }
            }
        }

        private func answer(
            _ found: StandingCase, _ records: StoredRecords, _ identity: Identity
        ) throws -> (ResolveCase.Answer, String) {
            let label = found.name.caseLabel
            guard let choose else {
                if found.violation.rule == "X7" {
                    throw Failure(
                        "needs-adjudication",
                        "A word does not settle a score: a third person keys it, assay score enter --role adjudicator.")
                }
                return (.decide(decide ?? ""), "Case \(label) is decided: \(decide ?? "").")
            }
            let claims = try CaseClaims(found.violation, records, Words(records, identity))
            guard !claims.choices.isEmpty else {
                throw Failure(
                    "nothing-to-choose",
                    "Case \(label) has no values to choose from: decide it in a word, assay conflicts show \(label).")
            }
            guard claims.choices.indices.contains(choose - 1) else {
                throw Failure(
                    "no-such-choice",
                    "Case \(label) has \(claims.choices.count) values, 1 to \(claims.choices.count): "
                        + "assay conflicts show \(label).")
            }
            let chosen = claims.choices[choose - 1]
            return (.choose(chosen.dot), "Case \(label) is decided: \(chosen.text).")
        }
    }
}

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
        let prefix = text.lowercased()
        let names = Set(cases.map(\.name) + closed.map(\.name)).filter { $0.description.hasPrefix(prefix) }.sorted()
        guard let name = names.first, !prefix.isEmpty else {
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
        return text + ["          " + Console.styled("\(violation.rule), ", .dim) + Console.styled(words, role)]
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
        meaning = RuleBook.standard.rule(closed.rule)?.meaning ?? "A question of a newer build."
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
