import ArgumentParser
import CredentialStore
import Foundation
import ReplicaStore

/// `assay backup`
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a backup of the store to a new file, while others work on it.",
        discussion: """
            EXAMPLE
              assay backup --store hq --to /media/stick/hq-2025-06-01.assay

            Everything of one moment is in the one file, and it is on the disk when this returns. A file that is there \
            is never overwritten. assay restore makes a store of it.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The file to make.") var to: String

    func run() throws {
        try reporting(output) {
            let (name, saved) = try location.with { store in
                try store.replica.backUp(to: to)
                return (store.replica.identity.name, try store.replica.documentCount())
            }
            let size = (try? FileManager.default.attributesOfItem(atPath: to)[.size] as? Int) ?? 0
            if output.json {
                Console.json(["file": .text(to), "bytes": JSONValue(size), "documents": JSONValue(saved)])
            } else {
                Console.print("\(name): \(saved) documents are in \(to), \(size) bytes")
            }
        }
    }
}

/// `assay restore`
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a store in a new folder out of a backup.",
        discussion: """
            EXAMPLE
              assay restore --from /media/stick/hq-2025-06-01.assay --store hq-new

            The store knows that it was restored: it goes on under a new name, so that nothing it wrote after the \
            backup is confused with what it writes now. What the backup lacks comes back by itself with the next sync: \
            from the hub above, and from every replica below. Serve a restored hub at the address that it had.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The backup's file.") var from: String

    func run() throws {
        try reporting(output) {
            guard let folder = location.store else {
                throw Failure("no-folder", "Say with --store which new folder the store goes to.", exit: Failure.usage)
            }
            do { try ReplicaStore.restore(from: from, to: folder) } catch let error as StoreError {
                throw Failure(error)
            }
            let identity = try location.with { $0.replica.identity }
            if output.json {
                Console.json([
                    "store": .text(folder), "replica": .text("\(identity.replica)"), "name": .text(identity.name),
                ])
            } else {
                Console.print("\(identity.name): restored to \(folder), and goes on as replica \(identity.replica)")
                Console.print("What the backup lacks comes back with the next sync.")
            }
        }
    }
}
