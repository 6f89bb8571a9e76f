import TerminalCells

/// One line for the person at the desk.
public struct DeskMessage: Hashable, Sendable {
    public enum Kind: Sendable { case info, good, warning, bad }

    public let kind: Kind
    public let text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

/// Facts that hold while the program runs.
public struct DeskSettings: Hashable, Sendable {
    /// The site's name in the title.
    public let site: String
    /// Local time less UTC, for the clock line.
    public let utcOffsetSeconds: Int
    /// Minutes without a key after which whoever signed in has to show their PIN again.
    public let lockMinutes: Int
    /// Whether nothing here is real.
    public let isPractice: Bool

    public init(site: String, utcOffsetSeconds: Int, lockMinutes: Int = 10, isPractice: Bool = false) {
        self.isPractice = isPractice
        self.lockMinutes = lockMinutes
        self.site = site
        self.utcOffsetSeconds = utcOffsetSeconds
    }
}

/// A write that was asked for and not answered yet, with the panel it came from so that a failure loses nothing.
struct PendingWrite: Hashable, Sendable {
    let done: String
    let name: String
    let panel: PersonPanel
    let session: String
    /// Who asked for it; nobody else gets their work back on the screen.
    let actor: String
    let takeBack: TakeBack?
}

/// Everything that the desk's screens show. Changes only through `update`; shows through `view`.
///
/// The screens are a stack: staff, sessions, roster, person. Each is there while its optional is.
public struct DeskModel: Hashable, Sendable {
    public let settings: DeskSettings
    /// The window in cells.
    public internal(set) var columns: Int
    public internal(set) var rows: Int
    /// The device's clock in milliseconds since 1970; none before the first tick.
    public internal(set) var now: Int64?
    /// Who is at the desk.
    public internal(set) var actor: StaffMember?
    public internal(set) var staff: [StaffMember] = []
    public internal(set) var sessions: [DeskSession] = []
    public internal(set) var sync = SyncStatus()
    /// Goes with the next key.
    public internal(set) var message: DeskMessage?
    /// News about work that may no longer be on the screen; each stays until Esc. The oldest shows first.
    public internal(set) var notices: [DeskMessage] = []
    public internal(set) var showsHelp = false

    var staffIsLoaded = false
    var sessionsAreLoaded = false
    /// Shown before anything else until somebody is picked, and again when the desk is handed over.
    var isPickingStaff = true
    var staffIndex = 0
    /// Whether whoever is at the desk has shown a PIN.
    public internal(set) var isAuthenticated = false
    /// Whether the desk was left alone for long; what was being typed waits behind.
    var isLocked = false
    var signIn: SignInState?
    var lastKey: Int64?
    /// Above everything else of the session.
    var form: DeskForm?
    /// The place in the session's menu, while it is open.
    var sessionMenu: Int?
    var seatMap: SeatMapState?
    /// What was kept of whoever is at the desk, until its session is open.
    var foundDraft: KeptDraft?
    var draftNumber = 0
    var acts: [Int: PendingAct] = [:]
    /// The last first to go.
    var takeBacks: [TakeBack] = []
    var sessionIndex = 0
    var roster: RosterState?
    var person: PersonPanel?
    /// Characters typed where no field takes them: a scan, until its Enter.
    var scan = ""
    var documentType = CheckInForm.DocumentType.passport
    var nextRequest = 1
    var writes: [Int: PendingWrite] = [:]
    /// Panels whose writes failed while another person was open, by booking: they come back when it is opened again.
    var returned: [String: PersonPanel] = [:]
    /// Scores that were typed, left and then not saved.
    var unsavedScores: [UnsavedScore: String] = [:]
    /// Keys that came while a write was being saved; they meant the screen after it.
    var keysWaiting: [Key] = []
    var wasAskedToQuit = false

    /// Scores kept that were not saved; a disk that fails so often has been noticed.
    static let unsavedScoresMax = 256
    /// Keys kept while a write is saved; a person or scanner is far below it.
    static let keysWaitingMax = 256
    /// Characters kept of a scan.
    static let scanCharactersMax = 128

    public init(settings: DeskSettings, columns: Int, rows: Int) {
        self.settings = settings
        self.columns = columns
        self.rows = rows
    }

    /// What to ask for before the first key.
    public static let firstEffects: [DeskEffect] = [.loadStaff, .loadSessions]

    /// The session whose roster is open, as it is known now.
    var session: DeskSession? {
        roster.flatMap { roster in sessions.first { $0.id == roster.session } }
    }

    /// A moment of this device's clock as the hub's would have it, where the two are known to differ.
    func corrected(_ milliseconds: Int64) -> Int64 {
        guard sync.clockSkewMs.magnitude > SyncStatus.clockSkewQuietMs.magnitude else { return milliseconds }
        let (corrected, overflows) = milliseconds.subtractingReportingOverflow(sync.clockSkewMs)
        return overflows ? milliseconds : corrected
    }

    mutating func say(_ kind: DeskMessage.Kind, _ text: String) { message = DeskMessage(kind, text) }

    /// Notices that are kept; more than a person reads, and the oldest matter most.
    static let noticesMax = 100

    mutating func note(_ kind: DeskMessage.Kind, _ text: String) {
        message = nil
        if notices.count < DeskModel.noticesMax { notices.append(DeskMessage(kind, text)) }
    }
}
