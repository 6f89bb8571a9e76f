import TerminalCells

extension DeskModel {
    /// Takes one event and says what is to be done about it. Pure: the same model and event give the same answer.
    public mutating func update(_ event: DeskEvent) -> [DeskEffect] {
        let before = keptDraft
        var effects = take(event)
        bringDraftBack()
        let after = keptDraft
        guard after != before else { return effects }
        draftNumber += 1
        effects.append(.keepDraft(draftNumber, after))
        return effects
    }

    private mutating func take(_ event: DeskEvent) -> [DeskEffect] {
        switch event {
        case .key(.resize(let columns, let rows)), .resize(let columns, let rows):
            self.columns = columns
            self.rows = rows
            return []
        case .key(let key): return press(key)
        case .tick(let now):
            self.now = now
            lockIfIdle()
        case .staffLoaded(let staff): take(staff)
        case .sessionsLoaded(let sessions): take(sessions)
        case .rosterLoaded(let session, let rows): return take(rows, of: session)
        case .saved(let receipt): return take(receipt)
        case .failed(let failure): return take(failure)
        case .foundElsewhere(let text, let lines):
            // Whoever typed on has another question by now.
            guard roster?.filter.trimmed == text, person == nil, form == nil, !isPickingStaff else { return [] }
            message = nil
            form = DeskForm(.receipt, "Not on this roster: \u{201C}\(text)\u{201D}", lines)
        case .draftFound(let draft): foundDraft = draft
        case .signInAnswered(let number, let refusal): return takeSignIn(number, refusal)
        case .told(let text): note(.info, text)
        case .syncStatusChanged(let status): sync = status
        case .recordsChanged(let sessions): return reload(sessions)
        }
        return []
    }

    /// A key goes to the topmost thing on the screen, after the keys that mean the same everywhere.
    mutating func press(_ key: Key) -> [DeskEffect] {
        lastKey = now
        if let effects = pressGlobal(key) { return effects }
        if !isPickingStaff, form == nil, person?.saving != nil { return waitForSave(key) }
        if key == .escape, message == nil, !notices.isEmpty {
            notices.removeFirst()
            return []
        }
        message = nil
        if isPickingStaff { return signIn.map { pressSignIn(key, $0) } ?? pressStaff(key) }
        if let form { return pressForm(key, form) }
        if person != nil { return pressPerson(key) }
        if let seatMap { return pressSeatMap(key, seatMap) }
        if let sessionMenu { return pressSessionMenu(key, sessionMenu) }
        return roster != nil ? pressRoster(key) : pressSessions(key)
    }

    /// Nil where the key has no meaning of its own everywhere.
    private mutating func pressGlobal(_ key: Key) -> [DeskEffect]? {
        if key == .control("c") || key == .control("q") { return quit() }
        wasAskedToQuit = false
        if showsHelp {
            showsHelp = false
            // A scan that comes while the help is open must not lose its first character.
            if [.escape, .enter, .function(1), .character("?")].contains(key) { return [] }
        }
        switch key {
        case .function(1): showsHelp = true
        case .character("?") where !isTypingFreely: showsHelp = true
        case .function(9), .control("n"): say(.info, "A sync was asked for.")
        case .function(8), .control("w"): handOver()
        case .function(6), .control("z"): if !isPickingStaff { askTakeBack() }
        case .control("l"): break
        default: return nil
        }
        return key == .function(9) || key == .control("n") ? [.syncNow] : []
    }

    /// Whether a question mark is text and not a call for help.
    private var isTypingFreely: Bool {
        if form != nil { return true }
        guard let person, person.saving == nil, case .checkIn(let draft) = person.mode else { return false }
        return draft.isTyping
    }

    /// Somebody else comes to the desk: what the one before was typing goes, most of all a score.
    private mutating func handOver() {
        guard person?.saving == nil, form?.saving == nil else { return }
        dropDrafts()
        signIn = nil
        isLocked = false
        isPickingStaff = true
        staffIndex = staff.firstIndex { $0.id == actor?.id } ?? 0
        say(.info, "Who is at the desk now?")
    }

