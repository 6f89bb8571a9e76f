import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore
import Testing

/// Devices of which images are taken again and again, and hubs in three levels, with a record of every piece of work that
/// owes nothing to names: what it was, which pieces its author's store showed in the document, and what it refers to.
///
/// A piece tells itself apart by its values. Its document's set of words gains one with every piece and loses none, so what
/// a store shows of that set is what its next piece follows.
struct CloneOrganisation {
    enum Hub: Int, CaseIterable { case headquarters, one, two, site }

    struct Device {
        var store: ReplicaStore
        let folder: Folder
        /// The only hub that it meets; nil for one that meets any.
        let home: Hub?
    }

    struct Piece {
        /// The piece that made the document.
        let document: Int
        let before: Set<Int>
        /// The piece that made the document which it refers to.
        let link: Int?
    }

    var random: Seeded
    private(set) var devices: [Device] = []
    private(set) var pieces: [Piece] = []
    private let hubs: [TestStore]
    private(set) var trace: [String] = []
    static let lost = " is lost at headquarters"

    /// Sessions that did not come to their end.
    private(set) var failures: [String] = []
    private var images = 0
    /// Forks that sessions found.
    private var disputes = 0

    init(seed: UInt64) throws {
        random = Seeded(seed)
        hubs = try Hub.allCases.map { try TestStore(UInt64(90 + $0.rawValue), isHub: true) }
        for (number, home) in [Hub?.none, .one, .two, .site].enumerated() {
            let test = try TestStore(UInt64(number + 1))
            devices.append(Device(store: test.store, folder: test.folder, home: home))
        }
    }

    func store(_ hub: Hub) -> ReplicaStore { hubs[hub.rawValue].store }

    var everyone: [ReplicaStore] { hubs.map(\.store) + devices.map(\.store) }

    // MARK: Steps

    mutating func step() throws {
        let at = random.chance(2) ? Int.random(in: 0..<devices.count, using: &random) : 0
        switch Int.random(in: 0..<100, using: &random) {
        case ..<40: try write(at)
        case ..<48 where images < 4: try image(at)
        case ..<75: try sync(at)
        default: try relay(Hub.allCases[Int.random(in: 1..<4, using: &random)])
        }
    }

    mutating func write(_ at: Int, on document: RecordName? = nil) throws {
        let number = pieces.count
        let store = devices[at].store
        let known = try store.documents().filter { $0.value.kind == Fixture.dossier.tag }
        let target = document ?? (random.chance(3) ? nil : known.keys.sorted().randomElement(using: &random))
        let other = random.chance(2) ? known.keys.sorted().randomElement(using: &random) : nil
        trace.append(
            "\(at) writes \(number) on \(target.map { "\($0)" } ?? "new") link \(other.map { "\($0)" } ?? "-")")
        var writes = [
            Write(Fixture.title.tag, .text("title \(number)")), Write(Fixture.phone.tag, .text("phone \(number)")),
            Write(Fixture.emails.tag, .text("\(number)"), .add),
        ]
        if target == nil { writes.append(Write(Fixture.size.tag, .integer(Int64(number)))) }
        if let other { writes.append(Write(Fixture.link.tag, .reference(other))) }
        let changes = [
            RecordChange(target ?? .pending(ordinal: 0), kind: Fixture.person.tag, writes),
            RecordChange(
                .pending(ordinal: 1), kind: Fixture.entry.tag, [Write(Fixture.room.tag, .text("room \(number)"))]),
        ]
        let draft = Draft(
            target.map { .document($0) } ?? .new, documentKind: Fixture.dossier.tag, actor: Text("\(number)"),
            intent: "work", changes: changes)
        do throws(StoreError) {
            _ = try store.commit([draft], time: 1_700_000_000_000 + Int64.random(in: 0...3, using: &random))
        } catch {
            guard error == .behindOwnWork else { throw error }
            trace.append("  is behind")
            return
        }
        let made = target.flatMap { known[$0] }
        pieces.append(
            Piece(
                document: made.map(CloneOrganisation.maker) ?? number, before: made.map(CloneOrganisation.words) ?? [],
                link: other.flatMap { known[$0] }.map(CloneOrganisation.maker)))
    }

