/// What a hub has counted since it started, for whoever asks it; the same goes to the metrics.
public struct HubTally: Hashable, Sendable, Codable {
    /// A session that this hub ended because of its peer.
    public struct Refusal: Hashable, Sendable, Codable {
        /// In milliseconds since 1970.
        public var at: Int64
        public var address: String
        /// Empty where the peer had not said who it is.
        public var replica: String
        public var code: String
    }

    public var sessions = 0
    public var commits = 0
    public var commitsFailed = 0
    public var segments = 0
    /// Change sets that children handed over, by what became of them: `stored`, `duplicate`, `quarantined`, `refused`.
    public var changeSets: [String: Int] = [:]
    /// Sessions that this hub ended because of the peer, by the session error's code.
    public var refused: [String: Int] = [:]
    public var lastRefusal: Refusal?
}
