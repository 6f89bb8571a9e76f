import SyncProtocol

/// What a client tells whoever watches it. Calls come one after the other, from any thread; they return at once.
public enum SyncNotice: Equatable, Sendable {
    case connecting(host: String, port: Int)
    case connected
    /// Sent after each report and each phase.
    case progress(SyncTotals)
    case skew(ClockSkew)
    case report(ReplicaReport)
    case ended(SessionEnd)
    /// The hub had another history under a name, and it was settled here if it could be.
    case settled(Divergence, isSettled: Bool)
    /// In watch mode: why the last attempt ended, and when the next one starts.
    case retrying(afterMilliseconds: Int64, reason: String)
}

/// What one session has moved so far.
public struct SyncTotals: Hashable, Sendable {
    public var phase = ReplicaReport.Phase.greeting
    public var hubName = ""
    public var bytesSent = 0
    public var bytesReceived = 0
    public var changeSetsPushed = 0
    public var changeSetsPulled = 0
    public var snapshotBytes = 0
    /// At rest the two sides did not hold the same of these, and they were put right: none where no disk failed.
    public var documentsDiffering = 0
    public var skew: ClockSkew?

    public init() {}

    /// Counts a report in.
    mutating func count(_ report: ReplicaReport) {
        switch report {
        case .phase(let phase): self.phase = phase
        case .welcomed(_, let name, _): hubName = name
        case .pushed(let changeSets, _): changeSetsPushed += changeSets
        case .pulled(let changeSets, _): changeSetsPulled += changeSets
        case .restored(_, _, let bytes): snapshotBytes += bytes
        case .differing(_, let documents): documentsDiffering += documents
        case .hubRegressed, .noted, .refused, .quarantinedHere, .disputed, .forkFound: break
        }
    }
}

/// Why a sync did not come to its end.
public enum SyncFailure: Error, Equatable, Sendable {
    /// No connection came about.
    case unreachable(host: String, port: Int, reason: String)
    /// The session ended before all was pushed and pulled.
    case ended(SessionEnd)

    /// Whether trying again without a person's help may go better.
    public var isTransient: Bool {
        switch self {
        case .unreachable: true
        case .ended(.refusedByPeer(let error)), .ended(.refusedPeer(let error)):
            ![.wrongOrganisation, .unknownVersion, .forkSuspected, .replicaRegressed].contains(error.code)
        case .ended: true
        }
    }
}

extension SyncFailure: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let host, let port, let reason):
            "no hub answers at \(host):\(port) (\(reason)); check the address and that the hub runs"
        case .ended(.refusedByPeer(let error)): "the hub ended the session: \(error)"
        case .ended(.refusedPeer(let error)): "the session was ended here: \(error)"
        case .ended(.diverged): "the hub has other work under a name of this device; sync again"
        case .ended(.peerLost): "the hub no longer answers; work is safe here, sync again later"
        case .ended(.peerLeft): "the connection was cut; work is safe here, sync again"
        case .ended(.storageFailed(let failure)): "this device's store failed: \(failure.message)"
        case .ended(.completed), .ended(.stopped): "the session was stopped"
        }
    }
}