    private static func words(_ document: DocumentState) -> Set<Int> {
        let elements = document.records[document.name]?.cell(Fixture.emails.tag)?.elements ?? []
        return Set(elements.compactMap { if case .text(let text) = $0 { Int(text.string) } else { nil } })
    }

    private static func maker(_ document: DocumentState) -> Int {
        let value = document.records[document.name]?.cell(Fixture.size.tag)?.greatest.value
        if case .integer(let number)? = value { return Int(number) }
        return -1
    }

    mutating func image(_ at: Int) throws {
        images += 1
        trace.append("image \(devices.count) of \(at)")
        let folder = try Folder()
        try devices[at].store.close()
        for file in try FileManager.default.contentsOfDirectory(atPath: devices[at].folder.path) {
            try FileManager.default.copyItem(
                atPath: devices[at].folder.path + "/" + file, toPath: folder.path + "/" + file)
        }
        devices[at].store = try open(devices[at].folder)
        devices.append(
            Device(store: try open(folder), folder: folder, home: devices[at].home))
    }

    private func open(_ folder: Folder) throws -> ReplicaStore {
        try ReplicaStore.open(in: folder.path, schema: Fixture.schema, durability: .none)
    }

    mutating func sync(_ at: Int) throws {
        let hub = devices[at].home ?? Hub.allCases[Int.random(in: 0..<4, using: &random)]
        try sync(at, hub)
    }

    mutating func sync(_ at: Int, _ hub: Hub) throws { try meet(devices[at].store, hub, "\(at)") }

    mutating func relay(_ hub: Hub) throws {
        guard hub != .headquarters else { return }
        try meet(store(hub), hub == .site ? .one : .headquarters, "\(hub)")
    }

    private mutating func meet(_ child: ReplicaStore, _ hub: Hub, _ label: String) throws {
        var meeting = Meeting(child, store(hub), isHeadquarters: hub == .headquarters)
        trace.append("\(label) goes to \(hub)")
        let end = try meeting.sync()
        trace.append("\(label) meets \(hub)\(meeting.divergences.map { " \($0.0.origin)>\($0.0.shared)" }.joined())")
        if end != .completed { failures.append("\(label) with \(hub): \(end)") }
        disputes += meeting.divergences.count
        if meeting.regressions > 0 { failures.append("\(label) with \(hub): a hub took itself for put back") }
    }

    // MARK: The end

    /// Everyone meets until nothing can be new.
    mutating func heal(rounds: Int = 8) throws {
        for _ in 0..<rounds {
            for at in devices.indices { try sync(at) }
            for hub in [Hub.site, .one, .two, .one, .site] { try relay(hub) }
            if try Set(everyone.map { try $0.digest() }).count == 1, try isAllAtHeadquarters() { return }
        }
    }

    private func isAllAtHeadquarters() throws -> Bool {
        var numbers: Set<String> = []
        try store(.headquarters).eachChangeSet { numbers.insert($0.actor.string) }
        return pieces.indices.allSatisfy { numbers.contains("\($0)") }
    }

