import HybridTime
import SyncProtocol

/// What a child's hello told of this life of the hub.
public struct RegressionClaim: Hashable, Sendable {
    public let child: ReplicaID
    let receiptedAtHub: Sequence32
    /// Of each scope's cursor, without where in a snapshot it stands: that may be long.
    let positions: [FeedPosition?]
    let hubHead: ChainPoint?

    public init(_ hello: Hello) {
        child = hello.replica
        receiptedAtHub = hello.receiptedAtHub
        positions = hello.subscriptions.map {
            switch $0.cursor {
            case .none: nil
            case .feed(let position), .bootstrap(let position, _): position
            }
        }
        hubHead = hello.hubHead
    }
}

/// What children told this hub that its store never had, or lost.
///
/// It is believed when it is told again, word for word. A new name ends every session and has everything offered anew, and
/// one garbled hello would be enough for it: with one bit of its own name, of a cursor or of a count turned over, an honest
/// child tells of what never was.
public struct RegressionClaims: Sendable {
    /// The oldest first, so that strangers cannot fill memory.
    private var told: [RegressionClaim] = []
    private static let claimsMax = 256

    public init() {}

    /// - Returns: whether the same was told before, and has not been believed since.
    public mutating func isToldAgain(_ claim: RegressionClaim) -> Bool {
        if let place = told.firstIndex(of: claim) {
            told.remove(at: place)
            return true
        }
        if told.count == RegressionClaims.claimsMax { told.removeFirst() }
        told.append(claim)
        return false
    }
}
