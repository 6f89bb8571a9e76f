/// What moved on a connection since the last heartbeat, and what is under way now.
public struct Traffic: Hashable, Sendable {
    /// Bytes that arrived.
    public var received: Int
    /// Bytes that the network took from us.
    public var sent: Int
    /// Bytes of ours that the network has not taken yet.
    public var unsent: Int
    /// Whether part of a frame has arrived and its rest has not.
    public var isInsideFrame: Bool

    public init(received: Int, sent: Int, unsent: Int, isInsideFrame: Bool) {
        self.received = received
        self.sent = sent
        self.unsent = unsent
        self.isInsideFrame = isInsideFrame
    }
}

/// Judges a peer at every heartbeat: silent, stalled in the middle of something, or polite but idle.
public struct Liveness: Hashable, Sendable {
    /// What to do about the peer.
    public enum Verdict: Hashable, Sendable {
        case fine
        /// Nothing came for a heartbeat: ask.
        case ping
        /// Nothing came for 45 seconds.
        case dead
        /// It takes or sends less than the least that must move, or owes something for two minutes.
        case stalled
    }

    private var silent = 0
    private var stalled = 0
    private var idle = 0

    public init() {}

    /// A frame came that is more than a ping or a pong, or one of our own waits ended.
    public mutating func progressed() { idle = 0 }

    /// One heartbeat has passed. `isOwed` says whether the session cannot go on before the peer does something.
    public mutating func tick(_ traffic: Traffic, isOwed: Bool) -> Verdict {
        silent = traffic.received == 0 ? silent + 1 : 0
        let slowIn = traffic.isInsideFrame && traffic.received < SyncTimes.progressBytesMin
        let slowOut = traffic.unsent > 0 && traffic.sent < SyncTimes.progressBytesMin
        stalled = slowIn || slowOut ? stalled + 1 : 0
        idle = isOwed ? idle + 1 : 0
        if silent >= SyncTimes.silentHeartbeatsMax { return .dead }
        if stalled >= SyncTimes.stalledHeartbeatsMax || idle >= SyncTimes.idleHeartbeatsMax { return .stalled }
        return silent > 0 ? .ping : .fine
    }
}

/// Credit that a receiver gives back once it has committed what came. It keeps small amounts together until a quarter
/// of the window is due, so that grants do not outnumber payloads.
public struct CreditWindow: Hashable, Sendable {
    private let window: Int
    /// What the sender may still send.
    public private(set) var outstanding: Int
    private var due = 0

    public init(window: Int) {
        precondition(
            (SyncLimits.windowBytesMin...SyncLimits.windowBytesMax).contains(window),
            "a window lets two payloads of the greatest size pass")
        self.window = window
        outstanding = window
    }

    /// Takes the cost of a payload that arrived; false where the sender had no credit for it.
    public mutating func spend(_ cost: Int) -> Bool {
        guard cost <= outstanding else { return false }
        outstanding -= cost
        return true
    }

    /// Returns the cost of payloads that were committed; gives the size of the grant to send now, or nil.
    public mutating func settle(_ cost: Int) -> Int? {
        due += cost
        guard due >= window / 4 else { return nil }
        defer { due = 0 }
        outstanding += due
        return due
    }
}
