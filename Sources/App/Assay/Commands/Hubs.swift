import ArgumentParser
import CredentialStore
import SyncTransport

/// `assay hubs …`: the list that `sync` and the desk try in order.
struct Hubs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "The hubs that this store syncs with, in the order in which they are tried.",
        discussion: """
            EXAMPLE
              assay hubs set 127.0.0.1:7401 127.0.0.1:7400 --store lisbon
              assay hubs --store lisbon

            A store that turns to another hub loses nothing: it sends what that one lacks, and takes what is new there.
            """, subcommands: [Show.self, Set.self], defaultSubcommand: Show.self)

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the list, and which hub took it last.",
            discussion: """
                EXAMPLE
                  assay hubs --store lisbon
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try reporting(output) { try location.with { try show($0, output) } }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replace the list.", usage: "assay hubs set <address:port> ... [<options>]",
            discussion: """
                EXAMPLE
                  assay hubs set 127.0.0.1:7401 127.0.0.1:7400 --store lisbon
                """)

        @Argument(help: "The hubs as address:port, the preferred one first.") var hubs: [String]
        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try reporting(output) {
                let addresses = try HubAddress.list(hubs)
                try location.with { store in
                    try store.setHubAddresses(addresses.map(\.description))
                    try show(store, output)
                }
            }
        }
    }

    private static func show(_ store: CredentialStore, _ output: OutputOptions) throws {
        let addresses = try store.hubAddresses()
        let last = try store.hubAddress()
        if output.json {
            Console.json(["hubs": .list(addresses.map { .text($0) }), "last": JSONValue(last)])
            return
        }
        guard !addresses.isEmpty else { return Console.print("none yet: assay hubs set address:port") }
        for (index, address) in addresses.enumerated() {
            Console.print("\(index + 1)  \(address)" + (address == last ? "  took it last" : ""))
        }
        if let last, !addresses.contains(last) { Console.print("   \(last)  took it last, and is not in the list") }
    }
}
