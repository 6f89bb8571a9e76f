import ArgumentParser
import CredentialStore
import ReplicaStore

/// `assay bundle …`
struct BundleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bundle", abstract: "Carry change sets on a stick, where there is no line.",
        subcommands: [Write.self, Apply.self])

    struct Write: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write what headquarters may not have yet to a new file.",
            usage: "assay bundle write --to <file> [<options>]",
            discussion: """
                EXAMPLE
                  assay bundle write --store lisbon --to /media/stick/lisbon.bundle
                  assay bundle write --store hq --to hq.bundle --all --since last-week.bundle

                A file that is there is never overwritten. Whoever takes it in gets only what it lacks: twice, or out \
                of order, a bundle does no harm. Receipts come with the next sync.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The file to make.") var to: String
        @Flag(help: "Write everything that is held, also what headquarters has.") var all = false
        @Option(help: "An earlier bundle: what it holds is left out.") var since: String?

        func run() throws {
            try reporting(output) {
                let summary = try location.with {
                    try $0.replica.writeBundle(to: to, everything: all, since: since)
                }
                if output.json {
                    Console.json([
                        "file": .text(to), "changeSets": JSONValue(summary.changeSets),
                        "bytes": JSONValue(summary.bytes),
                    ])
                } else {
                    Console.print("\(summary.changeSets) change sets are in \(to), \(summary.bytes) bytes")
                }
            }
        }
    }

    struct Apply: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a bundle in.", usage: "assay bundle apply <file> [<options>]",
            discussion: """
                EXAMPLE
                  assay bundle apply --store hq /media/stick/lisbon.bundle

                Nothing is taken of a file that is damaged. Exit code 2 where change sets were put aside.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The bundle.") var file: String

        func run() throws {
            try reporting(output) {
                let summary = try location.with { try $0.replica.applyBundle(file) }
                if output.json {
                    Console.json([
                        "changeSets": JSONValue(summary.changeSets), "new": JSONValue(summary.new),
                        "putAside": .list(summary.notes.map { .text($0) }),
                        "disputed": .list(summary.disputed.map { .text("\($0)") }),
                    ])
                } else {
                    Console.print("\(summary.changeSets) change sets in \(file), \(summary.new) of them new here")
                    summary.notes.forEach { Console.warn("assay: put aside: \($0)") }
                    summary.disputed.forEach {
                        Console.warn("assay: replica \($0) has two histories; sync with the hub settles it.")
                    }
                }
                if !summary.notes.isEmpty || !summary.disputed.isEmpty { throw Failure.waiting }
            }
        }
    }
}
