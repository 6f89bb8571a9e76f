import ChangeSets
import FaultDisk
import HubLogic
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol

/// What one store is put through: its own commits, segments and snapshots of others, receipts, packing, reopening. Each
/// step is one transaction, so that whatever a crash leaves is the state before it or the state after it.
///
/// The same seed takes the same steps. The store is on a simulated disk; the two others that it hears from are on
/// disks that never fail.
public final class Workload {
    /// What a step did, in one word.
    public enum Step: String, CaseIterable, Sendable {
        case make, edit, group, shared, apply, feed, receipts, snapshot, pack, digest, setting, reopen
    }

    public private(set) var store: ReplicaStore
    public let disk: FaultDisk
    public private(set) var promises = Promises()
    public private(set) var people: [RecordName] = []
    var random: RigRandom
    let peers: [ReplicaStore]
    private let folders: [RigFolder]
    private let durability: ReplicaStore.Durability
    private var isOpen = true
    private var steps: [Step] = []
    private var clock: Int64 = 1_700_000_000_000

    /// - Parameter durability: of the store itself; with `.none` it is the control that has to lose something.
    public init(seed: UInt64, disk: FaultDisk, durability: ReplicaStore.Durability) throws {
        random = RigRandom(seed)
        self.disk = disk
        self.durability = durability
        let folders = try (0..<3).map { _ in try RigFolder() }
        self.folders = folders
        peers = try (1...2).map { number in
            let own = FaultDisk(seed: seed &+ UInt64(number))
            return try withExtendedLifetime(own) {
                try ReplicaStore.create(
                    in: folders[number].path, schema: RigSchema.schema, identity: RigSchema.identity(UInt64(number)),
                    isHub: true, durability: .none, vfs: own.vfs)
            }
        }
        store = try ReplicaStore.create(
            in: folders[0].path, schema: RigSchema.schema, identity: RigSchema.identity(0), isHub: random.chance(3),
            durability: durability, vfs: disk.vfs)
    }

    /// The next step, chosen by the seed.
    public func next() throws -> Step {
        if steps.isEmpty {
            // Every kind comes in every deck, some often.
            steps = Step.allCases + [.make, .edit, .edit, .edit, .group, .apply, .apply, .feed, .feed, .receipts]
            steps.shuffle(using: &random)
        }
        let step = steps.removeLast()
        try take(step)
        return step
    }

    /// Takes one step. What it throws, it has not done.
    public func take(_ step: Step) throws {
        clock += 1_000
        if !isOpen { try reopen() }
        switch step {
        case .make: try commit([newPerson()])
        case .edit: try commit([try change() ?? newPerson()])
        case .group: try commit([newPerson(), linked(), try change() ?? newPerson(2)])
        case .shared: try commit([shared()])
        case .apply: try apply()
        case .feed: try feed()
        case .receipts: try receipts()
        case .snapshot: try snapshot()
        case .pack: try store.packTail()
        case .digest: _ = try store.digest()
        case .setting: try store.set("rig", to: "\(clock)")
        case .reopen: try reopen()
        }
    }

    /// Closes the store and opens it again. What a step before could not open is opened.
    public func reopen() throws {
        if isOpen {
            isOpen = false
            try? store.close()
        }
        store = try ReplicaStore.open(
            in: folders[0].path, schema: RigSchema.schema, durability: durability, vfs: disk.vfs)
        isOpen = true
    }

    /// What the store holds; one that a step could not open is opened.
    public func contents() throws -> StoreContents {
        if !isOpen { try reopen() }
        return try StoreContents(of: store)
    }

    // MARK: Own work

    /// A person's work that changes or makes one document.
    public func edit() throws(StoreError) { try commit([newPerson()]) }

    private func commit(_ drafts: [Draft]) throws(StoreError) {
        let sets = try store.commit(drafts, time: clock)
        promises.acknowledge(sets)
        people += sets.filter { $0.salt != nil }.map(\.document)
    }

    private func draft(_ target: Draft.Target, _ kind: DocumentKind, _ changes: [RecordChange]) -> Draft {
        Draft(target, documentKind: kind.tag, actor: "rig", intent: "step", changes: changes)
    }

    private func text() -> Text {
        Text(String(repeating: "x", count: random.chance(6) ? Int.random(in: 0...5_000, using: &random) : 20))
    }

    private func newPerson(_ draft: Int = 0) -> Draft {
        var writes = [Write(RigSchema.phone.tag, .text(text()))]
        if random.chance(2) { writes.append(Write(RigSchema.hold.tag, .text("none"))) }
        return self.draft(
            .new, RigSchema.dossier,
            [
                RecordChange(.pending(draft: draft, ordinal: 0), kind: RigSchema.person.tag, writes),
                RecordChange(
                    .pending(draft: draft, ordinal: 1), kind: RigSchema.entry.tag,
                    [Write(RigSchema.room.tag, .text("A1"))]),
            ])
    }

