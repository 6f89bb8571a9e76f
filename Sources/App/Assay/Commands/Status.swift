import ArgumentParser
import CredentialStore
import Foundation
import GRDB
import HybridTime
import ReplicaStore

/// `assay status`
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What is saved here, at the hub and at headquarters; the clock; open cases.",
        discussion: """
            EXAMPLE
              assay status --store lisbon

            Exit code 2 where cases wait for a person or change sets were put aside.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reporting(output) {
            let waiting = try location.with { store in
                let report = try StatusReport(store)
                if output.json { Console.json(report.json) } else { report.lines.forEach { Console.print($0) } }
                return report.needsPerson
            }
            if waiting { throw Failure.waiting }
        }
    }
}

/// What `assay status` tells.
struct StatusReport {
    let name: String
    let replica: ReplicaID
    let organisation: String
    let saved: Int64
    let notAtHub: Int64
    let notAtHQ: Int64
    let parked: Int64
    let quarantined: Int64
    let cases: Int64
    let documents: Int64
    /// The hub that took it last.
    let hub: String?
    let hubs: [String]
    let skew: Int64?
    let isHeadquarters: Bool
    let note: IdentityNote?

    init(_ store: CredentialStore) throws {
        let standing = try store.replica.durability()
        name = store.replica.identity.name
        replica = store.replica.identity.replica
        organisation = store.replica.identity.organisation.inHexadecimal
        saved = Int64(standing.saved)
        isHeadquarters = try store.isHeadquarters()
        notAtHub = isHeadquarters ? 0 : Int64(standing.saved - standing.atHub + standing.earlierNotAtHub)
        notAtHQ = isHeadquarters ? 0 : Int64(standing.saved - standing.atHQ + standing.earlierNotAtHQ)
        note = try store.replica.identityNote()
        hub = try store.hubAddress()
        hubs = try store.hubAddresses()
        skew = try store.clockSkew()
        (parked, quarantined, cases, documents) = try store.replica.reading { db in
            func count(_ sql: String) throws -> Int64 { try Int64.fetchOne(db, sql: sql) ?? 0 }
            return (
                try count("SELECT count(*) FROM parked"), try count("SELECT count(*) FROM quarantine"),
                try count("SELECT count(*) FROM violation WHERE standing <> 'settled'"),
                try count("SELECT count(*) FROM document")
            )
        }
    }

    var needsPerson: Bool { cases > 0 || quarantined > 0 }

    var lines: [String] {
        var lines = [Console.styled(name, .heading) + "  replica \(replica)", "documents    \(documents)"]
        lines.append("saved here   \(saved) change sets of its own")
        if isHeadquarters {
            lines.append("at hub, HQ   this is headquarters")
        } else {
            lines.append(
                "at hub       " + (notAtHub == 0 ? "all" : Console.styled("\(notAtHub) still to send", .warning)))
            lines.append(
                "at HQ        " + (notAtHQ == 0 ? "all" : Console.styled("\(notAtHQ) not known there yet", .warning)))
        }
        lines.append("organisation \(organisation)")
        if let note { lines += Layout.wrapped("name         \(note.inWords)", hanging: 13) }
        lines += Layout.wrapped("hub          \(hubInWords)", hanging: 13)
        if let skew, abs(skew) > 2_000 {
            lines.append(
                Console.styled("clock        this device is \(ClockWords.amount(skew)); times are corrected", .warning))
        }
        lines.append(
            "cases open   " + (cases == 0 ? "none" : Console.styled("\(cases): assay conflicts list", .warning)))
        if parked > 0 { lines.append("waiting      \(parked) change sets wait for others: sync again") }
        if quarantined > 0 {
            lines.append(Console.styled("put aside    \(quarantined) change sets: assay doctor", .bad))
        }
        return lines
    }

    private var hubInWords: String {
        guard let first = hubs.first else { return hub ?? "none yet: assay sync --hub address:port" }
        guard hubs.count > 1 || hub != first else { return first }
        return "\(hub ?? "none so far"), of \(hubs.joined(separator: ", "))"
    }

    var json: JSONValue {
        [
            "name": .text(name), "replica": .text("\(replica)"), "organisation": .text(organisation),
            "documents": .number(documents), "saved": .number(saved),
            "scopes": [["scope": "org", "notAtHub": .number(notAtHub), "notAtHQ": .number(notAtHQ)]],
            "renamed": JSONValue(note?.reason.rawValue), "parked": .number(parked), "quarantined": .number(quarantined),
            "casesOpen": .number(cases),
            "hub": JSONValue(hub), "hubs": .list(hubs.map { .text($0) }), "clockSkewMilliseconds": JSONValue(skew),
            "headquarters": .flag(isHeadquarters),
        ]
    }
}
