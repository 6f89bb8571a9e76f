/// A hybrid logical time in milliseconds since 1970, kept per document (Kulkarni et al., "Logical Physical Clocks", 2014).
///
/// It grows along causality whatever the clocks say, so a wild clock can spoil the order of its own document alone.
public struct Stamp: Hashable, Sendable, Comparable {
    public let milliseconds: Int64

    public init(_ milliseconds: Int64) { self.milliseconds = milliseconds }

    public static let zero = Stamp(0)
    /// Wall time is held below this before it enters a stamp: 2^45 ms is the year 3084.
    public static let wallTimeMax: Int64 = (1 << 45) - 1
    /// A greater stamp is malformed: no honest history reaches it.
    public static let greatest = Stamp(1 << 46)

    /// The stamp of the next change set in a document whose greatest stamp so far is `self`.
    public func next(wallTime: Int64) -> Stamp {
        let wall = min(max(wallTime, 0), Stamp.wallTimeMax)
        return Stamp(max(wall, milliseconds + 1))
    }

    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
}
