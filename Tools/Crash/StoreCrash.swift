import ChangeSets
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// A process for tests to kill, starve of disk space and run beside itself. It says on its output what was acknowledged,
/// a line each, written at once.
///
///     StoreCrash commit FOLDER COUNT    commits people and edits, and says each sequence
///     StoreCrash follow FOLDER HUB      applies the feed of the hub in another folder, and says each position
///     StoreCrash starve FOLDER BYTES    commits until no file may grow beyond so many bytes, then with room again
///     StoreCrash make FOLDER NUMBER     makes an empty store of the replica with this number, a hub
///     StoreCrash feed FOLDER COUNT      commits so many people, each as one entry of the feed
///     StoreCrash check FOLDER ORIGIN    says what the store's check finds, then how far it holds an origin's work, how many
///                                       documents there are, and their digest
@main
struct StoreCrash {
    static let phone = Field(2, "phone", .text, .latest)
    static let title = Field(1, "title", .text, .review)
    static let schema = Schema([
        DocumentKind(1, "dossier", [RecordKind(1, "person", indexes: [["phone"]], [title, phone])])
    ])

    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 4 else { return say("usage: StoreCrash commit|follow|starve FOLDER ARGUMENT") }
        if arguments[1] == "make" { return try make(arguments[2], UInt64(arguments[3]) ?? 0) }
        let store = try ReplicaStore.open(in: arguments[2], schema: schema)
        say("ready")
        switch arguments[1] {
        case "feed":
            for number in 0..<(Int(arguments[3]) ?? 0) {
                try store.commit(Array(drafts(number).prefix(1)), time: 1_700_000_000_000 + Int64(number))
                try store.packTail()
            }
        case "check": try check(store, ReplicaID(UInt64(arguments[3]) ?? 0))
        case "commit": try commit(store, Int(arguments[3]) ?? 0)
        case "follow": try follow(store, try ReplicaStore.open(in: arguments[3], schema: schema))
        default: try starve(store, UInt(arguments[3]) ?? 0)
        }
        try store.close()
    }

    static func make(_ folder: String, _ number: UInt64) throws {
        let identity = Identity(
            replica: ReplicaID(number), organisation: [UInt8](repeating: 7, count: 16), name: "crash \(number)")
        try ReplicaStore.create(in: folder, schema: schema, identity: identity, isHub: true).close()
    }

    static func check(_ store: ReplicaStore, _ origin: ReplicaID) throws {
        for finding in try store.check() { say("found \(finding.code) \(finding.place): \(finding.reason)") }
        let held = try store.held(origin)
        say("held \(held.contiguousEnd) \(held.ranges.count) \(try store.documentCount()) \(try store.digest())")
    }

    static func say(_ line: String) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
            guard count > 0 else { exit(2) }
            rest = rest.dropFirst(count)
        }
    }

    /// A person with a value of some size, and for every third an edit in the same group.
    static func drafts(_ number: Int) -> [Draft] {
        func draft(_ target: Draft.Target, _ field: Field, _ text: String) -> Draft {
            Draft(
                target, documentKind: 1, actor: "crash", intent: "commit",
                changes: [RecordChange(.pending(ordinal: 0), kind: 1, [Write(field.tag, .text(text))])])
        }
        let made = draft(.new, phone, String(repeating: "x", count: number % 50 * 40))
        return number % 3 == 0 ? [made, draft(.document(.pending(ordinal: 0)), title, "edited")] : [made]
    }

    static func commit(_ store: ReplicaStore, _ count: Int) throws {
        for number in 0..<count {
            let sets = try store.commit(drafts(number), time: 1_700_000_000_000 + Int64(number))
            say(sets.map { "\($0.dot.sequence)" }.joined(separator: " "))
            if number % 7 == 6 { try store.packTail() }
        }
    }

    static func follow(_ store: ReplicaStore, _ hub: ReplicaStore) throws {
        guard let scope = ReplicaStore.everything.first else { return }
        let lineage = HubLineage(hub: hub.identity.replica, epoch: 1)
        while true {
            var after: FeedPosition = 0
            if case .feed(let position)? = try store.memory(of: lineage).subscriptions.first?.cursor {
                after = position
            }
            let entries = try hub.feed(after: Int64(after), bytesMax: 1)
            guard let entry = entries.first else { return }
            let payload = SegmentPayload(
                origin: entry.origin, first: entry.range.lowerBound, last: entry.range.upperBound, bytes: entry.bytes)
            let outcomes = try store.perform([.feed(lineage, scope, FeedPosition(entry.position), payload)])
            guard outcomes.first?.isDurable == true else { return say("refused") }
            say("\(entry.position)")
        }
    }

    static func starve(_ store: ReplicaStore, _ bytes: UInt) throws {
        signal(SIGXFSZ, SIG_IGN)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(1), &limit)
        let free = limit
        limit.rlim_cur = rlim_t(bytes)
        setrlimit(__rlimit_resource_t(1), &limit)
        var number = 0
        var refusals = 0
        while refusals < 3 {
            do throws(StoreError) {
                let sets = try store.commit(drafts(number), time: 1_700_000_000_000 + Int64(number))
                say(sets.map { "\($0.dot.sequence)" }.joined(separator: " "))
            } catch {
                say("refused \(error.code)")
                refusals += 1
                // Reads go on.
                say("documents \(try store.allDocuments().count)")
            }
            number += 1
        }
        limit = free
        setrlimit(__rlimit_resource_t(1), &limit)
        try commit(store, 5)
    }
}
