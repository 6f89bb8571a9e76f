import ArgumentParser
import CredentialStore
import Foundation
import GRDB
import HybridTime
import ReplicaStore

/// `assay doctor`
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check the store and say what to do about what is found.",
        discussion: """
            EXAMPLE
              assay doctor --store lisbon
              assay doctor --store lisbon --rebuild

            Changes nothing, unless told to rebuild: then every record is made again from the journal, and what that \
            does not reach back to is fetched from the hub by the next sync. Exit code 0 where all is well, 1 where \
            something was found.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Flag(help: "Make every record again from the journal, then check.") var rebuild = false

    func run() throws {
        try reporting(output) {
            if rebuild { try remake() }
            let examination = Examination(location)
            if output.json {
                Console.json(examination.json)
            } else {
                examination.lines.forEach { Console.print($0) }
            }
            if !examination.findings.isEmpty { throw Failure.refused }
        }
    }
}

extension Doctor {
    private func remake() throws {
        let result = try location.with { store in
            defer { Console.endProgress() }
            return try store.replica.rebuild { Console.progress("rebuilding: \($0) of \($1) documents") }
        }
        guard !output.json else { return }
        Console.print("\(result.documents) documents rebuilt: \(result.remade) had been wrong.")
        if result.astray > 0 { Console.print("\(result.astray) rows without a document were removed.") }
        if result.wanted > 0 {
            Console.print("\(result.wanted) came as a snapshot: the next sync fetches them. Run assay sync.")
        }
    }
}

/// What is wrong, and what to do about it.
struct Finding {
    /// Stable, for scripts.
    let code: String
    let what: String
    let remedy: String
    var isBad = false
}

/// Every check, run once. A check that cannot run is a finding, too.
struct Examination {
    private(set) var findings: [Finding] = []
    private(set) var passed: [String] = []

    init(_ location: StoreOptions) {
        do {
            try location.with { store in
                check("database, journal and records") { try Examination.store(store.replica) }
                check("waiting change sets") { try Examination.waiting(store.replica) }
                check("change sets put aside") { try Examination.aside(store.replica) }
                check("repairs") { try Examination.repairs(store.replica) }
                check("cases") { try Examination.cases(store) }
                check("clock and line") { try Examination.surroundings(store) }
            }
        } catch { findings.append(Examination.unreadable("the store", error)) }
    }

    private mutating func check(_ name: String, _ body: () throws -> [Finding]) {
        do {
            let found = try body()
            if found.isEmpty { passed.append(name) }
            findings += found
        } catch { findings.append(Examination.unreadable(name, error)) }
    }

    private static func unreadable(_ what: String, _ error: any Error) -> Finding {
        let failure = Failure(any: error)
        // The store's own words for damage send people here.
        let message = failure.message.replacingOccurrences(of: " Run assay doctor.", with: "")
        let remedy =
            switch failure.code {
            case "not-a-store": "Name the store's folder with --store, or make one with assay init."
            case "store-busy": "Close the other program, then check again."
            case "lock-unavailable", "newer-format": "Nothing is lost."
            default:
                "Do not work on this store. Copy the folder away first: it may hold work that no hub has. Then make a "
                    + "new store with assay init and sync it."
            }
        return Finding(code: failure.code, what: "\(what): \(message)", remedy: remedy, isBad: true)
    }

    /// SQLite's own check, the journal and its chains, and the rows against a rebuild from the journal.
    private static func store(_ replica: ReplicaStore) throws -> [Finding] {
        try replica.check().map { finding in
            Finding(
                code: finding.code, what: "\(finding.place): \(finding.reason)", remedy: finding.remedy, isBad: true)
        }
    }

    private static func waiting(_ replica: ReplicaStore) throws -> [Finding] {
        let count = try replica.reading { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM parked") ?? 0 }
        guard count > 0 else { return [] }
        return [
            Finding(
                code: "change-sets-wait",
                what: "\(count) change set\(count == 1 ? " waits" : "s wait") for others that have not come yet",
                remedy: "Sync. If they still wait, the replica that made the others has not synced: ask there.")
        ]
    }

    private static func aside(_ replica: ReplicaStore) throws -> [Finding] {
        let rows = try replica.reading { db in
            try Row.fetchAll(db, sql: "SELECT code, min(reason), count(*) FROM quarantine GROUP BY code ORDER BY code")
        }
        return rows.map { row in
            let code: String = row[0]
            let reason: String = row[1]
            let count: Int = row[2]
            let remedy =
                code.contains("unknown") || code.contains("newer")
                ? "Install a newer build: they come in by themselves."
                : "Tell headquarters: somebody's device wrote what does not fit. Later work on the same dossiers waits."
            return Finding(
                code: "put-aside-\(code)",
                what: "\(count) change set\(count == 1 ? " was" : "s were") put aside (\(reason))", remedy: remedy,
                isBad: true)
        }
    }

    /// What was put right, what waits for the hub, and what only an administrator can bring back.
    private static func repairs(_ replica: ReplicaStore) throws -> [Finding] {
        var findings: [Finding] = []
        let repairs = try replica.repairs()
        if let last = repairs.last {
            let kinds = Dictionary(grouping: repairs, by: \.how).map { "\($0.value.count) \($0.key)" }.sorted()
            findings.append(
                Finding(
                    code: "repaired",
                    what: "\(repairs.count) documents were put right, the last one \(LocalTime.text(last.at)) "
                        + "(\(kinds.joined(separator: ", ")))",
                    remedy: "Where no disk failed there is none: check this device's disk, and the hub's."))
        }
        let wanted = try replica.reading { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM wanted") ?? 0 }
        if wanted > 0 {
            findings.append(
                Finding(
                    code: "wanted", what: "\(wanted) documents are wanted from the hub",
                    remedy: "Sync: the hub sends their state."))
        }
        let orphans = try replica.orphans().count
        if orphans > 0 {
            findings.append(
                Finding(
                    code: "orphans", what: "\(orphans) documents reach further here than any journal at the hub",
                    remedy: "If the replica that wrote them is lost: assay salvage list."))
        }
        return findings
    }

    /// What is kept about rules is what the rules say now.
    private static func cases(_ store: CredentialStore) throws -> [Finding] {
        let (kept, standing) = try store.looking { records, db in
            (try Int.fetchOne(db, sql: "SELECT count(*) FROM violation") ?? 0, try records.standingCases(db).count)
        }
        guard kept != standing else { return [] }
        return [
            Finding(
                code: "cases-stale", what: "\(kept - standing) of \(kept) kept cases no longer hold",
                remedy: "They go with the next change to the people concerned; no data are wrong.")
        ]
    }

    private static func surroundings(_ store: CredentialStore) throws -> [Finding] {
        var findings: [Finding] = []
        if let skew = try store.clockSkew(), abs(skew) > 60_000 {
            findings.append(
                Finding(
                    code: "clock-wrong",
                    what: "this device is \(ClockWords.amount(skew)) against its hub; times of work are corrected",
                    remedy: "Set the clock when there is time: what is printed goes by it."))
        }
        guard try !store.isHeadquarters() else { return findings }
        let standing = try store.replica.durability()
        let waiting = standing.saved - min(standing.atHub, standing.saved)
        if waiting > 0, let last = try store.lastSync(), wallClock() &- last > 86_400_000 {
            findings.append(
                Finding(
                    code: "sync-overdue",
                    what:
                        "\(waiting) change sets are on this device alone, and the last sync was \(LocalTime.text(last))",
                    remedy: "Sync as soon as there is a line: assay sync."))
        }
        return findings
    }

    var lines: [String] {
        var lines = passed.map { Console.styled("ok", .good) + "       \($0)" }
        for finding in findings {
            let label = finding.isBad ? Console.styled("bad", .bad) : Console.styled("look", .warning)
            let text = Layout.wrapped("         \(finding.what) [\(finding.code)]", hanging: 9)
            lines.append(label + String(repeating: " ", count: finding.isBad ? 6 : 5) + text[0].dropFirst(9))
            lines += text.dropFirst()
            lines += Layout.wrapped("         \(finding.remedy)", hanging: 9)
        }
        return lines + [findings.isEmpty ? "Nothing was found." : "\(findings.count) found."]
    }

    var json: JSONValue {
        [
            "passed": .list(passed.map { .text($0) }),
            "findings": .list(
                findings.map {
                    [
                        "code": .text($0.code), "severity": .text($0.isBad ? "bad" : "look"), "finding": .text($0.what),
                        "remedy": .text($0.remedy),
                    ]
                }),
        ]
    }
}
