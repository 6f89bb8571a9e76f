import ArgumentParser
import CredentialStore
import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// `assay salvage …`
struct Salvage: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Adopt what is here and in no journal any more, as after a hub was lost.",
        subcommands: [List.self, Adopt.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The documents that reach further here than the hub and every journal that was asked.",
            usage: "assay salvage list [<options>]",
            discussion: """
                EXAMPLE
                  assay salvage list --store lisbon

                Found when a sync compares this replica with its hub. If the replica that wrote the rest still lives, \
                sync that one instead: its journal has all of it.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try reporting(output) {
                let names = try location.with { store in try store.replica.orphans() }
                if output.json {
                    Console.json(["documents": .list(names.map { .text($0.description) })])
                    return
                }
                for name in names { Console.print(name.description) }
                Console.print(names.isEmpty ? "Nothing is to be salvaged." : "\(names.count) to salvage.")
            }
        }
    }

    struct Adopt: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adopt the state of such documents: the hub and everyone else get it with the next sync.",
            usage: "assay salvage adopt [<document> ...] --reason <reason> --as <as>",
            discussion: """
                EXAMPLE
                  assay salvage adopt --all --reason "the region's server burnt" \\
                    --as head --store lisbon

                The state is written down with who adopted it and why, under this replica's name. Nothing is lost by \
                adopting twice, here and elsewhere.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Documents, as salvage list prints them.") var documents: [String] = []
        @Flag(help: "All that salvage list prints.") var all = false
        @Option(help: "Why; everyone can read it.") var reason: String

        func validate() throws {
            guard all != !documents.isEmpty else { throw ValidationError("name documents, or say --all") }
        }

        func run() throws {
            try reporting(output) {
                let adopted = try location.with { store in
                    let names = try all ? store.replica.orphans() : documents.map(name)
                    for document in names { try adopt(document, store) }
                    return names
                }
                let said = "\(adopted.count) adopted. Sync, and the hub has them."
                if output.json {
                    Console.json(["saved": .text(said), "documents": .list(adopted.map { .text($0.description) })])
                } else {
                    Console.print(said)
                }
            }
        }

        private func name(_ text: String) throws -> RecordName {
            guard let name = RecordName(text) else {
                throw Failure("no-such-document", "\(text) is no document: assay salvage list.", exit: Failure.usage)
            }
            return name
        }

        private func adopt(_ document: RecordName, _ store: CredentialStore) throws {
            switch try store.salvage(document, reason: reason, actor: actor.identity, now: wallClock()) {
            case .success: break
            case .failure(.notAnOrphan):
                throw Failure("nothing-to-salvage", "\(document) is not in the list: assay salvage list.")
            case .failure(.tooLarge):
                throw Failure("limit-exceeded", "\(document) is too large to be adopted: tell headquarters.")
            }
        }
    }
}
