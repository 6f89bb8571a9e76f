import ArgumentParser
import CredentialStore
import Credentialing
import HybridTime
import ReplicaStore

/// `assay verdict …`
struct Verdict: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deny what should not have been done, once and everywhere the same.",
        subcommands: [List.self, Deny.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The change sets that were denied.",
            usage: "assay verdict list [<options>]",
            discussion: """
                EXAMPLE
                  assay verdict list --store region
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try reporting(output) {
                let denials = try location.with { store in try store.replica.denials() }
                if output.json {
                    Console.json([
                        "denied": .list(
                            denials.map {
                                [
                                    "changeSet": .text($0.subject.description),
                                    "document": .text($0.document.description), "reason": .text($0.reason),
                                ]
                            })
                    ])
                    return
                }
                for denial in denials {
                    Layout.wrapped("\(denial.subject)  \(denial.reason)", hanging: 2).forEach { Console.print($0) }
                }
                Console.print(denials.isEmpty ? "Nothing was denied." : "\(denials.count) denied.")
            }
        }
    }

    struct Deny: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deny a change set: it then counts as applied, with no writes, at every replica.",
            usage: "assay verdict deny <change-set> --reason <reason> --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  assay candidate history 0000A1R --store region
                  assay verdict deny 9f3c0d5b12aa7e01:42 --store region \\
                    --reason "keyed on a stolen laptop" --as head

                Run it on a hub's store; candidate history shows the change sets' names. The journal keeps what was \
                denied, and the history shows it as denied. A verdict is not taken back: do the work again instead.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: ArgumentHelp("The change set: its replica and number.", valueName: "change-set"))
        var changeSet: String
        @Option(help: "Why it is denied; everyone can read it.") var reason: String

        func run() throws {
            try reporting(output) {
                guard let subject = Dot(changeSet) else {
                    throw Failure(
                        "no-such-change-set",
                        "\(changeSet) names no change set: it is written as in candidate history, "
                            + "9f3c0d5b12aa7e01:42.", exit: Failure.usage)
                }
                guard !reason.allSatisfy(\.isWhitespace) else {
                    throw Failure("missing", "The reason is missing: say why it is denied.", exit: Failure.usage)
                }
                let result = try location.with { store in
                    try store.deny(subject, reason: reason, actor: actor.identity, now: wallClock())
                }
                switch result {
                case .failure(let refusal): throw Failure(refusal, subject)
                case .success(let verdict):
                    let said = "\(subject) is denied. Every replica hears of it with its next sync."
                    if output.json {
                        Console.json(["saved": .text(said), "changeSets": [.text(verdict.dot.description)]])
                    } else {
                        Layout.wrapped(said).forEach { Console.print($0) }
                    }
                }
            }
        }
    }
}

extension Failure {
    fileprivate init(_ refusal: ReplicaStore.DenialRefusal, _ subject: Dot) {
        switch refusal {
        case .notAHub: self.init("not-a-hub", "Only hubs judge: run this on the store of the hub that took it in.")
        case .notHeld: self.init("no-such-change-set", "This hub's journal has no change set \(subject): sync first.")
        case .alreadyDenied: self.init("already-denied", "\(subject) was denied before: assay verdict list.")
        case .isVerdict: self.init("is-a-verdict", "\(subject) is itself the engine's own: it cannot be denied.")
        }
    }
}
