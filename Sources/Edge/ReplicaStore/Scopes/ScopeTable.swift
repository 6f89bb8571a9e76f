import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// A scope that this store keeps an account of: one that it wants itself, or one that a replica below has asked for.
struct TrackedScope: Hashable {
    let number: Int64
    let name: String
    /// This replica wants it.
    let isOwn: Bool
    /// It has a feed here.
    let isServed: Bool
}

/// The tables of scopes: which are tracked, which documents are in them, the sums of their digests, and what is known of
/// documents that went from here. One for each connection that asks.
///
/// A store that wants everything and serves no scope of its own has no row in any of them, and pays nothing.
final class ScopeTable {
    private let selectTracked: Statement
    private let membership: Statement
    private let enter: Statement
    private let leave: Statement
    private let selectSum: Statement
    private let updateSum: Statement
    private let selectGone: Statement
    private let insertGone: Statement
    private let deleteGone: Statement
    private let insertStray: Statement
    private let deleteStray: Statement

    static let isPartialQuery = "SELECT EXISTS (SELECT 1 FROM scope WHERE is_own)"
    /// What leaves a store that holds only some scopes must not be found in its file.
    static let overwriting = "PRAGMA secure_delete = ON"

    init(_ connection: OpaquePointer) {
        selectTracked = Statement(connection, "SELECT n, name, is_own, is_served FROM scope ORDER BY n")
        membership = Statement(connection, "SELECT scope FROM document_scope WHERE document = ?")
        enter = Statement(connection, "INSERT OR IGNORE INTO document_scope(document, scope) VALUES (?, ?)")
        leave = Statement(connection, "DELETE FROM document_scope WHERE document = ? AND scope = ?")
        selectSum = Statement(connection, "SELECT digest FROM scope WHERE n = ?")
        updateSum = Statement(connection, "UPDATE scope SET digest = ? WHERE n = ?")
        selectGone = Statement(connection, "SELECT state FROM gone WHERE document = ?")
        insertGone = Statement(connection, "INSERT OR REPLACE INTO gone(document, state) VALUES (?, ?)")
        deleteGone = Statement(connection, "DELETE FROM gone WHERE document = ?")
        insertStray = Statement(connection, "INSERT OR IGNORE INTO stray(document) VALUES (?)")
        deleteStray = Statement(connection, "DELETE FROM stray WHERE document = ?")
    }

    /// Every tracked scope, ascending by number.
    func tracked() throws(StoreError) -> [TrackedScope] {
        defer { selectTracked.reset() }
        var all: [TrackedScope] = []
        while try selectTracked.step() {
            all.append(
                TrackedScope(
                    number: selectTracked.integer(0), name: selectTracked.text(1),
                    isOwn: selectTracked.integer(2) != 0, isServed: selectTracked.integer(3) != 0))
        }
        return all
    }

    // MARK: Documents

    /// The numbers of the tracked scopes that a document is in.
    func scopes(of document: LocalID) throws(StoreError) -> Set<Int64> {
        membership.bind(1, document.raw)
        defer { membership.reset() }
        var numbers = Set<Int64>()
        while try membership.step() { numbers.insert(membership.integer(0)) }
        return numbers
    }

    func move(_ document: LocalID, from old: Set<Int64>, to new: Set<Int64>) throws(StoreError) {
        for (statement, numbers) in [(leave, old.subtracting(new)), (enter, new.subtracting(old))] {
            for number in numbers.sorted() {
                statement.bind(1, document.raw)
                statement.bind(2, number)
                try statement.run()
            }
        }
    }

    // MARK: Digests

    /// The sum of the digests of a scope's documents. Those that are void are not in it.
    func sum(_ scope: Int64) throws(StoreError) -> Digest256 {
        selectSum.bind(1, scope)
        defer { selectSum.reset() }
        guard try selectSum.step(), let sum = Digest256(selectSum.bytes(0)) else {
            throw .damaged(place: "the scope table", reason: "a sum of digests is missing")
        }
        return sum
    }

    func setSum(_ scope: Int64, _ sum: Digest256) throws(StoreError) {
        updateSum.bind(1, sum.bytes)
        updateSum.bind(2, scope)
        try updateSum.run()
    }

    // MARK: Documents that are not in order

    /// Notes that a document is in none of this replica's scopes, or is not known here: its hub is asked about it.
    func noteStray(_ document: LocalID) throws(StoreError) {
        insertStray.bind(1, document.raw)
        try insertStray.run()
    }

    func forgetStray(_ document: LocalID) throws(StoreError) {
        deleteStray.bind(1, document.raw)
        try deleteStray.run()
    }

    /// What is known of a document that went from here, as ``DocumentState/membership``; nil for any other.
    func gone(_ document: LocalID) throws(StoreError) -> DocumentState? {
        selectGone.bind(1, document.raw)
        defer { selectGone.reset() }
        guard try selectGone.step() else { return nil }
        guard let state = try? GoneDocument.read(selectGone.bytes(0)) else {
            throw .damaged(place: "what is known of a document that went", reason: "it cannot be read")
        }
        return state
    }

    func setGone(_ document: LocalID, _ state: DocumentState) throws(StoreError) {
        insertGone.bind(1, document.raw)
        insertGone.bind(2, GoneDocument.write(state))
        try insertGone.run()
    }

    func forgetGone(_ document: LocalID) throws(StoreError) {
        deleteGone.bind(1, document.raw)
        try deleteGone.run()
    }
}

/// A document that went, as bytes: a snapshot chunk of one reduced document.
enum GoneDocument {
    static func write(_ state: DocumentState) -> [UInt8] { SnapshotCodec().encode([state.membership]) }

    static func read(_ bytes: [UInt8]) throws(DecodingFailure) -> DocumentState? {
        try SnapshotCodec().decode(bytes[...]).first
    }
}
