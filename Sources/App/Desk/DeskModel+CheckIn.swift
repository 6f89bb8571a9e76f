import TerminalCells

extension DeskModel {
    mutating func pressCheckIn(
        _ key: Key, _ panel: PersonPanel, _ session: DeskSession, _ old: CheckInDraft
    ) -> [DeskEffect] {
        var draft = old
        switch key {
        case .enter: return confirmCheckIn(panel, session, draft)
        case .escape:
            scan = ""
            person = nil
            return []
        case .function(4), .control("o"):
            scan = ""
            askNoShow(panel, draft)
            return []
        case .up, .backTab: draft.moveFocus(-1)
        case .down, .tab: draft.moveFocus(1)
        default:
            if draft.type(key) { break }
            if key != .character(" ") || !scan.isEmpty, collectScan(key) { return [] }
            advance(&draft, key)
        }
        scan = ""
        person?.mode = .checkIn(draft)
        return []
    }

    private func advance(_ draft: inout CheckInDraft, _ key: Key) {
        switch key {
        case .left: draft.advance(-1)
        case .right: draft.advance(1)
        case .character(" "):
            // Space walks around; the arrows stop at the ends.
            let count = draft.options(draft.focus).count
            if draft.chosenOption(draft.focus) == count - 1 { draft.advance(-count) } else { draft.advance(1) }
        default: break
        }
    }

    private mutating func askNoShow(_ panel: PersonPanel, _ draft: CheckInDraft) {
        if panel.row.state == .booked {
            person?.mode = .confirmNoShow(draft)
        } else {
            say(.info, "\(panel.row.name.full) is already recorded as \(panel.row.state.rawValue).")
        }
    }

    private mutating func confirmCheckIn(
        _ panel: PersonPanel, _ session: DeskSession, _ old: CheckInDraft
    ) -> [DeskEffect] {
        if !scan.isEmpty { return lookUpScan(mayOpenAnother: false) }
        var draft = old
        if draft.isTyping, let holder = roster?.ticketHolder(endOf: draft.typed) {
            // A scan landed in a text field. It is not part of the text, and its Enter confirms nothing.
            draft.dropTyped(holder.ticket.count)
            person?.mode = .checkIn(draft)
            return meet(holder, mayOpenAnother: false)
        }
        guard session.state.takesPeople else {
            say(.bad, "This session is \(session.state.rawValue): nobody can be checked in any more.")
            return []
        }
        guard let roster else { return [] }
        if let obstacle = draft.obstacle(roster: roster, seats: session.seats) {
            draft.focus = obstacle.step
            person?.mode = .checkIn(draft)
            say(.bad, obstacle.message)
            return []
        }
        documentType = draft.documentType
        let form = draft.form(seats: session.seats)
        return write(done(form), panel) { .checkIn($0, form) }
    }

    private func done(_ form: CheckInForm) -> String {
        switch form.decision {
        case .admit: form.seat.isEmpty ? "Admitted" : "Admitted to seat \(form.seat)"
        case .refuse: "Turned away"
        case .refer: "Referred"
        }
    }
}
