import ByteCoding
import HybridTime
import Merging
import SyncProtocol

extension DocumentKey {
    /// Names in their own order, most significant byte first.
    init(_ name: RecordName) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(SyncLimits.documentKeyBytes)
        withUnsafeBytes(of: name.origin.bits.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: name.sequence.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: name.ordinal.bigEndian) { bytes.append(contentsOf: $0) }
        guard let key = DocumentKey(bytes) else { preconditionFailure("eight, four and two bytes") }
        self = key
    }

    /// Any key has a name; that of one which no replica gave is in no store.
    var name: RecordName {
        func number(_ range: Range<Int>) -> UInt64 { bytes[range].reduce(0) { $0 << 8 | UInt64($1) } }
        return RecordName(
            ReplicaID(number(0..<8)), Sequence32(truncatingIfNeeded: number(8..<12)),
            UInt16(truncatingIfNeeded: number(12..<14)))
    }
}

/// Reads the documents' digests in the order of their names, which is the same at every replica. Void digests have to be
/// refreshed before.
struct DigestRanges {
    private let origins: OriginNumbers
    private let select: Statement
    /// The scope whose documents alone count; nil for all.
    private let scope: Int64?
    /// Every origin's name and number, ascending by name.
    private let ordered: [(id: ReplicaID, number: Int64)]

    static let scopeQuery = """
        SELECT id, digest FROM document_scope m CROSS JOIN document ON document.id = m.document
        WHERE m.document BETWEEN ?1 AND ?2 AND m.scope = ?3 AND digest IS NOT NULL ORDER BY m.document
        """

    init(_ tables: ReaderTables, _ scope: ScopeName) throws(StoreError) {
        origins = tables.origins
        if ReplicaStore.everything.contains(scope) {
            self.scope = nil
            select = tables.lookup(
                "SELECT id, digest FROM document WHERE id BETWEEN ? AND ? AND digest IS NOT NULL ORDER BY id")
        } else {
            // A scope that is not tracked has no number and no documents.
            self.scope = try tables.scopes.tracked().first { $0.name == scope.text }?.number ?? 0
            select = tables.lookup(DigestRanges.scopeQuery)
        }
        let scan = tables.lookup("SELECT id, n FROM origin")
        var all: [(id: ReplicaID, number: Int64)] = []
        while try scan.step() {
            all.append((ReplicaID(UInt64(bitPattern: scan.integer(0))), scan.integer(1)))
        }
        ordered = all.sorted { $0.id < $1.id }
    }

    /// Calls `body` with each document of a range, ascending by name, until it returns false. O(log n + size).
    private func each(
        _ range: KeyRange, _ body: (RecordName, Digest256) throws(StoreError) -> Bool
    ) throws(StoreError) {
        let low = range.low?.name
        let high = range.high?.name
        for origin in ordered {
            if let low, origin.id < low.origin { continue }
            if let high, origin.id > high.origin { return }
            let first = low?.origin == origin.id ? low : nil
            select.bind(1, LocalID(origin: origin.number, sequence: first?.sequence ?? 0, ordinal: 0).raw)
            select.bind(
                2, LocalID(origin: origin.number, sequence: .max, ordinal: LocalID.ordinalMax).raw)
            if let scope { select.bind(3, scope) }
            defer { select.reset() }
            while try select.step() {
                let id = LocalID(raw: select.integer(0))
                let name = RecordName(origin.id, id.sequence, id.ordinal)
                if let low, name < low { continue }
                if let high, name >= high { return }
                guard let digest = Digest256(select.bytes(1)) else {
                    throw .damaged(place: "a document's digest", reason: "it is not 32 bytes")
                }
                guard try body(name, digest) else { return }
            }
        }
    }

    func digest(of range: KeyRange) throws(StoreError) -> Digest256 {
        var sum = Digest256.zero
        try each(range) { _, digest throws(StoreError) in
            sum = sum &+ digest
            return true
        }
        return sum
    }

    /// Every document of a range, ascending; nil where there are more than `limit`.
    func documents(in range: KeyRange, limit: Int) throws(StoreError) -> [DocumentDigest]? {
        var all: [DocumentDigest] = []
        try each(range) { name, digest throws(StoreError) in
            all.append(DocumentDigest(DocumentKey(name), digest))
            return all.count <= limit
        }
        return all.count <= limit ? all : nil
    }

    /// What this store has of a range that differs: its documents where they are few, else parts of about equal size.
    func parts(of range: KeyRange) throws(StoreError) -> [ComparedPart] {
        if let documents = try documents(in: range, limit: SyncLimits.compareLeafDocumentsMax) {
            return [.documents(range, documents)]
        }
        var count = 0
        try each(range) { _, _ throws(StoreError) in
            count += 1
            return true
        }
        let size = (count + SyncLimits.compareSplitsMax - 1) / SyncLimits.compareSplitsMax
        var parts: [ComparedPart] = []
        var low = range.low
        var sum = Digest256.zero
        var inPart = 0
        try each(range) { name, digest throws(StoreError) in
            if inPart == size {
                let key = DocumentKey(name)
                if let part = KeyRange(low, key) { parts.append(.narrower(RangeDigest(part, sum))) }
                (low, sum, inPart) = (key, .zero, 0)
            }
            sum = sum &+ digest
            inPart += 1
            return true
        }
        if let part = KeyRange(low, range.high) { parts.append(.narrower(RangeDigest(part, sum))) }
        return parts
    }
}

extension ReplicaStore {
    private func ranges<Result>(
        _ scope: ScopeName, _ body: (DigestRanges) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        _ = try digest()
        return try readingTables { tables, _ in try body(try DigestRanges(tables, scope)) }
    }

    /// How this hub differs from ranges as a child has them: nothing for those that are the same.
    public func differences(from ranges: [RangeDigest], in scope: ScopeName) throws(StoreError) -> [ComparedPart] {
        try self.ranges(scope) { digests throws(StoreError) in
            var parts: [ComparedPart] = []
            for theirs in ranges where try digests.digest(of: theirs.range) != theirs.digest {
                parts += try digests.parts(of: theirs.range)
            }
            return parts
        }
    }

    /// What this store makes of a hub's parts: nothing where something was committed meanwhile that the hub cannot have.
    public func findings(_ scope: ScopeName, _ parts: [ComparedPart]) throws(StoreError) -> ComparedFindings {
        guard try isAtRest() else { return ComparedFindings() }
        return try ranges(scope) { digests throws(StoreError) in
            var findings = ComparedFindings()
            for part in parts {
                switch part {
                case .narrower(let theirs):
                    let own = try digests.digest(of: theirs.range)
                    if own != theirs.digest { findings.ranges.append(RangeDigest(theirs.range, own)) }
                case .documents(let range, let theirs):
                    try compare(range, theirs, digests, &findings)
                }
            }
            return findings
        }
    }

    private func compare(
        _ range: KeyRange, _ theirs: [DocumentDigest], _ digests: DigestRanges, _ findings: inout ComparedFindings
    ) throws(StoreError) {
        let room = SyncLimits.repairDocumentsMax
        var own: [DocumentKey: Digest256] = [:]
        for document in try digests.documents(in: range, limit: room) ?? [] { own[document.key] = document.digest }
        for document in theirs {
            if own.removeValue(forKey: document.key) != document.digest { findings.wanted.append(document.key) }
        }
        findings.onlyHere += own.keys.sorted()
    }
}
