import HybridTime

/// What became of a segment that was handed to a store.
public struct SegmentOutcome: Hashable, Sendable {
    /// How the store took it.
    public enum Verdict: Hashable, Sendable {
        /// It is durable now.
        case stored
        /// It was durable before.
        case duplicate
        /// It is durable and was set aside instead of being applied.
        case quarantined(reason: String)
        /// It was not taken.
        case refused(code: SyncErrorCode, reason: String)
    }

    public let origin: ReplicaID
    public let range: ClosedRange<Sequence32>
    public let verdict: Verdict

    public init(_ payload: SegmentPayload, _ verdict: Verdict) {
        origin = payload.origin
        range = payload.range
        self.verdict = verdict
    }

    /// Whether the segment is on disk, so that a receipt may say so.
    public var isDurable: Bool {
        if case .refused = verdict { return false }
        return true
    }

    /// The note that a receipt carries about it, if any.
    public var note: ReceiptNote? {
        switch verdict {
        case .stored, .duplicate: nil
        case .quarantined(let reason):
            ReceiptNote(kind: .quarantined, origin: origin, range: range, code: .quarantined, reason: reason)
        case .refused(let code, let reason):
            ReceiptNote(kind: .refused, origin: origin, range: range, code: code, reason: reason)
        }
    }
}

/// A store's operation failed: the disk, not the peer.
public struct StorageFailure: Error, Hashable, Sendable {
    /// One line for people and logs.
    public let message: String

    public init(_ message: String) { self.message = message }
}

/// Why a session is over, for the code that runs it.
public enum SessionEnd: Hashable, Sendable {
    /// All was pushed, receipted and pulled.
    case completed
    /// Our own side asked to stop.
    case stopped
    /// The peer said bye or closed the connection.
    case peerLeft
    /// Nothing came from the peer for 45 seconds, or it moved too little.
    case peerLost(SyncErrorCode)
    /// The peer broke the protocol or may not go on with us; this was told to it.
    case refusedPeer(SyncError)
    /// The peer has another history of an origin, and the place where the two part was looked for. The store settles it,
    /// then the next session goes on.
    case diverged(Divergence)
    /// The peer ended the session with this error.
    case refusedByPeer(SyncError)
    /// Our own store failed.
    case storageFailed(StorageFailure)
}
