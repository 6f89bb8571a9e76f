/// What comes with every write: its number, by which the answer is matched, who says it, and what they had read.
public struct DeskRequest: Hashable, Sendable {
    /// Unique within one run of the program.
    public let number: Int
    /// The staff member at the desk, who signed in where anybody here can.
    public let actor: String
    /// The `version` of the row that the person was looking at.
    public let seen: String

    public init(number: Int, actor: String, seen: String) {
        self.number = number
        self.actor = actor
        self.seen = seen
    }
}

/// What the desk asks its services to do. Each write is asked for once per confirming key.
public enum DeskEffect: Hashable, Sendable {
    case loadStaff
    case loadSessions
    /// Answered by `rosterLoaded`, or by `failed` with the work `.roster`.
    case loadRoster(String)
    /// Writes are answered by `saved`, or by `failed` with the work `.request`.
    case checkIn(DeskRequest, CheckInForm)
    case markNoShow(DeskRequest, booking: String)
    case start(DeskRequest, booking: String)
    case finish(DeskRequest, booking: String)
    case enterScore(DeskRequest, ScoreForm)
    case act(DeskRequest, session: String, DeskAct)
    /// Answered by `signInAnswered` with the same number.
    case signIn(Int, staff: String, pin: String)
    case choosePIN(Int, staff: String, pin: String)
    /// Puts what is being filled in on the disk, or away where there is nothing; a greater number comes later.
    case keepDraft(Int, KeptDraft?)
    /// Answered by `draftFound` where one of this person was kept.
    case loadDraft(actor: String)
    /// Writes a session's roster as text; answered by `told`, or by `failed` with the work `.roster`.
    case printRoster(String)
    /// Looks for whom nobody on the roster is, on the whole replica; answered by `foundElsewhere`.
    case findElsewhere(String)
    case syncNow
    /// Ends the program. Not performed by the services.
    case quit

    /// The request of a write; none for reading, syncing and quitting.
    public var request: DeskRequest? {
        switch self {
        case .checkIn(let request, _), .markNoShow(let request, _), .start(let request, _),
            .finish(let request, _), .enterScore(let request, _), .act(let request, _, _):
            request
        case .loadStaff, .loadSessions, .loadRoster, .signIn, .choosePIN, .keepDraft, .loadDraft, .printRoster,
            .findElsewhere,
            .syncNow, .quit:
            nil
        }
    }
}
