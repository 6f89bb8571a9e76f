import HubServer
import ReplicaStore

/// How a hub fares, as `assay hub status` and the metrics tell it. Optional parts may be missing where the hub is of
/// another build than whoever asks.
public struct HubStatus: Hashable, Sendable, Codable {
    /// What a hub is, and since when it runs.
    public struct Hub: Hashable, Sendable, Codable {
        public var name: String
        public var replica: String
        public var isHeadquarters: Bool
        /// Where it listens; nil where it does not run.
        public var listening: String?
        /// In milliseconds since 1970; nil where it does not run.
        public var since: Int64?
        public var process: Int?

        public init(
            name: String, replica: String, isHeadquarters: Bool, listening: String? = nil, since: Int64? = nil,
            process: Int? = nil
        ) {
            self.name = name
            self.replica = replica
            self.isHeadquarters = isHeadquarters
            self.listening = listening
            self.since = since
            self.process = process
        }
    }

    public var isRunning: Bool
    public var hub: Hub
    /// Nil where the store cannot be read; ``storeFailure`` then says why.
    public var store: StoreHealth?
    public var storeFailure: String?
    /// Nil where the hub does not run.
    public var tally: HubTally?
    /// The open sessions, in the order in which they began.
    public var sessions: [SessionStatus]
    /// The last session of each child that was here since the hub started and has none now.
    public var away: [SessionStatus]
    public var uplink: UplinkStatus?

    public init(
        isRunning: Bool, hub: Hub, store: StoreHealth?, storeFailure: String? = nil, tally: HubTally? = nil,
        sessions: [SessionStatus] = [], away: [SessionStatus] = [], uplink: UplinkStatus? = nil
    ) {
        self.isRunning = isRunning
        self.hub = hub
        self.store = store
        self.storeFailure = storeFailure
        self.tally = tally
        self.sessions = sessions
        self.away = away
        self.uplink = uplink
    }
}
