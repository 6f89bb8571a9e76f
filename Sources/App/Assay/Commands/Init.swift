import ArgumentParser
import CredentialStore
import Foundation
import HybridTime
import ReplicaStore

/// `assay init`: makes a store.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a store in a folder: headquarters, a region's hub, a site or a desk.",
        usage: "assay init --name <name> --organisation <organisation> [<options>]",
        discussion: """
            EXAMPLE
              assay init --store hq --name Headquarters --headquarters \\
                --organisation new
              assay init --store north --name "Region North" --hub \\
                --region north --organisation 0f3c…
              assay init --store lisbon --name "Lisbon desk 1" \\
                --site LIS --organisation 0f3c…

            With --site or --region the store holds what belongs there and what is common; without, everything. The first \
            store of an organisation names it (--organisation new) and prints the name; every other one is given that name.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "What people call this replica, such as \"Lisbon desk 1\".") var name: String
    @Option(help: "The organisation's name in 32 hexadecimal digits, or `new`.") var organisation: String
    @Flag(help: "Others will sync with this store.") var hub = false
    @Flag(help: "This store is headquarters: the end of the way up. Implies --hub.") var headquarters = false
    @OptionGroup var wanted: EnrolmentOptions

    func validate() throws {
        guard (1...128).contains(name.utf8.count) else { throw ValidationError("--name takes 1 to 128 bytes") }
        guard !headquarters || wanted.enrolment.isEverything else {
            throw ValidationError("headquarters holds everything: leave --site and --region out")
        }
    }

    func run() throws {
        try reporting(output) {
            let organisation = try parsed()
            let scopes = try wanted.scopes()
            try FileManager.default.createDirectory(atPath: location.path, withIntermediateDirectories: true)
            let identity = Identity(
                replica: ReplicaID(UInt64.random(in: 1 ... .max)), organisation: organisation, name: name)
            let store = try CredentialStore.create(in: location.path, identity: identity, isHub: hub || headquarters)
            try store.setHeadquarters(headquarters)
            try store.replica.subscribe(to: scopes)
            try store.replica.close()
            let hexadecimal = organisation.inHexadecimal
            if output.json {
                Console.json([
                    "store": .text(location.path), "replica": .text("\(identity.replica)"),
                    "organisation": .text(hexadecimal), "name": .text(name), "hub": .flag(hub || headquarters),
                    "headquarters": .flag(headquarters), "scopes": .list(scopes.map { .text($0.text) }),
                ])
            } else {
                Console.print("\(name): replica \(identity.replica) in \(location.path)")
                Console.print("organisation \(hexadecimal)")
                if !wanted.enrolment.isEverything { Console.print("holds \(wanted.enrolment.inWords)") }
            }
        }
    }

    private func parsed() throws -> [UInt8] {
        if organisation == "new" { return (0..<16).map { _ in UInt8.random(in: .min ... .max) } }
        let digits = Array(organisation.utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
        }
        guard digits.count == 32, bytes.count == 16 else {
            throw Failure(
                "bad-organisation",
                "An organisation's name has 32 hexadecimal digits: copy it from `assay status` at headquarters.",
                exit: Failure.usage)
        }
        return bytes
    }
}

extension [UInt8] {
    /// Two digits a byte.
    var inHexadecimal: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
