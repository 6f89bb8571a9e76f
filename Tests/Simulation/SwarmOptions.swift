import SyncTestSupport

/// What one seed plays: how large the organisation is and which faults it meets. Drawn from the seed (Groce et al.,
/// "Swarm Testing", 2012): runs that leave faults out reach states that a run with all of them never does.
public struct SwarmOptions: Sendable {
    public enum Store: String, Sendable, CaseIterable { case memory, sqlite, both }

    public var seed: UInt64
    /// Whether replicas hold only what is in their scopes. The store in memory holds everything.
    public var scopes = false
    public var store: Store
    public var days: Int
    public var regions = 1
    public var sites = 2
    public var desksPerSite = 2
    /// Whether each site has a server of its own between its desks and the region.
    public var hasServers = false
    /// Transactions of one site in one day, about.
    public var transactionsPerDay = 16
    public var segmentChangeSetsMax = 4_096
    public var chunkDocumentsMax = 512
    /// Whether bytes arrive in small pieces.
    public var isFragmented = false

    // Chances in a thousand: of the first five at each session, of the others at each site and day.
    public var cuts = 0
    public var halfOpens = 0
    public var stalls = 0
    public var doubles = 0
    public var lives = 0
    public var crashes = 0
    public var fullDisks = 0
    public var clockJumps = 0
    public var moves = 0
    public var hubsDestroyed = 0
    /// How far clocks are off at the start, at most, in milliseconds.
    public var clockOffsetMax: Int64 = 0
    /// How often of a hundred a person is edited that belongs to another site.
    public var foreignEdits = 10

    public static let year: Int64 = 31_557_600_000

    /// The thinnest whole: one headquarters, two desks, nothing goes wrong.
    public init(thinnest seed: UInt64, store: Store = .memory, days: Int = 2) {
        self.seed = seed
        self.store = store
        self.days = days
        regions = 0
        sites = 2
        desksPerSite = 1
    }

    /// - Parameter scopes: the seed draws it where nothing is said.
    public init(seed: UInt64, store: Store = .memory, days: Int? = nil, scopes: Bool? = nil) {
        self.seed = seed
        self.store = store
        var random = SeededRandom(seed &* 0x5851_F42D_4C95_7F2D &+ 1)
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
        func fault(_ range: ClosedRange<Int>) -> Int { chance(50) ? Int.random(in: range, using: &random) : 0 }
        self.days = days ?? Int.random(in: 1...4, using: &random)
        regions = Int.random(in: 0...2, using: &random)
        sites = Int.random(in: 1...5, using: &random)
        desksPerSite = Int.random(in: 1...2, using: &random)
        hasServers = chance(35)
        transactionsPerDay = Int.random(in: 10...24, using: &random)
        if chance(30) { segmentChangeSetsMax = Int.random(in: 1...8, using: &random) }
        if chance(50) { chunkDocumentsMax = Int.random(in: 1...8, using: &random) }
        isFragmented = chance(25)
        cuts = fault(20...400)
        halfOpens = fault(20...100)
        stalls = fault(20...100)
        doubles = fault(50...200)
        lives = fault(100...500)
        crashes = fault(50...400)
        fullDisks = fault(50...300)
        clockJumps = fault(50...300)
        moves = fault(30...150)
        hubsDestroyed = regions > 0 ? fault(20...60) : 0
        if chance(50) { clockOffsetMax = chance(50) ? 10 * SwarmOptions.year : 300_000 }
        foreignEdits = Int.random(in: 0...60, using: &random)
        let drawsScopes = chance(50)
        self.scopes = store == .sqlite && scopes ?? drawsScopes
    }

    public var description: String {
        """
        scopes \(scopes) seed \(seed) store \(store.rawValue) days \(days) regions \(regions) sites \(sites) desks \(desksPerSite) \
        servers \(hasServers) transactions \(transactionsPerDay) segment \(segmentChangeSetsMax) \
        chunk \(chunkDocumentsMax) fragmented \(isFragmented) | cuts \(cuts) half-open \(halfOpens) stalls \(stalls) \
        doubles \(doubles) live \(lives) crashes \(crashes) full \(fullDisks) jumps \(clockJumps) moves \(moves) \
        destroyed \(hubsDestroyed) clocks ±\(clockOffsetMax / 1_000) s foreign \(foreignEdits)%
        """
    }
}
