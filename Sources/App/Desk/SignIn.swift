import TerminalCells

/// How somebody on the staff list proves who they are.
public enum StaffSignIn: Hashable, Sendable {
    /// With the PIN that they chose.
    case pin
    /// They have not chosen one yet, and do so now.
    case choosePIN
    /// Not at all: no site here lists any staff. The screen says so.
    case open
    /// On no list while others are: they cannot work here.
    case notListed
}

/// Somebody's PIN being typed.
struct SignInState: Hashable, Sendable {
    enum Stage: Hashable, Sendable {
        case enter, choose
        /// The new PIN once more.
        case again(String)
    }

    let member: StaffMember
    var stage: Stage
    var field = TextField()
    /// The try that is being looked at; keys are passed over until it is answered.
    var request: Int?
}

extension DeskModel {
    /// Goes on with whoever was picked: at once where nothing can be proved, else with the PIN.
    mutating func pick(_ member: StaffMember) {
        switch member.signIn {
        case .open: begin(member, isAuthenticated: false)
        case .pin: signIn = SignInState(member: member, stage: .enter)
        case .choosePIN: signIn = SignInState(member: member, stage: .choose)
        case .notListed:
            say(.bad, "\(member.name) is on no staff list here: choose a name of the list, or ask headquarters.")
        }
    }

    /// Lets somebody work. Whoever left the desk locked finds it as it was; anybody else begins afresh.
    private mutating func begin(_ member: StaffMember, isAuthenticated: Bool) {
        if member.id != actor?.id { dropDrafts() }
        actor = member
        self.isAuthenticated = isAuthenticated
        isPickingStaff = false
        isLocked = false
        signIn = nil
        lastKey = now
    }

    mutating func dropDrafts() {
        person = nil
        returned = [:]
        scan = ""
        form = nil
        takeBacks = []
        foundDraft = nil
    }

    mutating func pressSignIn(_ key: Key, _ old: SignInState) -> [DeskEffect] {
        guard old.request == nil else { return [] }
        var state = old
        switch key {
        case .escape:
            signIn = nil
            isLocked = false
            return []
        case .enter: return confirm(&state)
        default:
            _ = state.field.press(key)
            signIn = state
            return []
        }
    }

    private mutating func confirm(_ state: inout SignInState) -> [DeskEffect] {
        let typed = state.field.trimmed
        defer { signIn = state }
        guard !typed.isEmpty else { return [] }
        switch state.stage {
        case .enter: break
        case .choose:
            state.stage = .again(typed)
            state.field = TextField()
            return []
        case .again(let first) where first != typed:
            state.stage = .choose
            state.field = TextField()
            say(.bad, "The two PINs differ: choose again.")
            return []
        case .again: break
        }
        let number = nextRequest
        nextRequest += 1
        state.request = number
        state.field = TextField()
        if state.stage == .enter { return [.signIn(number, staff: state.member.id, pin: typed)] }
        return [.choosePIN(number, staff: state.member.id, pin: typed)]
    }

    /// - Parameter refusal: nil where the person is who they say.
    mutating func takeSignIn(_ number: Int, _ refusal: String?) -> [DeskEffect] {
        guard var state = signIn, state.request == number else { return [] }
        state.request = nil
        guard let refusal else {
            begin(state.member, isAuthenticated: true)
            message = nil
            let draft = DeskEffect.loadDraft(actor: state.member.id)
            // What stands on the screen is newer than what is on the disk.
            let first: [DeskEffect] = keptDraft == nil ? [draft] : []
            return state.stage == .enter ? first : first + [.loadStaff]
        }
        if state.stage != .enter { state.stage = .choose }
        signIn = state
        say(.bad, refusal)
        return []
    }

    /// Locks a desk at which nobody pressed a key for long; what was being typed waits for the same person.
    mutating func lockIfIdle() {
        guard isAuthenticated, !isPickingStaff, let actor, let now, person?.saving == nil, form?.saving == nil
        else { return }
        guard let lastKey else {
            self.lastKey = now
            return
        }
        let (idle, isFar) = now.subtractingReportingOverflow(lastKey)
        guard isFar || idle >= Int64(settings.lockMinutes) * 60_000 else { return }
        lock(actor)
        say(.info, "Locked after \(settings.lockMinutes) minutes without a key.")
    }

    mutating func lock(_ member: StaffMember) {
        isPickingStaff = true
        isLocked = true
        showsHelp = false
        staffIndex = staff.firstIndex { $0.id == member.id } ?? 0
        signIn = member.signIn == .pin ? SignInState(member: member, stage: .enter) : nil
    }

    // MARK: View

    func drawSignIn(_ state: SignInState, on grid: inout CellGrid, _ body: Body) {
        grid.put(" \(state.member.name)", row: body.top, column: 0, width: grid.columns, style: .heading)
        let (label, explanation) =
            switch state.stage {
            case .enter:
                ("PIN", isLocked ? "The desk is locked; what was being typed waits for you." : "Your PIN, then Enter.")
            case .choose: ("New PIN", "You have no PIN yet. Choose one of 4 to 12 digits; every act bears your name.")
            case .again: ("Once more", "The same digits again.")
            }
        grid.put(" \(explanation)", row: body.top + 1, column: 0, width: grid.columns, style: .dim)
        grid.put(" \(label):", row: body.top + 3, column: 0, width: 12)
        let masked = TextField(String(repeating: "*", count: state.field.text.count))
        if state.request == nil {
            drawField(masked, on: &grid, row: body.top + 3, column: 12, width: 16)
        } else {
            grid.put("looking ...", row: body.top + 3, column: 12, width: 16, style: .dim)
        }
    }
}
