/// Waits that double from attempt to attempt up to a limit, each drawn between half and all of it, so that sites that
/// lost a hub at the same moment do not come back at the same moment (Brooker, "Exponential Backoff And Jitter", 2015).
public struct Backoff: Sendable {
    private let bounds: ClosedRange<Duration>
    private var current: Duration

    public init(_ bounds: ClosedRange<Duration>) {
        self.bounds = bounds
        current = bounds.lowerBound
    }

    /// After a connection that worked.
    public mutating func reset() { current = bounds.lowerBound }

    public mutating func next(using random: inout some RandomNumberGenerator) -> Duration {
        defer { current = min(bounds.upperBound, current * 2) }
        return current * Double.random(in: 0.5...1, using: &random)
    }
}
