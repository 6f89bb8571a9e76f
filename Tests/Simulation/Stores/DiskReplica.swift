import ByteCoding
import ChangeSets
import FaultDisk
import Foundation
import GRDB
import HubLogic
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import SyncTestSupport

/// The real store over SQLite, on a simulated disk that loses, tears and refuses writes.
public final class DiskReplica: SimulatedStore {
    public struct Configuration {
        var identity: Identity
        var isHub: Bool
        var isHeadquarters: Bool
        var schema: Schema
        var scopes: [String]
        var observer: (any MergeObserver)?
    }

    private let configuration: Configuration
    /// A real folder, for the lock file alone.
    private let folder: LockFolder
    private var disk: FaultDisk
    private var store: ReplicaStore
    private var salts: SeededRandom
    private var random: SeededRandom
    private var news: NewsBox
    private var observer: StoreChanges.ObserverID

    public var failingCommits = 0
    public var cutInNextCommit = false

    init(_ configuration: Configuration, seed: UInt64) throws {
        self.configuration = configuration
        let folder = try LockFolder()
        let disk = FaultDisk(seed: seed)
        let news = NewsBox()
        self.news = news
        self.folder = folder
        self.disk = disk
        salts = SeededRandom(seed)
        random = SeededRandom(seed &+ 0x5EED)
        store = try withExtendedLifetime(disk) {
            try ReplicaStore.create(
                in: folder.path, schema: configuration.schema, identity: configuration.identity,
                isHub: configuration.isHub, observer: configuration.observer, vfs: disk.vfs)
        }
        try store.subscribe(to: configuration.scopes.compactMap { ScopeName($0) })
        observer = store.changes.add { news.take($0) }
    }

    deinit { try? store.close() }

    public var replica: ReplicaID { configuration.identity.replica }

    // MARK: Faults

    /// Runs a commit while the disk does what was asked of it.
    private func committing<Result>(_ body: () throws -> Result) throws(SimulatedFailure) -> Result {
        if cutInNextCommit {
            cutInNextCommit = false
            return try cutting(body)
        }
        if failingCommits > 0 {
            failingCommits -= 1
            disk.fail(.changes, after: Int(random.next() % 4), forever: true, code: random.next() % 2 == 0 ? 13 : nil)
        }
        defer { disk.heal() }
        return try DiskReplica.simulated(body)
    }

    /// The power goes at some operation of this commit: what the disk then holds is what is opened again.
    private func cutting<Result>(_ body: () throws -> Result) throws(SimulatedFailure) -> Result {
        let moment = CutMoment(disk: disk, after: Int(random.next() % 12), seed: random.next())
        disk.beforeEachChange { _ in moment.tick() }
        _ = try? body()
        disk.beforeEachChange(nil)
        pending = moment.left ?? disk.cut(seed: random.next())
        throw .powerCut
    }

    /// What the disk held when the power went in the middle of a commit.
    private var pending: FaultDisk?

    public func crash() throws(SimulatedFailure) {
        let left = pending ?? disk.cut(seed: random.next())
        pending = nil
        disk.powerOff()
        store.changes.remove(observer)
        try? store.close()
        disk = left
        news = NewsBox()
        let configuration = configuration
        store = try DiskReplica.simulated {
            try withExtendedLifetime(left) {
                try ReplicaStore.open(
                    in: self.folder.path, schema: configuration.schema, observer: configuration.observer, vfs: left.vfs)
            }
        }
        let news = news
        observer = store.changes.add { news.take($0) }
    }

    static func simulated<Result>(_ body: () throws -> Result) throws(SimulatedFailure) -> Result {
        do { return try body() } catch let failure as SimulatedFailure { throw failure } catch StoreError.behindOwnWork
        {
            throw .behindOwnWork
        } catch StoreError.unknownDocument { throw .unknownDocument } catch let error as StoreError {
            throw error.isOfDisk ? .disk("\(error)") : .broken("\(error)")
        } catch { throw .broken("\(error)") }
    }

    // MARK: What people do

    public func commit(_ drafts: [Draft], time: Int64) throws(SimulatedFailure) -> [ChangeSet] {
        try committing {
            try self.store.commit(drafts, time: time) { Salt(self.salts.next(), self.salts.next()) }
        }
    }

