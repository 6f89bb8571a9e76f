/// What a run did, printed at its end.
public struct Statistics: Sendable {
    public enum Fault: Int, Sendable, CaseIterable {
        case cut, halfOpen, stall, crash, commitInDoubt, fullDisk, refusedCommit, clock, move, hubDestroyed, behind,
            peerLost, storageFailed
    }

    public var runs = 0
    public var siteDays = 0
    public var transactions = 0
    public var changeSets = 0
    public var sessions = 0
    public var completed = 0
    public var bytes = 0
    public var microSteps = 0
    public var documentsChecked = 0
    public var roundsMost = 0
    /// Frames that brought documents into a replica's scopes, and that took documents from it.
    public var grants = 0
    public var revokes = 0
    public private(set) var faults = [Int](repeating: 0, count: Fault.allCases.count)

    public init() {}

    public mutating func count(_ fault: Fault) { faults[fault.rawValue] += 1 }

    public subscript(_ fault: Fault) -> Int { faults[fault.rawValue] }

    public mutating func add(_ other: Statistics) {
        runs += other.runs
        siteDays += other.siteDays
        transactions += other.transactions
        changeSets += other.changeSets
        sessions += other.sessions
        completed += other.completed
        bytes += other.bytes
        microSteps += other.microSteps
        documentsChecked += other.documentsChecked
        grants += other.grants
        revokes += other.revokes
        roundsMost = max(roundsMost, other.roundsMost)
        for index in faults.indices { faults[index] += other.faults[index] }
    }

    public var description: String {
        let kinds = Fault.allCases.map { "\($0) \(self[$0])" }.joined(separator: ", ")
        return """
            runs \(runs), site-days \(siteDays), transactions \(transactions), change sets \(changeSets)
            sessions \(sessions) (\(completed) completed), bytes \(bytes), small steps \(microSteps)
            documents checked \(documentsChecked), rounds to converge at most \(roundsMost)
            grants \(grants), revokes \(revokes)
            faults: \(kinds)
            """
    }
}
