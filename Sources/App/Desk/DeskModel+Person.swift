import TerminalCells

extension DeskModel {
    mutating func pressPerson(_ key: Key) -> [DeskEffect] {
        guard let panel = person, let session else { return [] }
        if key == .control("r") {
            takeNewer()
            return []
        }
        switch panel.mode {
        case .menu(let chosen): return pressMenu(key, panel, session, chosen)
        case .checkIn(let draft): return pressCheckIn(key, panel, session, draft)
        case .confirmNoShow(let draft): return pressNoShow(key, panel, session, draft)
        case .score(let draft): return pressScore(key, panel, draft)
        }
    }

    private mutating func takeNewer() {
        guard person?.newer != nil else { return }
        person?.takeNewer()
        say(.info, "The screen shows what the sync brought; what you typed is as it was.")
    }

    // MARK: Menu

    private mutating func pressMenu(
        _ key: Key, _ panel: PersonPanel, _ session: DeskSession, _ chosen: Int
    ) -> [DeskEffect] {
        let actions = PersonAction.all(for: panel.row, in: session)
        if collectScan(key) { return [] }
        if key == .enter, !scan.isEmpty { return lookUpScan(mayOpenAnother: true) }
        scan = ""
        switch key {
        case .escape: person = nil
        case .up: person?.mode = .menu(chosen: max(chosen - 1, 0))
        case .down: person?.mode = .menu(chosen: max(min(chosen + 1, actions.count - 1), 0))
        case .enter where actions.indices.contains(chosen): return perform(actions[chosen], panel, session)
        case .enter: say(.info, "Nothing is left to do here. Esc goes back, or scan the next ticket.")
        default: break
        }
        return []
    }

    private mutating func perform(
        _ action: PersonAction, _ panel: PersonPanel, _ session: DeskSession
    ) -> [DeskEffect] {
        let booking = panel.row.booking
        switch action {
        case .checkIn:
            let draft = draft(panel.row, session)
            person?.mode = .checkIn(draft)
            return []
        case .start: return write("Started", panel) { .start($0, booking: booking) }
        case .finish: return write("Finished", panel) { .finish($0, booking: booking) }
        case .goOut, .comeBack, .report, .interrupt, .takeBack:
            form = form(action, panel.row)
            return []
        case .score(let component, _, let role):
            if let refusal = blindRefusal(component: component, role: role, row: panel.row) {
                say(.bad, refusal)
            } else {
                openScore(component, role, of: booking)
            }
            return []
        }
    }

    private func form(_ action: PersonAction, _ row: RosterRow) -> DeskForm? {
        switch action {
        case .goOut:
            return DeskForm(
                .goOut(row.booking), "\(row.name.full) goes out",
                ["The time is noted. Identity is compared on return."],
                [.choice("Kind of break", ["toilet", "medical", "scheduled", "other"])])
        case .comeBack:
            let minutes = row.outSinceMs.flatMap { out in
                now.map { DeskModel.begunMinutes(from: out, to: corrected($0)) }
            }
            return DeskForm(
                .comeBack(row.booking), "\(row.name.full) comes back",
                ["Out for \(minutes ?? 0) minutes. Compare the document before anybody comes in."],
                [.choice("Document", ["compared again", "not compared"]), .text("Minutes given back", "0")])
        case .report: return reportForm(row)
        case .interrupt: return interruptForm(row)
        case .takeBack(let kind):
            let words = "\(row.state.rawValue): \(row.name.full)"
            return DeskForm(
                .takeBack(TakeBack(kind, booking: row.booking, words: words)), "Take back", [words],
                [.text("Why")])
        default: return nil
        }
    }

    /// Opens an entry: empty, or with what the same person typed when it was not saved.
    private mutating func openScore(_ component: String, _ role: ScoreForm.Role, of booking: String) {
        var draft = ScoreDraft(component: component, role: role)
        let kept = unsavedScores[UnsavedScore(booking: booking, component: component, actor: actor?.id ?? "")]
        if let kept {
            draft.field = TextField(kept, isSuggestion: true)
            say(.warning, "You typed this before and it was not saved. Enter saves it now.")
        }
        person?.mode = .score(draft)
    }

    // MARK: No-show

    private mutating func pressNoShow(
        _ key: Key, _ panel: PersonPanel, _ session: DeskSession, _ draft: CheckInDraft
    ) -> [DeskEffect] {
        // A ticket that is scanned here is somebody present: it must never confirm an absence.
        if collectScan(key) { return [] }
        if key == .enter, !scan.isEmpty { return lookUpScan(mayOpenAnother: false) }
        scan = ""
        switch key {
        case .enter:
            guard session.state.takesPeople else {
                say(.bad, "This session is \(session.state.rawValue): nothing can be recorded here any more.")
                return []
            }
            let booking = panel.row.booking
            return write("Recorded as no-show", panel) { .markNoShow($0, booking: booking) }
        case .escape: person?.mode = .checkIn(draft)
        default: break
        }
        return []
    }

    // MARK: Scans and writes

    /// Characters where no field takes them are a scan; true where the key was one.
    mutating func collectScan(_ key: Key) -> Bool {
        switch key {
        case .character(let character): scan.append(character)
        case .paste(let text): scan += text.prefix { !$0.isNewline }
        case .backspace: scan = String(scan.dropLast())
        default: return false
        }
        scan = String(scan.prefix(DeskModel.scanCharactersMax))
        return true
    }

    /// What a scan means while a person is open.
    mutating func lookUpScan(mayOpenAnother: Bool) -> [DeskEffect] {
        let text = scan.filter { !$0.isWhitespace }
        scan = ""
        guard let row = roster?.ticketHolder(text) ?? roster?.ticketHolder(endOf: text) else {
            say(.warning, "\u{201C}\(text)\u{201D} is not a ticket of this roster. Nothing was done.")
            return []
        }
        return meet(row, mayOpenAnother: mayOpenAnother)
    }

    mutating func meet(_ row: RosterRow, mayOpenAnother: Bool) -> [DeskEffect] {
        if row.booking == person?.row.booking {
            say(.info, "This ticket is the one of the person on the screen. Press Enter to confirm.")
            return []
        }
        if mayOpenAnother { return open(row) }
        say(.warning, "That is the ticket of \(row.name.full). Finish this person first, or leave with Esc.")
        return []
    }

    /// Emits one write and holds the panel until it is answered. What a sync changed meanwhile is said first.
    mutating func write(_ done: String, _ panel: PersonPanel, _ effect: (DeskRequest) -> DeskEffect) -> [DeskEffect] {
        guard let actor, let session = roster?.session, panel.saving == nil else { return [] }
        if !panel.changedBySync.isEmpty, !panel.changeWasSaid {
            person?.changeWasSaid = true
            let changes = panel.changedBySync.joined(separator: ", ")
            say(.warning, "Changed by a sync (\(changes)). Ctrl-R takes it over; Enter again confirms all the same.")
            return []
        }
        let request = DeskRequest(number: nextRequest, actor: actor.id, seen: panel.row.version)
        nextRequest += 1
        let kept = person ?? panel
        let asked = effect(request)
        writes[request.number] = PendingWrite(
            done: done, name: panel.row.name.full, panel: kept, session: session, actor: actor.id,
            takeBack: DeskModel.takeBack(of: asked, words: "\(done): \(panel.row.name.full)"))
        person?.saving = request.number
        return [asked]
    }
}
