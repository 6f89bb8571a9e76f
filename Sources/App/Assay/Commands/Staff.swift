import ArgumentParser
import CredentialStore
import Foundation

/// `assay staff …`
struct Staff: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Who works at the sites, and how they sign in.", subcommands: [PIN.self])

    struct PIN: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "pin",
            abstract: "Give a member of staff another PIN.",
            usage: "assay staff pin <staff> --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  echo 258046 | assay staff pin 1042 --as registry

                Reads the PIN from standard input, so that it stands in no list of processes. Whoever has none \
                chooses it at the desk. The store keeps what it is checked against, never the PIN.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The staff number.") var staff: String

        func run() throws {
            try reporting(output) {
                guard let typed = readLine()?.trimmingCharacters(in: .whitespaces), !typed.isEmpty else {
                    throw Failure("missing", "No PIN came on standard input: type it, then Enter.", exit: Failure.usage)
                }
                try location.with { store in
                    try store.setPIN(of: staff, to: typed, by: actor.identity, now: try store.time())
                    if output.json {
                        Console.json(["saved": .text("The PIN of \(staff) is another now.")])
                    } else {
                        Console.print("The PIN of \(staff) is another now.")
                    }
                }
            }
        }
    }
}