    public func context(of document: RecordName) -> Context { contexts(of: [document])[0] }

    public func contexts(of documents: [RecordName]) -> [Context] {
        let found = try? store.readingRecords { records, _ in try documents.map { try records.context($0) } }
        return found ?? documents.map { _ in .empty }
    }

    public func takeNews() -> StoreNews { news.drain() }

    // MARK: What sessions ask for

    public func answer(_ load: ReplicaLoad) throws(SimulatedFailure) -> ReplicaLoaded {
        try DiskReplica.simulated {
            switch load {
            case .greeting: .greeting(try self.store.greeting())
            case .memory(let lineage): .memory(try self.store.memory(of: lineage))
            case .chainHashes(let origin, let sequences):
                .chainHashes(try self.store.chainHashes(of: origin, at: sequences))
            case .unsent(let lineage, let awaitingHQ):
                .unsent(try self.store.unsent(to: lineage, awaitingHQ: awaitingHQ))
            case .segment(let origin, let range): .segment(try self.store.payload(of: origin, in: range))
            case .scopeDigest(let scope): .scopeDigest(try self.store.digest(of: scope))
            case .findings(let scope, let parts): .findings(try self.store.findings(scope, parts))
            case .wanted: .wanted(try self.store.wanted())
            }
        }
    }

    public func perform(_ commits: [ReplicaCommit]) throws(SimulatedFailure) -> [SegmentOutcome] {
        try committing { try self.store.perform(commits) }
    }

    public func hubIdentity() throws(SimulatedFailure) -> HubIdentity {
        try DiskReplica.simulated {
            try self.store.hubIdentity(isHeadquarters: self.configuration.isHeadquarters)
        }
    }

    public func answer(_ load: HubLoad, clock: Int64) throws(SimulatedFailure) -> HubLoaded {
        let isHeadquarters = configuration.isHeadquarters
        return try DiskReplica.simulated {
            switch load {
            case .standing(let query):
                .standing(try self.store.standing(query, isHeadquarters: isHeadquarters), clock: clock)
            case .held(let queries): .held(try self.store.held(queries, isHeadquarters: isHeadquarters))
            case .chainHashes(let probe): .chainHashes(try self.store.chainHashes(probe))
            // Nothing is put back here: an accusation is itself the violation.
            case .newName: .newName
            case .feed(let scope, let after, let bytesMax, let within):
                .feed(scope, try self.store.feedPage(scope, after: after, bytesMax: bytesMax, within: within))
            case .snapshot(let scope, let after, let bytesMax):
                .snapshot(scope, try self.store.snapshotPage(scope, after: after, bytesMax: bytesMax))
            case .compare(let scope, let ranges): DiskReplica.compared(scope, try self.store.compare(scope, ranges))
            case .states(let scope, let documents, let bytesMax, let within):
                DiskReplica.found(
                    scope, try self.store.states(of: documents, bytesMax: bytesMax, within: within))
            }
        }
    }

    private static func compared(
        _ scope: ScopeName, _ answer: (position: FeedPosition, parts: [ComparedPart])
    ) -> HubLoaded { .compared(scope, position: answer.position, parts: answer.parts) }

    private static func found(_ scope: ScopeName, _ answer: (answered: Int, bytes: [UInt8])) -> HubLoaded {
        .states(scope, answered: answer.answered, bytes: answer.bytes)
    }

    public func take(_ payloads: [SegmentPayload]) throws(SimulatedFailure) -> [SegmentOutcome] {
        try committing { try self.store.take(payloads) }
    }

    // MARK: What checkers look at

    public func allStates() throws(SimulatedFailure) -> [DocumentState] {
        try DiskReplica.simulated { try self.store.allDocuments() }
    }

    public func state(of document: RecordName) throws(SimulatedFailure) -> DocumentState? {
        try DiskReplica.simulated { try self.store.document(document) }
    }

    public func held(_ origin: ReplicaID) throws(SimulatedFailure) -> SequenceRanges {
        try DiskReplica.simulated { try self.store.held(origin) }
    }

    public func heldOrTrimmed(_ origin: ReplicaID) throws(SimulatedFailure) -> SequenceRanges {
        try DiskReplica.simulated {
            let query = HeldQuery(origin: origin, sequence: 1)
            return try self.store.held([query], isHeadquarters: self.configuration.isHeadquarters)[0].ranges
        }
    }

