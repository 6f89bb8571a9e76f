/// Where this replica's work is, and how it is connected.
public struct SyncStatus: Hashable, Sendable {
    public enum Link: Hashable, Sendable {
        case offline
        case connecting
        /// Connected to the hub of this name.
        case online(String)
    }

    /// Change sets that are only saved here.
    public let saved: Int
    /// Change sets that the hub has and headquarters has not yet confirmed.
    public let atHub: Int
    /// Change sets that headquarters has.
    public let atHQ: Int
    public let link: Link
    /// When the last sync ended, in milliseconds since 1970.
    public let lastSyncMs: Int64?
    /// This device's clock less the hub's at the last sync, in milliseconds. Times on the screen are corrected
    /// by it.
    public let clockSkewMs: Int64
    public let casesOpen: Int

    /// A skew up to this is not worth a person's attention.
    public static let clockSkewQuietMs: Int64 = 2000

    public init(
        saved: Int = 0, atHub: Int = 0, atHQ: Int = 0, link: Link = .offline, lastSyncMs: Int64? = nil,
        clockSkewMs: Int64 = 0, casesOpen: Int = 0
    ) {
        self.saved = saved
        self.atHub = atHub
        self.atHQ = atHQ
        self.link = link
        self.lastSyncMs = lastSyncMs
        self.clockSkewMs = clockSkewMs
        self.casesOpen = casesOpen
    }
}