    /// A draft on the document that the group's first one makes.
    private func linked() -> Draft {
        draft(
            .document(.pending(ordinal: 0)), RigSchema.dossier,
            [
                RecordChange(
                    .pending(ordinal: 0), kind: RigSchema.person.tag, [Write(RigSchema.title.tag, .text("linked"))])
            ])
    }

    private func change() throws -> Draft? {
        guard let person = people.randomElement(using: &random) else { return nil }
        let isHere = try store.readingRecords { records, _ in try !records.context(person).isEmpty }
        guard isHere else { return nil }
        return draft(.document(person), RigSchema.dossier, [change(person)])
    }

    private func change(_ person: RecordName) -> RecordChange {
        let write =
            switch Int.random(in: 0..<4, using: &random) {
            case 0: Write(RigSchema.title.tag, .text(text()))
            case 1: Write(RigSchema.phone.tag, .text(text()))
            case 2: Write(RigSchema.hold.tag, .text(random.chance(2) ? "held" : "none"))
            default:
                Write(
                    RigSchema.emails.tag, .text(random.chance(2) ? "a@x" : "b@y"), random.chance(3) ? .remove : .add)
            }
        return RecordChange(person, kind: RigSchema.person.tag, [write])
    }

    private func shared() -> Draft {
        let name = RecordName(hash: UInt64.random(in: 77...79, using: &random))
        return draft(
            .document(name), RigSchema.site,
            [RecordChange(name, kind: RigSchema.place.tag, [Write(RigSchema.name.tag, .text(text()))])])
    }

    // MARK: The others' work

    /// One of the others commits something, perhaps on what it has heard of this store.
    private func stir(_ peer: ReplicaStore) throws {
        for range in try store.held(store.identity.replica).subtracting(peer.held(store.identity.replica)).ranges {
            guard let part = try store.segment(store.identity.replica, range), random.chance(2) else { continue }
            _ = try peer.apply(part.bytes).get()
        }
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            var drafts = [newPerson()]
            if let person = people.randomElement(using: &random), random.chance(2),
                try !peer.readingRecords({ records, _ in try records.context(person).isEmpty })
            {
                drafts = [draft(.document(person), RigSchema.dossier, [change(person)])]
            }
            people += try peer.commit(drafts, time: clock).filter { $0.salt != nil }.map(\.document)
        }
        try peer.packTail()
    }

    private func apply() throws {
        let peer = peers[Int.random(in: 0..<peers.count, using: &random)]
        try stir(peer)
        guard let origin = try peer.heldOrigins().randomElement(using: &random),
            let run = try peer.held(origin).ranges.randomElement(using: &random)
        else { return }
        let first = Sequence32.random(in: run, using: &random)
        let last = min(run.upperBound, first + Sequence32.random(in: 0...4, using: &random))
        guard let part = try peer.segment(origin, first...last) else { return }
        _ = try store.apply(part.bytes).get()
    }

    private func feed() throws {
        let hub = peers[0]
        try stir(hub)
        guard let scope = ReplicaStore.everything.first else { return }
        let lineage = HubLineage(hub: hub.identity.replica, epoch: 1)
        var after: FeedPosition = 0
        if case .feed(let position)? = try store.memory(of: lineage).subscriptions.first?.cursor { after = position }
        guard let entry = try hub.feed(after: Int64(after), bytesMax: 1).first else { return }
        let payload = SegmentPayload(
            origin: entry.origin, first: entry.range.lowerBound, last: entry.range.upperBound, bytes: entry.bytes)
        promises.feed(hub.identity.replica, entry.position, entry.origin, entry.range)
        _ = try store.perform([.feed(lineage, scope, FeedPosition(entry.position), payload)])
    }

    private func receipts() throws {
        let own = store.identity.replica
        guard let end = try store.held(own).last else { return }
        let atHub = OriginRanges(
            origin: own, ranges: SequenceRanges(1...Sequence32.random(in: 1...end, using: &random)))
        let atHQ = OriginRanges(origin: own, ranges: SequenceRanges(1...Sequence32.random(in: 1...end, using: &random)))
        _ = try store.perform([
            .receipts(
                ReceiptCommit(
                    lineage: HubLineage(hub: peers[0].identity.replica, epoch: 1), atHub: [atHub],
                    atHQ: random.chance(2) ? [atHQ] : [], receiptMark: UInt64(end)))
        ])
    }

    private func snapshot() throws {
        guard let scope = ReplicaStore.everything.first else { return }
        try stir(peers[1])
        guard case .chunk(let chunk, let position, _) = try peers[1].snapshotPage(scope, after: nil, bytesMax: 1 << 19)
        else { return }
        let lineage = HubLineage(hub: peers[1].identity.replica, epoch: 1)
        _ = try store.perform([.snapshotChunk(lineage, scope, position, chunk)])
    }
}