    public func strayCount() throws(SimulatedFailure) -> Int {
        try DiskReplica.simulated { try self.store.strayCount() }
    }

    public func digest(of scope: ScopeName) throws(SimulatedFailure) -> Digest256? {
        try DiskReplica.simulated { try self.store.digest(of: scope) }
    }

    public func heldOrigins() throws(SimulatedFailure) -> [ReplicaID] {
        try DiskReplica.simulated { try self.store.heldOrigins() }
    }

    public func chainHash(_ origin: ReplicaID, at sequence: Sequence32) throws(SimulatedFailure) -> ChainHash? {
        try DiskReplica.simulated { try self.store.chainHash(of: origin, at: sequence) }
    }

    public func parked() throws(SimulatedFailure) -> [Dot] { try dots("parked") }
    public func quarantined() throws(SimulatedFailure) -> [Dot] { try dots("quarantine") }

    private func dots(_ table: String) throws(SimulatedFailure) -> [Dot] {
        try DiskReplica.simulated {
            try self.store.reading { db in
                try Row.fetchAll(
                    db, sql: "SELECT o.id, t.sequence FROM \(table) t JOIN origin o ON o.n = t.origin ORDER BY 1, 2"
                ).map { Dot(ReplicaID(UInt64(bitPattern: $0[0])), $0[1]) }
            }
        }
    }

    public func journal(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>
    ) throws(SimulatedFailure) -> [ChangeSet] {
        try segments(origin, range).flatMap { payload in
            (try? SegmentCodec().decode(payload.bytes[...]).changeSets) ?? []
        }
    }

    /// The journal's part from the front of a range on, as it would be sent.
    func segments(
        _ origin: ReplicaID, _ range: ClosedRange<Sequence32>
    ) throws(SimulatedFailure) -> [SegmentPayload] {
        var payloads: [SegmentPayload] = []
        var next = UInt64(range.lowerBound)
        while next <= UInt64(range.upperBound) {
            let rest = Sequence32(next)...range.upperBound
            let payload = try DiskReplica.simulated { try self.store.payload(of: origin, in: rest) }
            guard let payload else { break }
            payloads.append(payload)
            next = UInt64(payload.last) + 1
        }
        return payloads
    }

    public func flaws() throws(SimulatedFailure) -> [String] {
        try DiskReplica.simulated {
            // A device that has moved may know of more than its new hub, and compare; there is nothing to put right.
            try self.store.check().map { "\($0.code) at \($0.place): \($0.reason)" }
                + self.store.repairs().map { "\($0.document) was put right (\($0.how)) although no disk is broken" }
                + self.store.orphans().map { "\($0) is in no journal" }
        }
    }
}

extension StoreError {
    /// Whether the disk is to blame.
    var isOfDisk: Bool {
        if case .sqlite = self { return true }
        return code.hasPrefix("disk")
    }
}

/// A folder of the system that goes with the store.
private final class LockFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "assay-simulate-\(UInt64.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Takes an image of a disk at one moment of a commit. Unchecked: the disk calls back on the thread of the operation, one
/// at a time, while the caller waits.
private final class CutMoment: @unchecked Sendable {
    private let disk: FaultDisk
    private var after: Int
    private let seed: UInt64
    private(set) var left: FaultDisk?

    init(disk: FaultDisk, after: Int, seed: UInt64) {
        self.disk = disk
        self.after = after
        self.seed = seed
    }

    func tick() {
        if after == 0, left == nil { left = disk.cut(seed: seed) }
        after -= 1
    }
}

/// Collects what a store tells its observers. Unchecked: the store posts on the thread that committed, while it waits.
private final class NewsBox: @unchecked Sendable {
    private var news = StoreNews()

    func take(_ event: StoreEvent) {
        switch event {
        case .committed, .applied, .elsewhere: news.grew = true
        case .reachedHQ(let ranges): news.reachedHQ += ranges
        case .scopesAdvanced(let scopes): news.scopes += scopes
        default: break
        }
    }

    func drain() -> StoreNews {
        defer { news = StoreNews() }
        return news
    }
}
