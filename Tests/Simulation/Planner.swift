import SyncTestSupport

/// Who stands where: node 0 is headquarters, then regions, then for each site its server, if it has one, and its desks.
public struct Organisation: Sendable {
    public struct Place: Sendable {
        let kind: Node.Kind
        let site: Int?
        let parent: Int?
        /// What it is enrolled for.
        var scopes = [ScopePlan.everything]
    }

    public private(set) var places: [Place]

    init(_ options: SwarmOptions) {
        places = [Place(kind: .headquarters, site: nil, parent: nil)]
        for _ in 0..<options.regions { places.append(Place(kind: .region, site: nil, parent: 0)) }
        for site in 0..<options.sites {
            var parent = options.regions == 0 ? 0 : 1 + site % options.regions
            if options.hasServers {
                places.append(Place(kind: .server, site: site, parent: parent))
                parent = places.count - 1
            }
            for _ in 0..<options.desksPerSite { places.append(Place(kind: .desk, site: site, parent: parent)) }
        }
        guard options.scopes else { return }
        let plan = ScopePlan(options)
        for number in places.indices { places[number].scopes = plan.scopes(of: places[number], number: number) }
    }

    /// The hubs above a node, as the organisation was planned: they hold whatever it may have.
    func hubs(above node: Int) -> [Int] {
        guard let parent = places[node].parent else { return [] }
        return [parent] + hubs(above: parent)
    }
}

/// Makes the steps of a run from its options. Work, network, disks and clocks are drawn from streams of their own.
public struct Planner {
    private let options: SwarmOptions
    private let organisation: Organisation
    private var work: SeededRandom
    private var network: SeededRandom
    private var disk: SeededRandom
    private var clock: SeededRandom
    private var timed: [(time: Int, order: Int, kind: Step.Kind, seed: UInt64)] = []

    init(_ options: SwarmOptions) {
        self.options = options
        organisation = Organisation(options)
        work = SeededRandom(options.seed &+ 0x1000_0000_0000)
        network = SeededRandom(options.seed &+ 0x2000_0000_0000)
        disk = SeededRandom(options.seed &+ 0x3000_0000_0000)
        clock = SeededRandom(options.seed &+ 0x4000_0000_0000)
    }

    /// The steps of a run, which the options determine.
    public static func steps(_ options: SwarmOptions) -> [Step] {
        var planner = Planner(options)
        var steps = planner.clocks()
        for _ in 0..<options.days { steps += planner.day() }
        return steps
    }

    private mutating func clocks() -> [Step] {
        guard options.clockOffsetMax > 0 else { return [] }
        return organisation.places.indices.map { node in
            let offset = Int64.random(in: -options.clockOffsetMax...options.clockOffsetMax, using: &clock)
            return Step(.setClock(node, offset: offset), seed: clock.next())
        }
    }

    /// One working day from eight to eighteen, in minutes, then a rest.
    private mutating func day() -> [Step] {
        timed = []
        for node in organisation.places.indices { sessions(of: node) }
        for site in 0..<options.sites { siteDay(site) }
        for node in organisation.places.indices { faults(of: node) }
        timed.sort { ($0.time, $0.order) < ($1.time, $1.order) }
        var steps: [Step] = []
        var now = 0
        for event in timed {
            if event.time > now {
                steps.append(Step(.pass(milliseconds: Int64(event.time - now) * 60_000), seed: 0))
                now = event.time
            }
            steps.append(Step(event.kind, seed: event.seed))
            steps.append(Step(.pump(Int.random(in: 0...70, using: &network)), seed: network.next()))
        }
        steps.append(Step(.pass(milliseconds: Int64(1_440 - now) * 60_000), seed: 0))
        steps.append(Step(.rest, seed: work.next()))
        return steps
    }

    private mutating func add(_ time: Int, _ kind: Step.Kind, seed: UInt64) {
        timed.append((time, timed.count, kind, seed))
    }

    private mutating func siteDay(_ site: Int) {
        let people = organisation.places.indices.filter { organisation.places[$0].site == site }
        let mean = options.transactionsPerDay
        for _ in 0..<Int.random(in: max(1, mean * 2 / 3)...(mean * 4 / 3), using: &work) {
            guard let node = people.randomElement(using: &work) else { return }
            add(Int.random(in: 0..<600, using: &work), .transaction(node), seed: work.next())
        }
        // Headquarters and regions work on what the sites did.
        if Int.random(in: 0..<3, using: &work) == 0 {
            let node = Int.random(in: 0...options.regions, using: &work)
            add(Int.random(in: 0..<600, using: &work), .transaction(node), seed: work.next())
        }
    }

    private mutating func chance(_ mille: Int, _ stream: WritableKeyPath<Planner, SeededRandom>) -> Bool {
        mille > 0 && Int.random(in: 0..<1_000, using: &self[keyPath: stream]) < mille
    }

    private mutating func sessions(of node: Int) {
        guard organisation.places[node].parent != nil else { return }
        for _ in 0..<Int.random(in: 1...2, using: &network) {
            let time = Int.random(in: 30..<620, using: &network)
            if chance(options.cuts, \.network) {
                let bytes = Int.random(in: 0...3_000, using: &network)
                add(time, .cutLater(node, bytes: bytes), seed: network.next())
            }
            add(time, .open(node, isLive: chance(options.lives, \.network)), seed: network.next())
            if chance(options.doubles, \.network) { add(time, .open(node, isLive: false), seed: network.next()) }
            if chance(options.halfOpens, \.network) { add(time, .cut(node, isHalf: true), seed: network.next()) }
            if chance(options.stalls, \.network) {
                add(time, .stall(node, isUp: Bool.random(using: &network)), seed: network.next())
            }
        }
    }

    private mutating func faults(of node: Int) {
        let time = Int.random(in: 0..<620, using: &disk)
        if chance(options.crashes, \.disk) {
            add(time, .crash(node, isInCommit: Bool.random(using: &disk)), seed: disk.next())
        }
        if chance(options.fullDisks, \.disk) {
            let commits = Int.random(in: 1...4, using: &disk)
            add(Int.random(in: 0..<620, using: &disk), .fillDisk(node, commits: commits), seed: disk.next())
        }
        if chance(options.clockJumps, \.clock) {
            let most = max(options.clockOffsetMax, 3_600_000)
            let offset = Int64.random(in: -most...most, using: &clock)
            add(Int.random(in: 0..<620, using: &clock), .setClock(node, offset: offset), seed: clock.next())
        }
        guard let parent = organisation.places[node].parent else { return }
        if organisation.places[node].kind != .region, chance(options.moves, \.network) {
            let hubs =
                options.scopes
                ? organisation.hubs(above: node)
                : [0] + organisation.places.indices.filter { organisation.places[$0].kind == .region }
            let target = hubs.randomElement(using: &network) ?? parent
            add(Int.random(in: 0..<620, using: &network), .move(node, to: target), seed: network.next())
        }
        if organisation.places[node].kind == .region, chance(options.hubsDestroyed, \.disk) {
            add(Int.random(in: 0..<620, using: &disk), .destroy(node), seed: disk.next())
        }
    }
}
