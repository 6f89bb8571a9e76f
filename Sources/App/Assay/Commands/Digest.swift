import ArgumentParser
import CredentialStore
import ReplicaStore
import SyncProtocol

/// `assay digest`
struct DigestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "One line that is the same on two stores if and only if they hold the same.",
        discussion: """
            EXAMPLE
              assay digest --store desk1; assay digest --store desk2
              assay digest --store desk1 --scope site/LIS

            A sum over the digests of all documents, with every sibling. Two stores that have synced everything, and \
            nothing since, print the same line. Stores that hold different parts are compared scope by scope.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "Of this scope alone, such as site/LIS, region/north or common.") var scope: String?

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let (digest, documents) = try measure(store)
                if output.json {
                    Console.json(["digest": .text(digest), "documents": JSONValue(documents)])
                } else {
                    Console.print("\(digest)  \(documents) documents")
                }
            }
        }
    }

    private func measure(_ store: CredentialStore) throws -> (digest: String, documents: Int) {
        guard let scope, let name = ScopeName(scope), !ReplicaStore.everything.contains(name) else {
            return ("\(try store.replica.digest())", try store.replica.documentCount())
        }
        guard let account = try store.replica.scopeAccounts().first(where: { $0.scope == name }) else {
            throw Failure(
                "scope-not-known", "This store neither wants nor serves \(scope): assay scopes lists what it does.")
        }
        return ("\(try store.replica.digest(of: name))", account.documents)
    }
}
