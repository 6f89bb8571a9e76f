import ArgumentParser
import ByteCoding
import CredentialStore
import HybridTime
import Merging
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
                let digest = try StoreDigest(store.replica)
                if output.json {
                    Console.json(["digest": .text(digest.text), "documents": JSONValue(digest.documents)])
                } else {
                    Console.print("\(digest.text)  \(digest.documents) documents")
                }
            }
        }
    }
}

/// A store's content as 256 bits: the sum of its documents' hashes, so that the order does not matter.
///
/// The one place to change once the store has a digest of its own.
struct StoreDigest {
    let text: String
    let documents: Int

    init(_ replica: ReplicaStore) throws {
        var sum = [UInt64](repeating: 0, count: 4)
        let states = try replica.allDocuments()
        for state in states {
            let words = Digesting.cryptoSHA256(StoreDigest.canonical(state)).words
            var carry = false
            for (place, word) in [words.3, words.2, words.1, words.0].enumerated() {
                let (first, over) = sum[place].addingReportingOverflow(word)
                let (second, again) = first.addingReportingOverflow(carry ? 1 : 0)
                sum[place] = second
                carry = over || again
            }
        }
        text = sum.reversed().map { ReplicaID($0).description }.joined()
        documents = states.count
    }

    private static func canonical(_ state: DocumentState) -> [UInt8] {
        var writer = ByteWriter()
        write(state.name, &writer)
        writer.varint(UInt64(state.kind))
        for entry in state.context.entries {
            writer.fixed64(entry.origin.bits)
            writer.varint(UInt64(entry.sequence))
        }
        for (name, record) in state.records.sorted(by: { $0.key < $1.key }) {
            write(name, &writer)
            for cell in record.cells {
                writer.varint(UInt64(cell.tag.raw))
                let siblings = cell.siblings.sorted { left, right in
                    left.dot != right.dot
                        ? left.dot < right.dot : Value.precedes(left.value ?? .null, right.value ?? .null)
                }
                writer.count(siblings.count)
                for sibling in siblings {
                    writer.fixed64(sibling.dot.origin.bits)
                    writer.varint(UInt64(sibling.dot.sequence))
                    writer.signed(sibling.stamp.milliseconds)
                    write(sibling.value ?? .null, &writer)
                }
            }
        }
        return writer.bytes
    }

    private static func write(_ name: RecordName, _ writer: inout ByteWriter) {
        writer.fixed64(name.origin.bits)
        writer.varint(UInt64(name.sequence))
        writer.varint(UInt64(name.ordinal))
    }

    private static func write(_ value: Value, _ writer: inout ByteWriter) {
        switch value {
        case .null: writer.byte(0)
        case .integer(let number):
            writer.byte(1)
            writer.signed(number)
        case .text(let text):
            writer.byte(2)
            writer.text(text.string)
        case .bytes(let bytes):
            writer.byte(3)
            writer.block(bytes)
        case .reference(let name):
            writer.byte(4)
            write(name, &writer)
        }
    }
}
