import HubLogic
import HybridTime
import SyncProtocol

/// One child and one hub over a wire of bytes: both real session machines, what each wants done, and what is under way.
final class Connection {
    let number: Int
    let child: Int
    let hub: Int
    let isLive: Bool
    var childSession: ReplicaSession
    var hubSession: HubSession
    var up = ByteQueue()
    var down = ByteQueue()
    var upReader = FrameAccumulator()
    var downReader = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
    /// Loads and commits in the order in which they were asked for.
    var childWork: [ReplicaAction] = []
    var hubLoads: [HubLoad] = []
    var childEnd: SessionEnd?
    var hubEnd: SessionEnd?
    /// The line breaks once so many bytes have arrived.
    var cutAfter: Int?
    var bytesUp = 0
    var bytesDown = 0
    /// Since the last heartbeat.
    var beatUp = 0
    var beatDown = 0
    var framesUp: [String] = []
    var framesDown: [String] = []
    var notesFrames = false

    init(number: Int, child: Int, hub: Int, isLive: Bool, windowBytes: Int, identity: HubIdentity) {
        self.number = number
        self.child = child
        self.hub = hub
        self.isLive = isLive
        childSession = ReplicaSession(
            configuration: ReplicaSession.Configuration(wantsLive: isLive, windowBytes: windowBytes))
        hubSession = HubSession(
            identity: identity, configuration: HubSession.Configuration(windowBytes: windowBytes))
    }

    var bytes: Int { bytesUp + bytesDown }
    var hasEnded: Bool { childEnd != nil && hubEnd != nil }
    /// Whether anything can happen without a heartbeat. The hub's segments wait at the hub, not here.
    var canMove: Bool { up.canDeliver || down.canDeliver || !childWork.isEmpty || !hubLoads.isEmpty }
}
