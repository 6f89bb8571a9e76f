import HybridTime

/// The feeds of scopes (engine.md, "Feed"): for each served scope, in the order in which they became covered here, runs of
/// change sets of its documents, and documents whose place in the scope or whose state changed otherwise.
///
/// An entry for a document does not say what became of it: whoever reads the feed is told how it stands then, so that
/// grants and revokes in quick succession come to their end.
final class ScopeFeed {
    private let origins: OriginNumbers
    private let insert: Statement
    private let last: Statement
    private let selectFloor: Statement
    private let hasPosition: Statement
    private let selectGreatest: Statement
    private var life = PositionLife.before

    init(_ connection: OpaquePointer, _ origins: OriginNumbers) {
        self.origins = origins
        insert = Statement(
            connection,
            "INSERT INTO scope_feed(scope, document, origin, first, last, position) VALUES (?, ?, ?, ?, ?, ?)")
        last = Statement(connection, "SELECT coalesce(max(position), 0) FROM scope_feed WHERE scope = ?")
        selectFloor = Statement(connection, "SELECT floor FROM scope WHERE n = ?")
        hasPosition = Statement(connection, "SELECT 1 FROM scope_feed WHERE scope = ? AND position = ?")
        selectGreatest = Statement(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'scope_feed'")
    }

    /// The greatest position of a scope's feed; its floor while it is empty.
    func end(_ scope: Int64) throws(StoreError) -> Int64 {
        last.bind(1, scope)
        defer { last.reset() }
        return max(try last.step() ? last.integer(0) : 0, try floor(scope))
    }

    /// The position before which a reader has to take a snapshot.
    func floor(_ scope: Int64) throws(StoreError) -> Int64 {
        selectFloor.bind(1, scope)
        defer { selectFloor.reset() }
        return try selectFloor.step() ? selectFloor.integer(0) : 0
    }

    func hasEntry(_ scope: Int64, at position: UInt64) throws(StoreError) -> Bool {
        hasPosition.bind(1, scope)
        hasPosition.bind(2, Int64(bitPattern: position))
        defer { hasPosition.reset() }
        return try hasPosition.step()
    }

    func append(_ scope: Int64, _ origin: ReplicaID, _ range: ClosedRange<Sequence32>) throws(StoreError) {
        try append(scope, document: 0, try origins.number(origin), Int64(range.lowerBound), Int64(range.upperBound))
    }

    func append(_ scope: Int64, _ document: LocalID) throws(StoreError) {
        try append(scope, document: document.raw, 0, 0, 0)
    }

    private func append(
        _ scope: Int64, document: Int64, _ origin: Int64, _ first: Int64, _ last: Int64
    ) throws(StoreError) {
        insert.bind(1, scope)
        insert.bind(2, document)
        insert.bind(3, origin)
        insert.bind(4, first)
        insert.bind(5, last)
        if let gap = life.begin() {
            insert.bind(6, try greatest() + gap)
        } else {
            insert.bindNull(6)
        }
        try insert.run()
    }

    /// The greatest position that any entry ever had.
    private func greatest() throws(StoreError) -> Int64 {
        defer { selectGreatest.reset() }
        return try selectGreatest.step() ? selectGreatest.integer(0) : 0
    }

    func committed() { life.committed() }

    func rolledBack() { life.rolledBack() }
}

/// Whether a process has begun to write entries of a feed. Its first one stands at a random distance from the one before,
/// so that a position tells of one life of the feed: where an older state was put back and grew again, those of the life
/// that is gone do not exist.
enum PositionLife {
    case before
    /// In the transaction that runs.
    case beginning
    case begun

    /// How far apart two lives of a feed may begin: enough that no two meet, little enough for 2^23 lives.
    private static let gapMax: Int64 = 1 << 40

    /// The distance at which the entry stands that is appended now; nil for the next position.
    mutating func begin() -> Int64? {
        guard self == .before else { return nil }
        self = .beginning
        return Int64.random(in: 1...PositionLife.gapMax)
    }

    mutating func committed() { if self == .beginning { self = .begun } }

    mutating func rolledBack() { if self == .beginning { self = .before } }
}
