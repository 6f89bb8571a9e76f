import TerminalCells

/// The person panel: who it is, what is open about them, and one of its modes below.
extension DeskModel {
    func drawPerson(_ panel: PersonPanel, _ roster: RosterState, on grid: inout CellGrid, _ body: Body) {
        let row = panel.row
        let name = row.name.full + (row.preferredName.isEmpty ? "" : " (called \(row.preferredName))")
        grid.put(" " + name, row: body.top, column: 0, width: grid.columns, style: .heading)
        var state = row.state.rawValue
        if let out = row.outSinceMs { state = "out since \(clock(out, seconds: false))" }
        if let ends = row.endsMs {
            state += ", ends \(clock(ends, seconds: false))"
            if row.minutesReturned > 0 { state += " (+\(row.minutesReturned) min)" }
        }
        let facts = [
            row.candidateNumber, "born \(row.birthDate)", "ticket \(row.ticket)", "seat \(row.seat ?? "none")",
            state, row.level.word,
        ]
        grid.put(" " + facts.joined(separator: "  "), row: body.top + 1, column: 0, width: grid.columns)
        var next = body.top + 2
        for (text, style) in notes(panel) {
            grid.put(" " + text, row: next, column: 0, width: grid.columns, style: style)
            next += 1
        }
        switch panel.mode {
        case .menu(let chosen): drawMenu(panel, chosen, on: &grid, row: next)
        case .checkIn(let draft): drawCheckIn(panel, draft, roster, on: &grid, row: next)
        case .confirmNoShow: drawNoShow(row, on: &grid, row: next)
        case .score(let draft): drawScore(panel, draft, on: &grid, row: next)
        }
        if panel.saving != nil { grid.cursor = nil }
    }

    /// At most four lines, so that the check-in fits below them.
    private func notes(_ panel: PersonPanel) -> [(String, Style)] {
        var notes: [(String, Style)] = []
        if panel.row.nameIsProvisional {
            notes.append(("Provisional name: two offices wrote different ones; compare with care.", .warning))
        }
        if !panel.row.accommodations.isEmpty {
            notes.append(("Accommodations: \(panel.row.accommodations.joined(separator: ", "))", .good))
        }
        if let first = panel.row.cases.first {
            let more = panel.row.cases.count > 1 ? " (and \(panel.row.cases.count - 1) more)" : ""
            notes.append(("Open case: \(first)\(more)", .warning))
        }
        if !panel.changedBySync.isEmpty {
            notes.append(("Changed by a sync: \(panel.changedBySync.joined(separator: ", "))", .warning))
        }
        return notes
    }

    // MARK: Modes

    private func drawMenu(_ panel: PersonPanel, _ chosen: Int, on grid: inout CellGrid, row: Int) {
        grid.rule(row: row, title: "Next")
        guard let session else { return }
        let actions = PersonAction.all(for: panel.row, in: session)
        let last = grid.rows - 6
        for (index, action) in actions.enumerated() where row + 1 + index <= last {
            let isChosen = index == chosen
            let text = (isChosen ? " > " : "   ") + action.words
            grid.put(
                text, row: row + 1 + index, column: 0, width: grid.columns, style: isChosen ? .selected : .normal)
        }
        var next = row + 1 + actions.count
        if actions.isEmpty {
            grid.put("   \(nothingLeft(panel.row, session))", row: next, column: 0, width: grid.columns)
            next += 1
        }
        for component in panel.row.components where next + 1 <= last {
            grid.put(" " + scoreState(component), row: next + 1, column: 0, width: grid.columns, style: .dim)
            next += 1
        }
    }

    private func nothingLeft(_ row: RosterRow, _ session: DeskSession) -> String {
        session.state.takesPeople || row.state == .finished
            ? "Nothing is left to do here." : "The session is \(session.state.rawValue)."
    }

    /// Which entries there are. Never a value: this desk does not know any.
    private func scoreState(_ component: ScoreComponent) -> String {
        let first = component.firstBy == nil ? "first entry missing" : "first entered"
        let second = component.secondBy == nil ? "second entry missing" : "second entered"
        return "\(component.title), 0 to \(component.maximum): \(first), \(second)"
    }

    private func drawNoShow(_ row: RosterRow, on grid: inout CellGrid, row at: Int) {
        grid.rule(row: at, title: "No-show")
        grid.put(
            " Record \(row.name.full) as a no-show?", row: at + 2, column: 0, width: grid.columns, style: .warning)
        grid.put(
            " Whoever arrives after all can still be checked in; both records are looked at.",
            row: at + 3, column: 0, width: grid.columns)
    }

