import ByteCoding
import Merging

/// Where a case stands. Derived from the violation and the resolutions on the case document, never stored.
///
/// A resolution *replaces* another if it had seen it (its context of the case covers the other's dot). One that nobody
/// replaced *holds* if its facts are those of the violation now, by their digest: it then saw everything that the fields
/// concerned say. A later phone number in the same dossier reopens nothing; a second value in one of these fields does. The
/// check costs one comparison of a digest for each resolution, and contexts are read only where there are several.
///
/// A question about a cell is different: it ends with the write that chose, so while it holds no resolution settles it.
public enum CaseStanding: Hashable, Sendable {
    /// Nobody has decided.
    case open
    /// Somebody decided, on facts that have changed since.
    case reopened
    case settled(decision: String)
    /// People who did not know of each other decided differently: these resolutions, ascending.
    case escalated([RecordName])

    /// - Parameter resolutions: every resolution on the case document, in any order.
    public init(_ violation: Violation, resolutions: [RecordView], digesting: Digesting) {
        guard !resolutions.isEmpty else {
            self = .open
            return
        }
        let standing = CaseStanding.unreplaced(resolutions, violation.caseName(digesting))
        guard violation.cells.isEmpty else {
            let isContested = Set(standing.map { $0[Resolution.decision] }).count > 1
            self = isContested ? .escalated(standing.map(\.name).sorted()) : .reopened
            return
        }
        let facts = violation.factsDigest(digesting)
        let holding = standing.filter { $0.bytes(Resolution.facts) == facts }
        let decisions = Set(holding.map { $0[Resolution.decision] })
        switch (decisions.count, holding.first) {
        case (1, let first?): self = .settled(decision: first.text(Resolution.decision) ?? "")
        case (0, _): self = .reopened
        default: self = .escalated(holding.map(\.name).sorted())
        }
    }

    private static func unreplaced(_ resolutions: [RecordView], _ caseName: RecordName) -> [RecordView] {
        guard resolutions.count > 1 else { return resolutions }
        let seen = resolutions.map { $0.bytes(Resolution.seen).flatMap(SeenContexts.init)?[caseName] ?? .empty }
        return resolutions.filter { old in
            !zip(resolutions, seen).contains { new, context in new.name != old.name && context.covers(old.name.dot) }
        }
    }

    /// The standing of a violation's case, with one look-up.
    public static func read(
        _ violation: Violation, digesting: Digesting, reading: some RecordReading
    ) throws(ReadingFailure) -> CaseStanding {
        let resolutions = try reading.records(in: violation.caseName(digesting), Resolution.kind)
        return CaseStanding(violation, resolutions: resolutions, digesting: digesting)
    }
}
