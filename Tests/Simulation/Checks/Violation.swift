/// An invariant of faults.md ("How it is proven") that did not hold.
public struct Violation: Error, Equatable, Sendable, CustomStringConvertible {
    /// The invariants by their numbers in faults.md, and when each is checked.
    public enum Invariant: Int, Sendable {
        /// At each rest of a document at random, after healing of all: contexts are closed under deps; at each commit:
        /// stamps grow along causality.
        case downSet = 1
        /// At each commit: sequences have no gaps and no repeats; at every meeting: no fork is seen; after healing: every
        /// origin's chain has one hash at all nodes.
        case oneHash = 2
        /// After healing: headquarters' journal has every change set.
        case headquartersHoldsAll = 3
        /// At each rest: a live child has all that its hub has; after healing: everyone has everything; always: no session
        /// finds anything to repair.
        case feedReachesAll = 4
        /// With `downSet`: states equal the naive merge of the change sets that their contexts cover.
        case siblings = 5
        /// When healing begins: what a parked change set waits for is in some live journal.
        case missingExists = 6
        /// At each commit: the change set follows its author's last one in that document.
        case notBehindOwn = 7
        /// At each rest: a live child has what its hub has of its scopes, and nothing else that the hub knows; after healing:
        /// nobody has a document outside of its scopes or asks about one, and digests are the same on both sides.
        case inScopeHeld = 8
        /// At each receipt: its ranges are on the disk of the hub that says so; after each crash: all that was saved or
        /// receipted is there, whole groups only; always: honest work is neither refused nor put aside.
        case nothingLost = 9
        /// After healing: the store's own check finds nothing (rows equal the journal), and both stores hold the same.
        case rebuild = 10
        /// At each rest: no session is stuck; after healing: three rounds, then an idle check is hello, welcome and bye.
        case bounded = 11
    }

    public let invariant: Invariant
    public let message: String

    init(_ invariant: Invariant, _ message: String) {
        self.invariant = invariant
        self.message = message
    }

    public var description: String { "invariant \(invariant.rawValue) (\(invariant)): \(message)" }
}
