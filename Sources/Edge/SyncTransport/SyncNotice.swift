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
    case retrying(afterMilliseconds: Int64, SyncFailure)
    /// This hub did not take it, or lost it; the next is tried, if there is one.
    case failed(HubFailure)
    /// In watch mode: a hub that comes earlier in the list answers again, and the present one is left for it.
    case returning(to: HubAddress)
}

/// What one session has moved so far.
public struct SyncTotals: Hashable, Sendable {
    public var phase = ReplicaReport.Phase.greeting
    public var hubName = ""
    /// The hub of the list that the session is with.
    public var hub: HubAddress?
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
public enum SyncFailure: Error, Hashable, Sendable {
    /// No connection came about.
    case unreachable(host: String, port: Int, reason: String)
    /// The session ended before all was pushed and pulled.
    case ended(SessionEnd)
    /// None of several hubs took it.
    indirect case nobodyTook([HubFailure])

    /// Whether trying again without a person's help may go better.
    public var isTransient: Bool {
        switch self {
        case .unreachable: true
        case .ended(.refusedByPeer(let error)), .ended(.refusedPeer(let error)):
            ![.wrongOrganisation, .unknownVersion, .forkSuspected, .replicaRegressed].contains(error.code)
        case .ended: true
        case .nobodyTook(let failures): failures.contains { $0.failure.isTransient }
        }
    }

    /// Whether this device itself failed, so that another hub changes nothing.
    var isOfThisDevice: Bool {
        if case .ended(.storageFailed) = self { return true }
        return false
    }

    /// The session error behind it, where there is one; `unreachable` and `connection-lost` for what has none.
    public var code: String {
        switch self {
        case .unreachable: "unreachable"
        case .ended(.refusedByPeer(let error)), .ended(.refusedPeer(let error)): error.code.rawValue
        case .ended(.peerLost(let code)): code.rawValue
        case .ended(.storageFailed): SyncErrorCode.storageFailed.rawValue
        case .ended(.diverged): SyncErrorCode.forkSuspected.rawValue
        case .ended: "connection-lost"
        case .nobodyTook(let failures): failures.first?.failure.code ?? "unreachable"
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
        case .nobodyTook(let failures):
            "none of \(failures.count) hubs took it: "
                + failures.map { "\($0.hub): \($0.reason)" }.joined(separator: "; ")
        }
    }
}

extension HubFailure {
    /// Why, in a few words; the hub's address is told beside it.
    public var reason: String {
        if case .unreachable(_, _, let reason) = failure { return "no hub answers (\(reason))" }
        return failure.description
    }
}
