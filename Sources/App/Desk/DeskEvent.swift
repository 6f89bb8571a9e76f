import TerminalCells

/// A write that is durable on this device.
public struct DeskReceipt: Hashable, Sendable {
    /// The number of the request that it answers.
    public let request: Int
    /// The booking as it is now.
    public let row: RosterRow?
    /// Cases that the write opened, one plain sentence each.
    public let casesOpened: [String]

    public init(request: Int, row: RosterRow?, casesOpened: [String] = []) {
        self.request = request
        self.row = row
        self.casesOpened = casesOpened
    }
}

/// Work that did not succeed. Nothing that was typed is lost by it.
public struct DeskFailure: Hashable, Sendable {
    public enum Work: Hashable, Sendable {
        case staff, sessions, sync
        case roster(String)
        /// The write with this request number.
        case request(Int)
    }

    public let work: Work
    /// Plain words: what happened and what to do next.
    public let message: String
    /// Stable, for support and for scripts.
    public let code: String

    public init(work: Work, message: String, code: String) {
        self.work = work
        self.message = message
        self.code = code
    }
}

/// Everything that can happen to the desk.
public enum DeskEvent: Hashable, Sendable {
    case key(Key)
    /// The window's size in cells.
    case resize(columns: Int, rows: Int)
    /// The device's clock in milliseconds since 1970, about once a second.
    case tick(now: Int64)
    case staffLoaded([StaffMember])
    case sessionsLoaded([DeskSession])
    case rosterLoaded(session: String, rows: [RosterRow])
    case saved(DeskReceipt)
    /// - refusal: in plain words; nil where the person is who they say.
    /// What was looked for, and who it is, a person in some lines; what to do where it is nobody.
    case foundElsewhere(String, lines: [String])
    case draftFound(KeptDraft)
    case signInAnswered(Int, refusal: String?)
    case failed(DeskFailure)
    /// Something happened by itself that a person should know of once, in plain words; nothing is to be done.
    case told(String)
    case syncStatusChanged(SyncStatus)
    /// A sync, or another program on this device, changed records of these sessions.
    case recordsChanged(sessions: [String])
}
