/// One session at a hub, as whoever watches it sees it. Texts that a peer chose are as they came: clean them for display.
public struct SessionStatus: Hashable, Sendable, Codable {
    /// How far a child is with one scope's feed.
    public struct Scope: Hashable, Sendable, Codable {
        public var scope: String
        /// The position that the child has been sent; nil while it is being filled from nothing.
        public var position: UInt64?
        /// How many entries of the feed come after it; nil where that is not known.
        public var behind: Int?

        public init(scope: String, position: UInt64?, behind: Int? = nil) {
            self.scope = scope
            self.position = position
            self.behind = behind
        }
    }

    public enum Phase: String, Hashable, Sendable, Codable, CaseIterable {
        case greeting
        /// The hub has another history under the child's name, and they look where the two part.
        case disputed
        case serving
        /// All that the child asked for has been sent, and it hears of more.
        case live
        case ended
    }

    /// Counts from 1 in each life of a hub; log lines name it.
    public var session: Int
    /// Empty before the hello.
    public var replica = ""
    public var device = ""
    public var role = ""
    public var address: String
    public var phase = Phase.greeting
    /// In milliseconds since 1970.
    public var since: Int64
    public var until: Int64?
    /// Why it ended: a stable word, and the session error's code behind it.
    public var end: String?
    public var bytesIn = 0
    public var bytesOut = 0
    /// What waits to be read by the child, in bytes.
    public var bytesWaiting = 0
    /// Change sets that the child handed over.
    public var changeSetsIn = 0
    public var scopes: [Scope] = []

    public init(session: Int, address: String, since: Int64) {
        self.session = session
        self.address = address
        self.since = since
    }
}
