/// An invariant of faults.md ("How it is proven") that did not hold.
public struct Violation: Error, Equatable, Sendable, CustomStringConvertible {
    /// The invariants by their numbers in faults.md.
    public enum Invariant: Int, Sendable {
        case downSet = 1
        case oneHash = 2
        case headquartersHoldsAll = 3
        case feedReachesAll = 4
        case siblings = 5
        case missingExists = 6
        case notBehindOwn = 7
        case inScopeHeld = 8
        case nothingLost = 9
        case rebuild = 10
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
