import Dispatch
import FaultDisk
import HybridTime
import ReplicaStore
import Synchronization

/// Cuts the power of a store's simulated disk at many moments of many workloads, opens what is left, and compares.
///
/// A cut takes nothing from the workload, so that one run gives hundreds of images. Each image must hold exactly the
/// state before the step that was under way or the one after it, pass the store's own check and keep every promise.
public struct PowerCutRig: Sendable {
    public struct Options: Sendable {
        /// How many images to open.
        public var images = 1_000
        public var seed: UInt64 = 1
        /// `.none` is the control, which has to lose something.
        public var durability = ReplicaStore.Durability.full
        /// A planted fault: the disk says that it synced, and did not.
        public var lies = false
        public var workers = 2
        /// Steps of one run; then a new store begins.
        public var steps = 60
        /// At a sync there is always a cut; of other changes one in so many gets one.
        public var changesPerCut = 6
        /// How many images are taken at one moment.
        public var imagesPerCut = 2

        public init() {}
    }

    public struct Result: Sendable {
        public var images = 0
        public var runs = 0
        public var moments = 0
        /// Images that were cut again while they recovered or went on.
        public var cutAgain = 0
        /// Images without something that was acknowledged, or with something by half.
        public var lost = 0
        /// Images that did not open or whose check found something.
        public var damaged = 0
        /// The first few, in words.
        public var findings: [String] = []

        public var isClean: Bool { lost == 0 && damaged == 0 }

        mutating func add(_ other: Result) {
            images += other.images
            cutAgain += other.cutAgain
            lost += other.lost
            damaged += other.damaged
            findings = Array((findings + other.findings).prefix(20))
        }
    }

    private let options: Options
    private let progress: @Sendable (Result) -> Void

    public init(_ options: Options, progress: @escaping @Sendable (Result) -> Void = { _ in }) {
        self.options = options
        self.progress = progress
    }

    public func run() throws -> Result {
        var result = Result()
        while result.images < options.images {
            // Each run can be repeated alone: its seed is the first one's and its number.
            try run(options.seed &+ UInt64(result.runs) &* 0x9E37_79B9, into: &result)
            result.runs += 1
            progress(result)
        }
        return result
    }

    // MARK: One run

    private func run(_ seed: UInt64, into result: inout Result) throws {
        let disk = FaultDisk(seed: seed, sectorBytes: seed % 2 == 0 ? 512 : 4_096)
        disk.setLies(options.lies)
        let cuts = Cuts(disk, seed, options)
        defer { disk.beforeEachChange(nil) }
        cuts.watch()
        let workload = try Workload(seed: seed, disk: disk, durability: options.durability)
        var before = try StoreContents(of: workload.store)
        // While it is made there is either no store yet or a whole one.
        try check(cuts.take(), Moment("run \(seed), create", nil, before, workload.promises, 0), &result)
        for number in 1...options.steps where result.images < options.images {
            let acknowledged = workload.promises.acknowledged
            let step = try workload.next()
            // Cuts of the looking itself see the state after the step.
            let images = cuts.take()
            let after = try StoreContents(of: workload.store)
            try check(
                images,
                Moment("run \(seed), step \(number) (\(step))", before, after, workload.promises, acknowledged), &result
            )
            before = after
        }
        result.moments += cuts.moments
        // Ends what is open: nothing of it is looked at again.
        disk.powerOff()
    }

    private func check(_ images: [Image], _ moment: Moment, _ result: inout Result) throws {
        let found = Mutex(Result())
        let next = Atomic(0)
        let folders = try (0..<options.workers).map { _ in try RigFolder() }
        DispatchQueue.concurrentPerform(iterations: options.workers) { worker in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < images.count else { return }
                let one = images[index].check(moment, in: folders[worker])
                found.withLock { $0.add(one) }
            }
        }
        result.add(found.withLock { $0 })
    }
}

/// What a run's images are compared with: the states on both sides of one step.
struct Moment: Sendable {
    let name: String
    /// Nil while the store is being made.
    let before: StoreContents?
    let after: StoreContents
    let promises: Promises
    let acknowledged: Sequence32

    init(
        _ name: String, _ before: StoreContents?, _ after: StoreContents, _ promises: Promises,
        _ acknowledged: Sequence32
    ) {
        self.name = name
        self.before = before
        self.after = after
        self.promises = promises
        self.acknowledged = acknowledged
    }
}

/// Takes images of a disk while a workload runs on it.
private final class Cuts: Sendable {
    private struct State {
        var random: RigRandom
        var images: [Image] = []
        var moments = 0
    }

    private let disk: FaultDisk
    private let options: PowerCutRig.Options
    private let state: Mutex<State>

    init(_ disk: FaultDisk, _ seed: UInt64, _ options: PowerCutRig.Options) {
        self.disk = disk
        self.options = options
        state = Mutex(State(random: RigRandom(seed ^ 0xC0FFEE)))
    }

    var moments: Int { state.withLock { $0.moments } }

    func watch() {
        disk.beforeEachChange { [unowned self] operation in
            state.withLock { state in
                guard operation == .sync || state.random.chance(options.changesPerCut) else { return }
                state.moments += 1
                for _ in 0..<options.imagesPerCut {
                    let seed = state.random.next()
                    state.images.append(Image(disk: disk.cut(seed: seed), seed: seed, operation: operation))
                }
            }
        }
    }

    /// The images since it was last asked, and some of this very moment, between two operations.
    func take() -> [Image] {
        state.withLock { state in
            defer { state.images = [] }
            state.moments += 1
            let seed = state.random.next()
            return state.images + [Image(disk: disk.cut(seed: seed), seed: seed, operation: [])]
        }
    }
}
