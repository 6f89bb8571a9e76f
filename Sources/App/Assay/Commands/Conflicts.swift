import ArgumentParser
import ByteCoding
import CredentialStore
import Credentialing
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
