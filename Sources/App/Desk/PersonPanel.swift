/// A score being typed.
struct ScoreDraft: Hashable, Sendable {
    let component: String
    var role: ScoreForm.Role
    var field = TextField()
}

/// What a score that was not saved is kept by: only who typed it finds it again, and only at the same entry.
struct UnsavedScore: Hashable, Sendable {
    let booking: String
    let component: String
    let actor: String

    init(booking: String, component: String, actor: String) {
        self.booking = booking
        self.component = component
        self.actor = actor
    }

    /// Nil for a write that is no score.
    init?(_ write: PendingWrite) {
        guard case .score(let draft) = write.panel.mode else { return nil }
        self.init(booking: write.panel.row.booking, component: draft.component, actor: write.actor)
    }
}

/// What may be done next with a person.
enum PersonAction: Hashable, Sendable {
    case checkIn, start, finish, goOut, comeBack, report, interrupt
    case takeBack(TakeBack.Kind)
    case score(component: String, title: String, role: ScoreForm.Role)

    /// What can be done in this state: what comes next, then what happens besides, then taking the last step back.
    static func all(for row: RosterRow, in session: DeskSession) -> [PersonAction] {
        var actions = next(for: row, in: session)
        guard session.state.takesPeople else { return actions + [.report] }
        if row.state == .started, row.outSinceMs == nil { actions += [.goOut, .interrupt] }
        actions.append(.report)
        switch row.state {
        case .booked: break
        case .noShow, .turnedAway: actions.append(.takeBack(.absence))
        case .checkedIn: actions.append(.takeBack(.admission))
        case .started: actions.append(.takeBack(.step))
        case .finished where row.components.allSatisfy { $0.firstBy == nil && $0.secondBy == nil }:
            actions.append(.takeBack(.step))
        // Whoever has scores is put right by headquarters.
        case .finished: break
        }
        return actions
    }

    /// What comes next. Sealed and closed sessions take scores alone.
    static func next(for row: RosterRow, in session: DeskSession) -> [PersonAction] {
        if row.state == .finished {
            return row.components.compactMap { component in
                let role: ScoreForm.Role? =
                    component.firstBy == nil ? .first : component.secondBy == nil ? .second : nil
                return role.map { .score(component: component.id, title: component.title, role: $0) }
            }
        }
        guard session.state.takesPeople else { return [] }
        switch row.state {
        case .booked, .noShow, .turnedAway: return [.checkIn]
        case .checkedIn: return [.start]
        case .started: return row.outSinceMs == nil ? [.finish] : [.comeBack]
        case .finished: return []
        }
    }

    var words: String {
        switch self {
        case .checkIn: "Check in"
        case .start: "Start the sitting"
        case .finish: "Finish the sitting"
        case .goOut: "Goes out of the room"
        case .comeBack: "Comes back into the room"
        case .report: "Report an incident about this person"
        case .interrupt: "The work stops for this person"
        case .takeBack(.admission): "Take the admission back"
        case .takeBack(.absence): "Take it back: the booking is open again"
        case .takeBack(.step): "Take the last step of the sitting back"
        case .score(_, let title, let role): "Enter the \(role.rawValue) score: \(title)"
        }
    }
}

/// One person in front of the desk, as they were when the panel opened.
struct PersonPanel: Hashable, Sendable {
    enum Mode: Hashable, Sendable {
        case menu(chosen: Int)
        case checkIn(CheckInDraft)
        /// Asks before a no-show; the check-in waits behind it.
        case confirmNoShow(CheckInDraft)
        case score(ScoreDraft)
    }

    /// The row that the person read. A sync does not replace it; its version goes out with every write.
    var row: RosterRow
    var mode: Mode
    /// What a sync changed since, in plain words.
    var changedBySync: [String] = []
    /// The row as the sync left it, to be taken over when the person says so.
    var newer: RosterRow?
    /// Whether the change was put in the way of a confirming key once.
    var changeWasSaid = false
    /// The request that is being saved; keys wait until it is answered.
    var saving: Int?

    /// Whether leaving would lose what somebody filled in.
    var hasDraft: Bool {
        if case .menu = mode { return false }
        return true
    }

    /// Notices a new reading of the same booking without touching what is being typed.
    mutating func notice(_ latest: RosterRow) {
        if latest == row {
            changedBySync = []
            newer = nil
            return
        }
        if newer != latest { changeWasSaid = false }
        changedBySync = latest.differences(from: row)
        newer = latest
    }

    /// Takes over what a sync changed; what was typed stays where it still has a meaning.
    mutating func takeNewer() {
        if let newer { row = newer }
        switch mode {
        case .checkIn where row.state.isPresent: mode = .menu(chosen: 0)
        case .confirmNoShow where row.state != .booked: mode = .menu(chosen: 0)
        case .menu: mode = .menu(chosen: 0)
        case .checkIn, .confirmNoShow, .score: break
        }
        newer = nil
        changedBySync = []
    }
}