    private mutating func quit() -> [DeskEffect] {
        if wasAskedToQuit { return [.quit] }
        if let write = writes.values.min(by: { $0.done < $1.done }) {
            say(.warning, "Still saving (\(write.name)). Press Ctrl-Q again to leave when it is done.")
        } else if let act = acts.values.min(by: { $0.done < $1.done }) {
            say(.warning, "Still saving (\(act.done)). Press Ctrl-Q again to leave when it is done.")
        } else if person?.hasDraft == true {
            say(.warning, "This person is not finished. Press Ctrl-Q again to leave without saving.")
        } else {
            return [.quit]
        }
        wasAskedToQuit = true
        return []
    }

    /// While a write is saved, Esc leaves the panel; every other key waits for the screen that it was meant for.
    private mutating func waitForSave(_ key: Key) -> [DeskEffect] {
        if key == .escape {
            person = nil
            keysWaiting = []
            say(.info, "Still saving; the result will be shown here.")
        } else if keysWaiting.count < DeskModel.keysWaitingMax {
            keysWaiting.append(key)
        }
        return []
    }

    // MARK: Staff and sessions

    private mutating func pressStaff(_ key: Key) -> [DeskEffect] {
        switch key {
        case .up: staffIndex = max(staffIndex - 1, 0)
        case .down: staffIndex = max(min(staffIndex + 1, staff.count - 1), 0)
        case .home: staffIndex = 0
        case .end: staffIndex = max(staff.count - 1, 0)
        // Whoever signed in goes back only with their PIN: the desk may have been handed over.
        case .escape where actor != nil && !isAuthenticated && !isLocked: isPickingStaff = false
        case .enter where staff.indices.contains(staffIndex): pick(staff[staffIndex])
        case .enter: return [.loadStaff]
        default: break
        }
        return []
    }

    private mutating func pressSessions(_ key: Key) -> [DeskEffect] {
        switch key {
        case .up: sessionIndex = max(sessionIndex - 1, 0)
        case .down: sessionIndex = max(min(sessionIndex + 1, sessions.count - 1), 0)
        case .home: sessionIndex = 0
        case .end: sessionIndex = max(sessions.count - 1, 0)
        case .enter where sessions.indices.contains(sessionIndex):
            var opened = RosterState(session: sessions[sessionIndex].id)
            _ = opened.beginLoad()
            roster = opened
            return [.loadRoster(opened.session)]
        case .function(3) where sessions.indices.contains(sessionIndex):
            return [.printRoster(sessions[sessionIndex].id)]
        case .enter, .function(5): return [.loadSessions]
        default: break
        }
        return []
    }

    private mutating func take(_ staff: [StaffMember]) {
        let chosen = self.staff.indices.contains(staffIndex) ? self.staff[staffIndex].id : nil
        self.staff = staff
        staffIsLoaded = true
        staffIndex = staff.firstIndex { $0.id == chosen } ?? 0
        // A sync may bring the name of somebody who was only a number until then.
        actor = staff.first { $0.id == actor?.id } ?? actor
        if let actor, !isAuthenticated, actor.signIn != .open, !isPickingStaff {
            lock(actor)
            say(.warning, "A sync brought the staff list: sign in to go on.")
        }
    }

    /// Closes everything that stands on an open session.
    mutating func closeScreens() {
        dropDrafts()
        sessionMenu = nil
        seatMap = nil
    }

    private mutating func take(_ sessions: [DeskSession]) {
        let chosen = self.sessions.indices.contains(sessionIndex) ? self.sessions[sessionIndex].id : nil
        self.sessions = sessions
        sessionsAreLoaded = true
        sessionIndex = sessions.firstIndex { $0.id == chosen } ?? 0
        guard roster != nil, session == nil else { return }
        // The open session is no longer one of the day's: its people would have no rules to be admitted by.
        roster = nil
        closeScreens()
        note(.warning, "The session that was open is no longer on today's list.")
    }
}
