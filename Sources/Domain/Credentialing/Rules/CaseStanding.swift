import Merging

/// Where a case stands. Derived from the violation and the resolutions on the case document, never stored.
///
/// A resolution *replaces* another if it had seen it (its context of the case covers the other's dot). One that nobody
/// replaced *holds* if its facts are those of the violation now, byte for byte: it then saw everything that the fields
/// concerned say. A later phone number in the same dossier reopens nothing; a second value in one of these fields does. The
/// check costs one comparison of bytes for each resolution, and contexts are read only where there are several.
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

    /// - Parameters:
    ///   - caseName: ``Violation/caseName(_:)``.
    ///   - resolutions: every resolution on the case document, in any order.
    public init(_ violation: Violation, caseName: RecordName, resolutions: [RecordView]) {
        guard !resolutions.isEmpty else {
            self = .open
            return
        }
        let standing = CaseStanding.unreplaced(resolutions, caseName)
        guard violation.cells.isEmpty else {
            let isContested = Set(standing.map { $0[Resolution.decision] }).count > 1
            self = isContested ? .escalated(standing.map(\.name).sorted()) : .reopened
            return
        }
        let holding = standing.filter { $0.bytes(Resolution.facts) == violation.facts }
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
        _ violation: Violation, caseName: RecordName, reading: some RecordReading
    ) throws(ReadingFailure) -> CaseStanding {
        CaseStanding(
            violation, caseName: caseName, resolutions: try reading.records(in: caseName, Resolution.kind))
    }
}
