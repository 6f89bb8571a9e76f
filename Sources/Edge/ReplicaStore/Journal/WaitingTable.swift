import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// The tables `parked` and `quarantine`: change sets that are in the journal and not in the state.
final class WaitingTable {
    private let origins: OriginNumbers
    private let park: Statement
    private let unpark: Statement
    private let parkedOf: Statement
    private let anyParked: Statement
    private let isolate: Statement
    private let isIsolated: Statement
    private let isVoided: Statement
    private let judgesDocument: Statement
    private let anyVerdict: Statement
    private let anyHeldBack: Statement
    private let allIsolated: Statement
    private let clearIsolated: Statement

    init(_ connection: OpaquePointer, _ origins: OriginNumbers) throws(StoreError) {
        self.origins = origins
        park = Statement(connection, "INSERT OR REPLACE INTO parked VALUES (?, ?, ?, ?, ?)")
        unpark = Statement(connection, "DELETE FROM parked WHERE document = ? AND origin = ? AND sequence = ?")
        parkedOf = Statement(
            connection,
            """
            SELECT origin, sequence, missing_origin, missing_sequence FROM parked WHERE document = ?
            ORDER BY origin, sequence
            """)
        anyParked = Statement(connection, "SELECT EXISTS (SELECT 1 FROM parked)")
        isolate = Statement(connection, "INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?, ?, ?)")
        isIsolated = Statement(connection, "SELECT 1 FROM quarantine WHERE origin = ? AND sequence = ?")
        isVoided = Statement(connection, "SELECT 1 FROM verdict WHERE subject = ?")
        judgesDocument = Statement(connection, "SELECT 1 FROM verdict WHERE judged_document = ? LIMIT 1")
        anyVerdict = Statement(connection, "SELECT EXISTS (SELECT 1 FROM verdict)")
        anyHeldBack = Statement(
            connection,
            """
            SELECT 1 FROM parked WHERE origin = ?1 AND document = ?2
            UNION ALL SELECT 1 FROM quarantine WHERE origin = ?1 AND document = ?2 LIMIT 1
            """)
        // Of one document, or of all for NULL.
        allIsolated = Statement(
            connection,
            "SELECT bytes FROM quarantine WHERE ?1 IS NULL OR document = ?1 ORDER BY origin, sequence")
        clearIsolated = Statement(connection, "DELETE FROM quarantine WHERE ?1 IS NULL OR document = ?1")
    }

    func hasParked() throws(StoreError) -> Bool {
        defer { anyParked.reset() }
        return try anyParked.step() && anyParked.integer(0) != 0
    }

    func hasVerdicts() throws(StoreError) -> Bool {
        defer { anyVerdict.reset() }
        return try anyVerdict.step() && anyVerdict.integer(0) != 0
    }

    /// Whether the author's first hub denied a change set: it counts as applied, with no writes.
    func isVoided(_ dot: Dot) throws(StoreError) -> Bool {
        guard let id = try origins.knownID(RecordName(dot, 0)) else { return false }
        isVoided.bind(1, id.raw)
        defer { isVoided.reset() }
        return try isVoided.step()
    }

    /// Whether a verdict denies anything in a document.
    func hasVerdicts(in document: LocalID) throws(StoreError) -> Bool {
        judgesDocument.bind(1, document.raw)
        defer { judgesDocument.reset() }
        return try judgesDocument.step()
    }

    func isQuarantined(_ dot: Dot) throws(StoreError) -> Bool { try exists(isIsolated, dot) }

    private func exists(_ statement: Statement, _ dot: Dot) throws(StoreError) -> Bool {
        statement.bind(1, try origins.number(dot.origin))
        statement.bind(2, Int64(dot.sequence))
        defer { statement.reset() }
        return try statement.step()
    }

    func park(_ set: ChangeSet, missing: Dot) throws(StoreError) {
        park.bind(1, try origins.localID(set.document).raw)
        park.bind(2, try origins.number(set.dot.origin))
        park.bind(3, Int64(set.dot.sequence))
        park.bind(4, try origins.number(missing.origin))
        park.bind(5, Int64(missing.sequence))
        try park.run()
    }

    func unpark(_ set: ChangeSet) throws(StoreError) {
        unpark.bind(1, try origins.localID(set.document).raw)
        unpark.bind(2, try origins.number(set.dot.origin))
        unpark.bind(3, Int64(set.dot.sequence))
        try unpark.run()
    }

    /// What waits in a document, each with the dot that it waits for.
    func parked(_ document: LocalID) throws(StoreError) -> [(dot: Dot, missing: Dot)] {
        parkedOf.bind(1, document.raw)
        defer { parkedOf.reset() }
        var dots: [(dot: Dot, missing: Dot)] = []
        while try parkedOf.step() {
            func dot(_ column: Int32) throws(StoreError) -> Dot {
                Dot(
                    try origins.id(parkedOf.integer(column)),
                    Sequence32(truncatingIfNeeded: parkedOf.integer(column + 1)))
            }
            dots.append((try dot(0), try dot(2)))
        }
        return dots
    }

    /// Whether a change set of an origin waits in a document or was put aside there.
    func holdsBack(_ origin: ReplicaID, in document: LocalID) throws(StoreError) -> Bool {
        let number = try origins.number(origin)
        anyHeldBack.bind(1, number)
        anyHeldBack.bind(2, document.raw)
        defer { anyHeldBack.reset() }
        return try anyHeldBack.step()
    }

    /// Empties the quarantine, or the part of it that is of one document.
    func takeQuarantine(of document: LocalID? = nil) throws(StoreError) -> [ChangeSet] {
        var sets: [ChangeSet] = []
        for statement in [allIsolated, clearIsolated] {
            if let document { statement.bind(1, document.raw) } else { statement.bindNull(1) }
        }
        do {
            defer { allIsolated.reset() }
            while try allIsolated.step() {
                do throws(DecodingFailure) { sets.append(try CanonicalForm.read(allIsolated.bytes(0)[...])) } catch {
                    throw StoreError.damaged("the quarantine", error)
                }
            }
        } catch let error as StoreError { throw error } catch {
            throw .damaged(place: "the quarantine", reason: "\(error)")
        }
        try clearIsolated.run()
        return sets
    }

    func quarantine(_ set: ChangeSet, _ refusal: FoldRefusal, canonical: [UInt8]) throws(StoreError) {
        isolate.bind(1, try origins.number(set.dot.origin))
        isolate.bind(2, Int64(set.dot.sequence))
        isolate.bind(3, try origins.localID(set.document).raw)
        isolate.bind(4, refusal.code)
        isolate.bind(5, refusal.reason)
        isolate.bind(6, canonical)
        try isolate.run()
    }
}
