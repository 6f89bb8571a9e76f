import CredentialStore
import Foundation
import GRDB
import HybridTime
import ReplicaStore

/// What `assay status` tells.
struct StatusReport {
    let name: String
    let replica: ReplicaID
    let organisation: String
    let enrolment: Enrolment
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
    /// When the hub was last met, in milliseconds since 1970.
    let lastSync: Int64?
    let skew: Int64?
    let isHeadquarters: Bool
    let note: IdentityNote?

    init(_ store: CredentialStore) throws {
        let standing = try store.replica.durability()
        let isHeadquarters = try store.isHeadquarters()
        self.isHeadquarters = isHeadquarters
        name = store.replica.identity.name
        replica = store.replica.identity.replica
        organisation = store.replica.identity.organisation.inHexadecimal
        enrolment = try store.enrolment()
        saved = Int64(standing.saved)
        // A store that somebody edited may claim receipts of more than it holds.
        func missing(_ there: UInt64, _ earlier: UInt64) -> Int64 {
            isHeadquarters ? 0 : Int64(standing.saved - min(there, standing.saved) + earlier)
        }
        notAtHub = missing(standing.atHub, standing.earlierNotAtHub)
        notAtHQ = missing(standing.atHQ, standing.earlierNotAtHQ)
        note = try store.replica.identityNote()
        hub = try store.hubAddress()
        hubs = try store.hubAddresses()
        lastSync = try store.lastSync()
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
        if !enrolment.isEverything { lines += Layout.entry("holds", enrolment.inWords, labelColumns: 13) }
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
        if let note { lines += Layout.entry("name", note.inWords, labelColumns: 13) }
        lines += Layout.entry("hub", hubInWords, labelColumns: 13)
        if let lastSync { lines.append("last sync    \(LocalTime.text(lastSync))") }
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
            "sites": .list(enrolment.sites.map { .text($0) }), "regions": .list(enrolment.regions.map { .text($0) }),
            "renamed": JSONValue(note?.reason.rawValue), "parked": .number(parked), "quarantined": .number(quarantined),
            "casesOpen": .number(cases),
            "hub": JSONValue(hub), "hubs": .list(hubs.map { .text($0) }), "lastSync": JSONValue(lastSync),
            "clockSkewMilliseconds": JSONValue(skew),
            "headquarters": .flag(isHeadquarters),
        ]
    }
}
