import ArgumentParser
import CredentialStore
import ReplicaStore

/// `assay digest`
struct DigestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "digest",
        abstract: "One line that is the same on two stores if and only if they hold the same.",
        discussion: """
            EXAMPLE
              assay digest --store desk1; assay digest --store desk2

            A sum over the digests of all documents, with every sibling. Two stores that have synced everything, and \
            nothing since, print the same line.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            try location.with { store in
                let digest = "\(try store.replica.digest())"
                let documents = try store.replica.documentCount()
                if output.json {
                    Console.json(["digest": .text(digest), "documents": JSONValue(documents)])
                } else {
                    Console.print("\(digest)  \(documents) documents")
                }
            }
        }
    }
}
