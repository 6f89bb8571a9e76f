import ArgumentParser
import CredentialStore
import ReplicaStore
import SyncProtocol

/// `assay scopes …`: which part of the data a store holds.
struct ScopesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scopes",
        abstract: "Which part of the organisation's data this store holds, and which it serves.",
        discussion: """
            EXAMPLE
              assay scopes --store lisbon
              assay scopes set --site LIS --store lisbon

            A site's store holds the people who are booked there, and nobody else. Whom a booking brings comes by itself \
            with the next sync, and goes when no booking needs it.
            """, subcommands: [Show.self, Set.self, Release.self, Retention.self], defaultSubcommand: Show.self)

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "What this store wants, what it serves, and what it holds of each.",
            discussion: """
                EXAMPLE
                  assay scopes --store lisbon
                  assay scopes --store lisbon --json
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions

        func run() throws {
            try reporting(output) { try location.with { try ScopesCommand.show($0, output) } }
        }
    }

    struct Set: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Enrol this store for other scopes.",
            usage: "assay scopes set (--site <site> | --region <region> | --everything)",
            discussion: """
                EXAMPLE
                  assay scopes set --site LIS --store lisbon
                  assay scopes set --everything --store office

                What is then not wanted goes with the next sync, once the hub has all of the work on it. What is newly \
                wanted comes with the same sync. A hub that runs takes this up when it is started again.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var wanted: EnrolmentOptions
        @Flag(help: "Hold everything, as headquarters does.") var everything = false

        func validate() throws {
            guard everything == wanted.enrolment.isEverything else {
                throw ValidationError("say what to hold: --site, --region, or else --everything")
            }
        }

        func run() throws {
            try reporting(output) {
                let scopes = try wanted.scopes()
                try location.with { store in
                    guard try !store.isHeadquarters() || everything else {
                        throw Failure(
                            "headquarters-holds-all",
                            "This store is headquarters: it holds everything, or nobody would.")
                    }
                    let before = try store.enrolment()
                    try store.replica.subscribe(to: scopes)
                    try ScopesCommand.show(store, output)
                    guard !output.json else { return }
                    words(before, try store.replica.strayCount()).forEach { Console.print($0) }
                }
            }
        }

        private func words(_ before: Enrolment, _ strays: Int) -> [String] {
            guard before != wanted.enrolment else { return ["Nothing has changed."] }
            guard strays > 0 else {
                return Layout.wrapped("Nothing goes. What is newly wanted comes with the next sync.")
            }
            return Layout.wrapped(
                "\(strays) documents are in none of these scopes: they go from this disk with the next sync, and only once "
                    + "the hub has all of the work that was done on them here. Nothing that is unsent is lost.")
        }
    }

    private static func show(_ store: CredentialStore, _ output: OutputOptions) throws {
        let accounts = try store.replica.scopeAccounts()
        let strays = try store.replica.strayCount()
        let documents = try store.replica.documentCount()
        if output.json {
            Console.json([
                "wants": .list(accounts.filter(\.isWanted).map { .text($0.scope.text) }),
                "serves": .list(accounts.filter(\.isServed).map { .text($0.scope.text) }),
                "scopes": .list(
                    accounts.map {
                        [
                            "scope": .text($0.scope.text), "wanted": .flag($0.isWanted), "served": .flag($0.isServed),
                            "documents": JSONValue($0.documents),
                        ]
                    }),
                "documents": JSONValue(documents), "strays": JSONValue(strays),
            ])
            return
        }
        Layout.wrapped("This store holds \(try store.enrolment().inWords).").forEach { Console.print($0) }
        var table = TextTable([
            .init(title: "Scope", least: 20), .init(title: "Documents"), .init(title: "Wanted"), .init(title: "Served"),
        ])
        for account in accounts {
            table.append([
                .init(account.scope.text), .init("\(account.documents)"), .init(account.isWanted ? "yes" : ""),
                .init(account.isServed ? "yes" : ""),
            ])
        }
        table.lines().forEach { Console.print($0) }
        Console.print("\(documents) documents in all" + (strays > 0 ? ", \(strays) to be asked about at the hub" : ""))
    }
}
