import ArgumentParser
import ChangeSets
import CredentialStore
import Credentialing
import Foundation
import GRDB
import HybridTime
import Logging
import Merging
import ReplicaStore
import StoreSync
import SyncProtocol
import SyncTransport

/// Makes a store for each site of a headquarters, with the people booked there and their exam day, which nobody else has.
struct SitesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sites", abstract: "Makes the stores of a headquarters' sites, each with an exam day of its own.",
        discussion:
            "Says how many change sets all days have together. A folder in memory is faster: nothing is measured here.")

    @Option(help: "Headquarters' store.") var headquarters: String
    @Option(help: "The folder for the stores.") var out: String
    @Option(help: "How many sites, in the order of their codes.") var sites = 200

    func run() async throws {
        let hq = try CredentialStore.open(in: headquarters)
        let codes = try hq.reading { _, db in
            try String.fetchAll(db, sql: "SELECT code FROM site ORDER BY code LIMIT ?", arguments: [sites])
        }
        var changeSets = 0
        for code in codes { changeSets += try make(code, hq) }
        print("\(codes.count) sites, \(changeSets) change sets")
        try hq.replica.close()
    }

    private func make(_ code: String, _ hq: CredentialStore) throws -> Int {
        let path = out + "/" + code
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let identity = Identity(
            replica: ReplicaID(UInt64.random(in: 1 ... .max)), organisation: hq.replica.identity.organisation,
            name: code)
        let store = try CredentialStore.create(in: path, identity: identity, isHub: false)
        let (sessions, documents) = try hq.reading { records, _ in try contents(code, records) }
        let states = try documents.compactMap { try hq.replica.document($0) }
        for start in stride(from: 0, to: states.count, by: SnapshotCodec.documentsMax) {
            let chunk = SnapshotCodec().encode(Array(states[start...].prefix(SnapshotCodec.documentsMax)))
            _ = try store.replica.join(snapshotChunk: chunk).get()
        }
        var day = ExamDay(store)
        for (session, bookings) in sessions { try day.play(session, bookings) }
        try store.replica.close()
        return day.changeSets
    }

    /// A site's sessions with their bookings, and every document that belongs to it.
    private func contents(
        _ code: String, _ records: StoredRecords
    ) throws -> (sessions: [(RecordView, [RecordView])], documents: [RecordName]) {
        var sessions: [(RecordView, [RecordView])] = []
        var documents: Set<RecordName> = []
        for site in try records.records(Site.kind, where: Site.code, equals: .text(Text(code))) {
            documents.insert(site.document)
            for session in try records.records(ExamSession.kind, where: ExamSession.site, equals: .reference(site.name))
            {
                let bookings = try records.bookings(of: session.name)
                sessions.append((session, bookings))
                documents.insert(session.document)
                documents.formUnion(bookings.map(\.document))
                if let part = try session.reference(ExamSession.component).flatMap({
                    try records.record($0, Component.kind)
                }) {
                    documents.insert(part.document)
                }
            }
        }
        return (sessions, documents.sorted())
    }
}

/// All sites come back at once: each pushes its day and waits until the hub has receipted all of it.
struct ReconnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconnect", abstract: "Has every store of a folder push what the hub lacks, all at once.",
        discussion: """
            Each is a real store with a real session, all in this process; one ends when its push has been receipted, because \
            what would come down then is everybody's. Says the seconds until the last one, and the median.
            """)

    @Option(help: "The folder that `sites` filled.") var stores: String
    @Option(help: "The hub, as address:port.") var hub: String

    func run() async throws {
        guard let hub = HubAddress(hub) else { throw ValidationError("--hub takes address:port") }
        let folders = try FileManager.default.contentsOfDirectory(atPath: stores).sorted()
        let opened = try folders.map { try CredentialStore.open(in: stores + "/" + $0) }
        let start = ContinuousClock.now
        let times = await withTaskGroup(of: Duration?.self) { group in
            for store in opened {
                group.addTask { await push(store, hub) ? ContinuousClock.now - start : nil }
            }
            return await group.reduce(into: [Duration?]()) { $0.append($1) }
        }
        let done = times.compactMap { $0.map { $0 / .seconds(1) } }.sorted()
        print("\(done.count) of \(opened.count) in \(done.last ?? 0) s, median \(done[done.count / 2]) s")
        for store in opened { try store.replica.close() }
    }

    /// - Returns: whether all was receipted.
    private func push(_ store: CredentialStore, _ hub: HubAddress) async -> Bool {
        let (pulls, pull) = AsyncStream.makeStream(of: Bool.self)
        let client = SyncClient(
            configuration: SyncClient.Configuration(hubs: [hub]), store: StoreSessions(store.replica),
            logger: Logger(label: "site") { _ in SwiftLogNoOpLogHandler() }
        ) { notice in
            if case .report(.phase(.pulling)) = notice { pull.yield(true) }
        }
        let session = Task {
            _ = try? await client.syncOnce()
            pull.yield(false)
        }
        var isDone = false
        for await each in pulls {
            isDone = each
            break
        }
        session.cancel()
        await session.value
        return isDone
    }
}
