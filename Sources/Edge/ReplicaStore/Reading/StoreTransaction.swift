import ChangeSets
import HybridTime
import Merging

/// One write transaction of a store, as commands and rules see it.
public final class StoreTransaction {
    let writer: Writer
    private let salts: () -> Salt
    /// Why a commit of this transaction failed: nothing of the transaction may then reach the disk.
    private(set) var failure: StoreError?
    /// Whether anything was committed through this transaction.
    private(set) var hasCommitted = false
    /// Reads what is in the tables now, this transaction's own flushed work included.
    public let records: RecordReader

    init(_ writer: Writer, salts: @escaping () -> Salt) {
        self.writer = writer
        self.salts = salts
        records = writer.reader
    }

    /// Commits drafts as one group within this transaction; see ``ReplicaStore/commit(_:time:)``.
    @discardableResult
    public func commit(_ drafts: [Draft], time: Int64) throws(StoreError) -> [ChangeSet] {
        hasCommitted = hasCommitted || !drafts.isEmpty
        if let failure { throw failure }
        do throws(StoreError) {
            try writer.reserve?.fill()
            return try writer.commit(drafts, time: time, salts: salts)
        } catch {
            failure = error
            throw error
        }
    }

    /// The dot that the first change set of the next commit will have: an importer names what it makes ahead of that.
    public func nextDot() throws(StoreError) -> Dot {
        let replica = writer.identity.replica
        return Dot(replica, try writer.journal.ownHead().sequence + 1)
    }

    // MARK: Violations

    /// Whether any violation of a rule is kept; of any rule at all for nil.
    public func hasViolations(of rule: String? = nil) throws(StoreError) -> Bool {
        // Keys begin with the rule and a space, and the space is the least character that ends a rule's name.
        let select = try writer.lookup("SELECT 1 FROM violation WHERE key >= ? AND key < ? LIMIT 1")
        select.bind(1, rule.map { $0 + " " } ?? "")
        select.bind(2, rule.map { $0 + "!" } ?? "\u{10FFFF}")
        defer { select.reset() }
        return try select.step()
    }

    /// The keys of the kept violations that have one of these records as a member, ascending.
    public func violationKeys(of members: [RecordName]) throws(StoreError) -> [String] {
        let select = try writer.lookup("SELECT key FROM violation_member WHERE record = ?")
        var keys = Set<String>()
        for member in members {
            guard let id = try writer.origins.knownID(member) else { continue }
            select.bind(1, id.raw)
            defer { select.reset() }
            while try select.step() { keys.insert(select.text(0)) }
        }
        return keys.sorted()
    }

    /// The keys of the kept violations whose case has this name.
    public func violationKeys(ofCase name: RecordName) throws(StoreError) -> [String] {
        let select = try writer.lookup("SELECT key FROM violation WHERE case_name = ?")
        select.bind(1, name.description)
        defer { select.reset() }
        var keys: [String] = []
        while try select.step() { keys.append(select.text(0)) }
        return keys
    }

    public func keep(_ violation: StoredViolation, members: [RecordName]) throws(StoreError) {
        try drop(violationKey: violation.key)
        let insert = try writer.lookup("INSERT INTO violation VALUES (?, ?, ?, ?, ?, ?, ?)")
        insert.bind(1, violation.key)
        insert.bind(2, violation.rule)
        insert.bind(3, violation.caseName.description)
        insert.bind(4, violation.standing)
        insert.bind(5, violation.effect)
        insert.bind(6, violation.summary)
        insert.bind(7, violation.body)
        try insert.run()
        let member = try writer.lookup("INSERT OR IGNORE INTO violation_member(record, key) VALUES (?, ?)")
        for name in members {
            member.bind(1, try writer.origins.localID(name).raw)
            member.bind(2, violation.key)
            try member.run()
        }
    }

    public func drop(violationKey key: String) throws(StoreError) {
        let present = try writer.lookup("DELETE FROM violation WHERE key = ? RETURNING 1")
        present.bind(1, key)
        defer { present.reset() }
        guard try present.step() else { return }
        // Few keys share a record, and every record of a violation leads back here.
        let members = try writer.lookup("DELETE FROM violation_member WHERE key = ?")
        members.bind(1, key)
        try members.run()
    }
}

/// A violation as the store keeps it; what it means is the domain's business.
public struct StoredViolation: Hashable, Sendable {
    public let key: String
    public let rule: String
    public let caseName: RecordName
    /// Where its case stands, in one word first.
    public let standing: String
    /// What holds until somebody decides.
    public let effect: String
    /// One line for people.
    public let summary: String
    /// The domain's own bytes.
    public let body: [UInt8]

    public init(
        key: String, rule: String, caseName: RecordName, standing: String, effect: String, summary: String,
        body: [UInt8]
    ) {
        self.key = key
        self.rule = rule
        self.caseName = caseName
        self.standing = standing
        self.effect = effect
        self.summary = summary
        self.body = body
    }
}

/// A record that a transaction changed.
public struct TouchedRecord: Hashable, Sendable {
    public let name: RecordName
    public let document: RecordName
    public let kind: RecordKind
    /// What it holds now, where all of it was in memory; nil where it has to be read.
    public let state: RecordState?
    /// Whether this commit made it: then nothing refers to it that is not touched with it.
    public let isMadeHere: Bool
}

/// Looks at what every merge changed, inside of its transaction: rules across records run here.
public protocol MergeObserver: Sendable {
    func merged(_ touched: [TouchedRecord], in transaction: StoreTransaction) throws(StoreError)

    /// Whether whoever holds all documents of the scopes `own` holds all of `scope` as well: a region its sites.
    func covers(_ scope: String, _ own: [String], _ records: RecordReader) -> Bool

    /// The name of a change set's document under the names that forks give, where it is a hash of names; nil for others.
    func derivedName(of set: ChangeSet, _ names: Renaming) -> RecordName?

    /// A value that is made of names, under those that forks give: given are the value, the record kind and the field.
    func derivedValue(_ value: Value, _ kind: UInt32, _ field: FieldTag, _ names: Renaming) -> Value
}

extension MergeObserver {
    public func covers(_ scope: String, _ own: [String], _ records: RecordReader) -> Bool { false }

    public func derivedName(of set: ChangeSet, _ names: Renaming) -> RecordName? { nil }

    public func derivedValue(_ value: Value, _ kind: UInt32, _ field: FieldTag, _ names: Renaming) -> Value { value }
}
