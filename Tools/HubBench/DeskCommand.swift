import ArgumentParser
import CredentialStore
import Credentialing
import Dispatch
import Foundation
import HybridTime
import Logging
import Merging
import ReplicaStore
import StoreSync
import SyncProtocol
import SyncTransport
import Synchronization

/// A desk that stays live with its hub, commits at a steady rate, and notes when its own work is durable at the hub and when
/// the work of others is here.
struct DeskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "desk",
        abstract: "Stays live with a hub, commits, and notes the times of its own and others' change sets.",
        discussion: """
            Says `live` once it is, waits for a line on its input, commits, waits for another line, and prints one JSON \
            object: its origin, `own` with [sequence, begun, saved, at the hub], and `seen` with [sequence, here] for each \
            other origin; microseconds of the clock that all processes share.
            """)

    @Option(help: "The store's folder.") var store: String
    @Option(help: "The hub, as address:port.") var hub: String
    @Option(help: "How many change sets to commit.") var commits = 0
    @Option(help: "How many a second.") var rate = 20.0

    func run() async throws {
        guard let hub = HubAddress(hub) else { throw ValidationError("--hub takes address:port") }
        let store = try CredentialStore.open(in: store)
        let times = DeskTimes(store.replica)
        let (lives, live) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let client = SyncClient(
            configuration: SyncClient.Configuration(hubs: [hub]), store: StoreSessions(store.replica),
            logger: Logger(label: "desk") { _ in SwiftLogNoOpLogHandler() }
        ) { if case .report(.phase(.live)) = $0 { live.yield() } }
        let watching = Task { try await client.watch() }
        for await _ in lives { break }
        times.begin()
        print("live")
        fflush(nil)
        _ = readLine()
        try await work(store, times)
        _ = readLine()
        print(try times.json())
        fflush(nil)
        watching.cancel()
        _ = try? await watching.value
        try store.replica.close()
    }

    private func work(_ store: CredentialStore, _ times: DeskTimes) async throws {
        let people = try store.reading { records, db in
            try String.fetchAll(db, sql: "SELECT candidate_number FROM person ORDER BY candidate_number LIMIT 64")
                .flatMap { try records.records(Person.kind, where: Person.candidateNumber, equals: .text(Text($0))) }
                .map(\.name)
        }
        let start = ContinuousClock.now
        for number in 0..<commits {
            try await Task.sleep(until: start + .seconds(Double(number) / rate))
            var command = UpdateContact(person: people[number % people.count])
            command.phone = .set("+44 7700 \(times.replica) \(Moment.now())")
            let begun = Moment.now()
            let sets = try store.perform(command, actor: ActorIdentity("bench", station: "desk"), now: Int64(number))
            for set in sets { times.saved(set.dot.sequence, begun: begun, at: Moment.now()) }
        }
    }
}

/// What a desk notes.
final class DeskTimes: Sendable {
    private struct Noted {
        var own: [Sequence32: (begun: Int64, saved: Int64, atHub: Int64)] = [:]
        var receipted: Sequence32 = 0
        var seen: [ReplicaID: [(Sequence32, Int64)]] = [:]
        var ends: [ReplicaID: Sequence32] = [:]
    }

    private let store: ReplicaStore
    private let noted = Mutex(Noted())
    private let queue = DispatchQueue(label: "desk.times")
    let replica: ReplicaID

    init(_ store: ReplicaStore) {
        self.store = store
        replica = store.identity.replica
    }

    /// What is here now is no news.
    func begin() {
        queue.sync { look() }
        noted.withLock { $0.seen = [:] }
        _ = store.changes.add { [self] event in
            switch event {
            case .applied, .elsewhere: queue.async { self.look() }
            case .receipts: queue.async { self.lookAtReceipts() }
            default: break
            }
        }
    }

    func saved(_ sequence: Sequence32, begun: Int64, at moment: Int64) {
        noted.withLock { noted in
            // The receipt may have been faster than this note.
            let atHub = noted.receipted >= sequence ? moment : 0
            noted.own[sequence] = (begun, moment, atHub)
        }
    }

    private func look() {
        guard let origins = try? store.heldOrigins() else { return }
        for origin in origins where origin != replica {
            guard let end = try? store.held(origin).last else { continue }
            let now = Moment.now()
            noted.withLock { noted in
                let before = noted.ends[origin] ?? 0
                guard end > before else { return }
                for sequence in (before + 1)...end { noted.seen[origin, default: []].append((sequence, now)) }
                noted.ends[origin] = end
            }
        }
    }

    private func lookAtReceipts() {
        guard let counts = try? store.durability() else { return }
        let now = Moment.now()
        let end = Sequence32(truncatingIfNeeded: max(counts.atHub, counts.atHQ))
        noted.withLock { noted in
            guard end > noted.receipted else { return }
            for sequence in (noted.receipted + 1)...end where noted.own[sequence] != nil {
                noted.own[sequence]?.atHub = now
            }
            noted.receipted = end
        }
    }

    func json() throws -> String {
        let noted = noted.withLock { $0 }
        let object: [String: Any] = [
            "origin": "\(replica)",
            "own": noted.own.sorted { $0.key < $1.key }.map {
                [Int64($0.key), $0.value.begun, $0.value.saved, $0.value.atHub]
            },
            "seen": Dictionary(
                uniqueKeysWithValues: noted.seen.map { origin, times in
                    ("\(origin)", times.map { [Int64($0.0), $0.1] })
                }),
        ]
        return String(decoding: try JSONSerialization.data(withJSONObject: object), as: UTF8.self)
    }
}