    private func drawScore(_ panel: PersonPanel, _ draft: ScoreDraft, on grid: inout CellGrid, row: Int) {
        guard let component = panel.row.components.first(where: { $0.id == draft.component }) else { return }
        grid.rule(row: row, title: "\(component.title): \(draft.role.rawValue) entry")
        let explanation =
            switch draft.role {
            case .first: "A second person will enter the score again without seeing this one."
            case .second: "Somebody else made the first entry. It is not shown, nor known to this desk."
            }
        grid.put(" \(explanation)", row: row + 2, column: 0, width: grid.columns)
        grid.put(" Points, 0 to \(component.maximum):", row: row + 4, column: 0, width: 30)
        drawField(draft.field, on: &grid, row: row + 4, column: 30, width: 12)
    }

    // MARK: Check-in

    private static let labelColumns = 22

    private func drawCheckIn(
        _ panel: PersonPanel, _ draft: CheckInDraft, _ roster: RosterState, on grid: inout CellGrid, row: Int
    ) {
        grid.rule(row: row, title: panel.saving == nil ? "Check-in" : "Check-in: saving")
        for (offset, step) in draft.steps.enumerated() {
            let isFocused = step == draft.focus
            let label = (isFocused ? " > " : "   ") + label(step)
            let at = row + 1 + offset
            grid.put(label, row: at, column: 0, width: DeskModel.labelColumns, style: isFocused ? .heading : .normal)
            drawValue(step, draft, roster, isFocused: isFocused, on: &grid, row: at)
        }
    }

    private func label(_ step: CheckInDraft.Step) -> String {
        switch step {
        case .documentType: "Document"
        case .documentDate: "Its date"
        case .name: "Name on it"
        case .supplementary: "Explained by"
        case .birthDate: "Date of birth"
        case .minutesLate: "Minutes late"
        case .rules: "Rules"
        case .seat: "Seat"
        case .decision: "Decision"
        case .reason: "Reason"
        case .approver: "Waiver approved by"
        }
    }

    private func drawValue(
        _ step: CheckInDraft.Step, _ draft: CheckInDraft, _ roster: RosterState, isFocused: Bool,
        on grid: inout CellGrid, row: Int
    ) {
        let left = DeskModel.labelColumns
        let width = grid.columns - left - 1
        switch step {
        case .seat:
            drawTyped(draft.seat, isFocused: isFocused, on: &grid, row: row, width: 10)
            grid.put(seatNote(draft, roster), row: row, column: left + 12, width: width - 12, style: .dim)
        case .supplementary: drawTyped(draft.supplementary, isFocused: isFocused, on: &grid, row: row, width: width)
        case .reason: drawTyped(draft.reason, isFocused: isFocused, on: &grid, row: row, width: width)
        case .minutesLate:
            let rule = draft.lateMinutesMax.map { "admitted up to \($0) without a waiver" } ?? "no limit"
            let style: Style = draft.isTooLate ? .bad : isFocused ? .selected : .normal
            grid.put("\(draft.minutesLate)", row: row, column: left, width: 5, style: style)
            grid.put(rule, row: row, column: left + 12, width: width - 12, style: .dim)
        default: drawOptions(draft.options(step), draft.chosenOption(step), isFocused, on: &grid, row: row)
        }
    }

    private func drawTyped(_ field: TextField, isFocused: Bool, on grid: inout CellGrid, row: Int, width: Int) {
        if isFocused {
            drawField(field, on: &grid, row: row, column: DeskModel.labelColumns, width: width)
        } else {
            grid.put(field.text, row: row, column: DeskModel.labelColumns, width: width)
        }
    }

    private func seatNote(_ draft: CheckInDraft, _ roster: RosterState) -> String {
        guard let session, !session.seats.isEmpty else { return "the room has no numbered seats" }
        let typed = draft.seat.trimmed
        if let other = roster.occupant(of: typed, except: draft.booking) { return "taken by \(other.name.full)" }
        return roster.nextFreeSeat(of: session.seats, for: draft.booking).map { "next free: \($0)" }
            ?? "no seat is free"
    }

    /// Every option in words; brackets mark the one that holds, so that no colour is needed to tell.
    func drawOptions(
        _ options: [String], _ chosen: Int?, _ isFocused: Bool, on grid: inout CellGrid, row: Int
    ) {
        let columns = options.map { displayColumns($0) + 2 }
        let space = grid.columns - DeskModel.labelColumns
        // More options than fit are shown from the chosen one on.
        let first = columns.reduce(0, +) <= space ? 0 : chosen ?? 0
        var column = DeskModel.labelColumns
        for index in options.indices.dropFirst(first) where column < grid.columns {
            let isChosen = index == chosen
            let style: Style = isChosen ? (isFocused ? .selected : .heading) : .dim
            let text = isChosen ? "[\(options[index])]" : " \(options[index]) "
            grid.put(text, row: row, column: column, style: style)
            column += columns[index]
        }
        if options.isEmpty {
            grid.put("nobody else is known here: refer instead", row: row, column: column, style: .warning)
        }
    }
}
