import HybridTime
import Merging

/// One change set as replicas pass it on, beside what the oracle reads of it.
struct Commit {
    let dot: Dot
    let deps: Context
    let seen: Context
    let stamp: Stamp
    let changes: [RecordChange]
    let plain: PlainCommit
}

/// What a history may hold besides honest work.
struct HistoryOptions {
    /// Stamps that do not grow along causality.
    var forgedStamps = false
    /// Change sets that write a cell more than once.
    var repeatedWrites = true
}

/// One replica of one document: its state, its journal, what waits for its deps, and a form that a person has open.
struct Peer {
    let number: Int
    let skew: Int64
    var state: DocumentState
    var sequence: Sequence32 = 0
    var journal: [Commit] = []
    var parked: [Commit] = []
    var form: Context?

    /// Keeps a change set and applies whatever has its deps now.
    mutating func receive(_ commit: Commit) {
        if !journal.contains(where: { $0.dot == commit.dot }) { journal.append(commit) }
        parked.append(commit)
        drain()
    }

    mutating func drain() {
        var progressed = true
        while progressed {
            progressed = false
            for (index, commit) in parked.enumerated().reversed() where state.context.covers(commit.deps) {
                state.apply(commit.changes, dot: commit.dot, stamp: commit.stamp, seen: commit.seen)
                parked.remove(at: index)
                progressed = true
            }
        }
    }
}

/// A random history that replicas could really make: writes, forms that were opened before a sync, operations in any
/// order, and joins of states, mixed freely, under clocks that are wrong by years.
struct History {
    static let fields = (
        latest: FieldTag(1, .one), review: FieldTag(2, .many), ranked: FieldTag(3, .many), set: FieldTag(4, .set),
        fact: FieldTag(5, .append)
    )

    private(set) var peers: [Peer] = []
    private(set) var commits: [Commit] = []
    /// States that replicas really had on the way.
    private(set) var states: [DocumentState] = []
    private let options: HistoryOptions
    private var random: SplitMix64
    private var time: Int64 = 1_000
    private var records: [RecordName]
    private let document = RecordName(ReplicaID(99), 1, 0)

    init(seed: UInt64, _ options: HistoryOptions = HistoryOptions()) {
        self.options = options
        random = SplitMix64(seed)
        records = [RecordName(ReplicaID(99), 1, 0), RecordName(ReplicaID(99), 1, 1)]
        for number in 0..<(2 + random.below(3)) {
            let skew = random.pick([0, 0, 5, -5, 100_000_000_000, -100_000_000_000] as [Int64])
            peers.append(
                Peer(
                    number: number, skew: skew,
                    state: DocumentState(name: document, kind: 1, salt: Salt(1, 2))))
        }
        for _ in 0..<(4 + random.below(22)) { step() }
    }

    private static func origin(_ number: Int) -> ReplicaID { ReplicaID(UInt64(number + 1) * 0x1111) }

    private func plain(_ context: Context) -> [Int] {
        peers.indices.map { number in
            context.entries.first { $0.origin == History.origin(number) }.map { Int($0.sequence) } ?? 0
        }
    }

    private mutating func step() {
        time += Int64(random.below(4))
        let me = random.below(peers.count)
        let other = random.below(peers.count)
        switch random.below(100) {
        case 0..<34: write(me)
        case 34..<44: peers[me].form = peers[me].state.context
        case 44..<68:
            if let commit = peers[other].journal.randomElement(using: &random) { peers[me].receive(commit) }
        case 68..<92:
            peers[me].state.join(peers[other].state)
            peers[me].drain()
        default:
            // A state that somebody had some time ago arrives late.
            guard let old = states.randomElement(using: &random) else { return }
            peers[me].state.join(old)
            peers[me].drain()
        }
        if random.chance(40) { states.append(peers[me].state) }
    }

    private mutating func write(_ me: Int) {
        let deps = peers[me].state.context
        var seen = deps
        if let form = peers[me].form, random.chance(50) {
            seen = form
            peers[me].form = nil
        }
        peers[me].sequence += 1
        let dot = Dot(History.origin(me), peers[me].sequence)
        var stamp = peers[me].state.greatest.next(wallTime: time + peers[me].skew)
        if options.forgedStamps { stamp = Stamp(Int64(1 + random.below(40))) }
        var plainWrites: [PlainCommit.PlainWrite] = []
        var changes: [RecordChange] = []
        if random.chance(20) {
            let record = RecordName(dot, 1)
            records.append(record)
            let value = random.below(10)
            changes.append(RecordChange(record, kind: 2, [Write(History.fields.fact, .integer(Int64(value)))]))
            plainWrites.append(
                .init(record: records.count - 1, field: 5, unit: .kept, leaves: true, value: value))
        }
        let record = random.below(2)
        var writes: [Write] = []
        for _ in 0..<(1 + random.below(3)) {
            let (write, plain) = anyWrite(record)
            if !options.repeatedWrites, writes.contains(where: { $0.field == write.field }) { continue }
            writes.append(write)
            plainWrites.append(plain)
        }
        changes.append(RecordChange(records[record], kind: 1, writes))
        let commit = Commit(
            dot: dot, deps: deps, seen: seen, stamp: stamp, changes: changes,
            plain: PlainCommit(
                origin: me, sequence: Int(dot.sequence), deps: plain(deps), seen: plain(seen),
                stamp: Int(stamp.milliseconds), writes: plainWrites))
        commits.append(commit)
        peers[me].journal.append(commit)
        peers[me].state.apply(changes, dot: dot, stamp: stamp, seen: seen)
    }

    private mutating func anyWrite(_ record: Int) -> (Write, PlainCommit.PlainWrite) {
        let value = random.below(10)
        switch random.below(4) {
        case 0:
            return (
                Write(History.fields.latest, .integer(Int64(value))),
                .init(record: record, field: 1, unit: .latest, leaves: true, value: value)
            )
        case 1:
            return (
                Write(History.fields.review, .integer(Int64(value))),
                .init(record: record, field: 2, unit: .kept, leaves: true, value: value)
            )
        case 2:
            return (
                Write(History.fields.ranked, .integer(Int64(value))),
                .init(record: record, field: 3, unit: .kept, leaves: true, value: value)
            )
        default:
            let element = value % 3
            let leaves = random.chance(60)
            return (
                Write(History.fields.set, .integer(Int64(element)), leaves ? .add : .remove),
                .init(record: record, field: 4, unit: .element(element), leaves: leaves, value: element)
            )
        }
    }

    // MARK: The end

    /// Every change set reaches everyone, in an order of their own.
    mutating func heal() {
        for number in peers.indices {
            for commit in commits.shuffled(using: &random) { peers[number].receive(commit) }
        }
    }

    /// A state's siblings in plain numbers.
    func siblings(of state: DocumentState) -> [PlainSibling] {
        var result: [PlainSibling] = []
        for (name, record) in state.records {
            for cell in record.cells {
                for sibling in cell.siblings {
                    guard case .integer(let value)? = sibling.value,
                        let number = records.firstIndex(of: name)
                    else { continue }
                    result.append(
                        PlainSibling(
                            record: number, field: Int(cell.tag.raw >> 2),
                            origin: Int(sibling.dot.origin.bits / 0x1111) - 1,
                            sequence: Int(sibling.dot.sequence), stamp: Int(sibling.stamp.milliseconds),
                            value: Int(value)))
                }
            }
        }
        return result
    }
}