    /// What is wrong, in words; nothing where everyone has every piece, once, and each follows and names what it did.
    mutating func faults() throws -> [String] {
        disputes = 0
        try heal(rounds: 1)
        var faults = failures
        if disputes > 0 { faults.append("forks are found again and again") }
        func work(_ set: ChangeSet) -> Int? { Int(set.actor.string) }
        var sets: [Int: ChangeSet] = [:]
        var pieceOf: [Dot: Int] = [:]
        try store(.headquarters).eachChangeSet { set in
            guard let number = work(set) else { return }
            if sets[number] != nil { faults.append("work \(number) twice") }
            sets[number] = set
            pieceOf[set.dot] = number
        }
        for number in pieces.indices where sets[number] == nil {
            faults.append("work \(number)\(CloneOrganisation.lost)")
        }
        for (index, store) in everyone.enumerated() {
            try store.eachChangeSet { set in
                if let number = work(set), pieceOf[set.dot] != number {
                    faults.append(
                        "store \(index): \(set.dot) is \(number), and \(pieceOf[set.dot] ?? -1) at headquarters")
                }
            }
            for table in ["parked", "quarantine"] {
                if try store.count("SELECT count(*) FROM \(table)") != 0 { faults.append("store \(index): \(table)") }
            }
            for finding in try store.check() { faults.append("store \(index): \(finding.place): \(finding.reason)") }
        }
        let digest = try store(.headquarters).digest()
        let right = try store(.headquarters).documents()
        for (index, store) in everyone.enumerated() where try store.digest() != digest {
            let documents = try store.documents()
            for name in Set(documents.keys).union(right.keys).sorted()
            where documents[name]?.normalized != right[name]?.normalized {
                let (mine, theirs) = (documents[name], right[name])
                for (record, state) in mine?.records ?? [:] where theirs?.records[record] != state {
                    for cell in state.cells where theirs?.records[record]?.cell(cell.tag) != cell {
                        faults.append(
                            "cell \(record) \(cell.tag.raw): \(cell.siblings), at headquarters "
                                + "\(theirs?.records[record]?.cell(cell.tag)?.siblings ?? [])")
                    }
                }
                faults.append(
                    "digests differ at store \(index) in \(name) of kind \(mine?.kind ?? theirs?.kind ?? 0): "
                        + "\(mine?.context.entries.map { "\($0.origin):\($0.sequence)" } ?? ["none"]), at headquarters "
                        + "\(theirs?.context.entries.map { "\($0.origin):\($0.sequence)" } ?? ["none"])")
            }
        }
        faults += try faultsOfContent(sets, pieceOf)
        return faults
    }

    private func faultsOfContent(_ sets: [Int: ChangeSet], _ pieceOf: [Dot: Int]) throws -> [String] {
        var faults: [String] = []
        let documents = try store(.headquarters).documents()
        for (number, piece) in pieces.enumerated() {
            guard let set = sets[number] else { continue }
            let before = sets.filter { $0.value.document == set.document && set.removal.covers($0.value.dot) }.keys
            if Set(before) != piece.before {
                faults.append("work \(number) follows \(before.sorted()), not \(piece.before.sorted())")
            }
            if pieceOf[set.document.dot] != piece.document { faults.append("work \(number) is in another document") }
            for change in set.changes {
                for write in change.writes where write.field == Fixture.link.tag {
                    if case .reference(let name) = write.value, pieceOf[name.dot] != piece.link {
                        faults.append("work \(number) refers to \(pieceOf[name.dot] ?? -1), not \(piece.link ?? -1)")
                    }
                }
            }
        }
        for (number, set) in sets where pieces[number].document == number {
            let inside = pieces.indices.filter { pieces[$0].document == number }
            let shown = inside.filter { one in !inside.contains { pieces[$0].before.contains(one) } }
            let titles = documents[set.document]?.records[set.document]?.cell(Fixture.title.tag)?.siblings ?? []
            if Set(titles.compactMap(\.value)) != Set(shown.map { .text(Text("title \($0)")) }) {
                faults.append("document of \(number) shows \(titles.compactMap(\.value)), not \(shown)")
            }
        }
        return faults
    }
}

extension ReplicaStore {
    /// What is known of forks here, in words.
    func facts() throws -> Set<String> {
        let all = try reading { db in try Data.fetchAll(db, sql: "SELECT bytes FROM fork_fact") }
        return Set(
            try all.map { bytes in
                let fact = try ForkFact(Array(bytes))
                return "\(fact.place.origin) after \(fact.place.after) \(fact.statement)"
            })
    }
}
