import TerminalCells

/// What the services answer.
extension DeskModel {
    mutating func take(_ rows: [RosterRow], of session: String) -> [DeskEffect] {
        guard roster?.session == session, let again = roster?.endLoad(rows) else { return [] }
        if let booking = person?.row.booking, let latest = roster?.row(booking) { person?.notice(latest) }
        return again && roster?.beginLoad() == true ? [.loadRoster(session)] : []
    }

    mutating func reload(_ changed: [String]) -> [DeskEffect] {
        guard let session = roster?.session, changed.contains(session), roster?.beginLoad() == true else {
            return [.loadSessions]
        }
        return [.loadSessions, .loadRoster(session)]
    }

    mutating func take(_ receipt: DeskReceipt) -> [DeskEffect] {
        if let effects = takeAct(receipt) { return effects }
        guard let write = writes.removeValue(forKey: receipt.request) else { return [] }
        if let work = write.takeBack, write.actor == actor?.id {
            takeBacks = (takeBacks + [work]).suffix(DeskModel.takeBacksMax)
        }
        if let row = receipt.row, roster?.session == write.session { roster?.take(row) }
        if let key = UnsavedScore(write) { unsavedScores[key] = nil }
        let isInFront = person?.saving == receipt.request
        if isInFront { closeAfterSave(write, receipt.row) }
        announce(write, receipt)
        guard isInFront else { return [.loadSessions] }
        let keys = keysWaiting
        keysWaiting = []
        return keys.reduce(into: [.loadSessions]) { effects, key in effects += press(key) }
    }

    private mutating func announce(_ write: PendingWrite, _ receipt: DeskReceipt) {
        let cases = receipt.casesOpened
        if cases.isEmpty {
            say(.good, "\(write.done): \(write.name). Saved on this device.")
        } else {
            note(.warning, "\(write.done): \(write.name). Case opened: \(cases.joined(separator: "; "))")
        }
    }

    /// Back to an empty filter for the next person; after a score, to the same person if scores are missing.
    private mutating func closeAfterSave(_ write: PendingWrite, _ row: RosterRow?) {
        person?.saving = nil
        if case .score = write.panel.mode, let row, let session {
            let mine = PersonAction.next(for: row, in: session).contains { isOpen($0, for: row) }
            if mine {
                person = PersonPanel(row: row, mode: .menu(chosen: 0))
                return
            }
        }
        person = nil
        roster?.filter = TextField()
        roster?.chosen = nil
    }

    /// Whether the person at the desk may do it: nobody makes both entries of one score.
    private func isOpen(_ action: PersonAction, for row: RosterRow) -> Bool {
        guard case .score(let id, _, .second) = action else { return true }
        return row.components.first { $0.id == id }?.firstBy != actor?.id
    }

    mutating func take(_ failure: DeskFailure) -> [DeskEffect] {
        let text = "\(failure.message) (\(failure.code))"
        switch failure.work {
        case .staff: staffIsLoaded = true
        case .sessions: sessionsAreLoaded = true
        case .sync: break
        case .roster(let session):
            if roster?.session == session { _ = roster?.endLoad(nil) }
        case .request(let number):
            if failAct(number, text) { return [] }
            guard let write = writes.removeValue(forKey: number) else { return [] }
            returnWork(number, write, text)
            return []
        }
        say(.bad, text)
        return []
    }

    /// A write that was not saved comes back to the screen as it was typed.
    private mutating func returnWork(_ number: Int, _ write: PendingWrite, _ text: String) {
        if person?.saving == number {
            person?.saving = nil
            keysWaiting = []
            say(.bad, "NOT saved: \(text)")
            return
        }
        let kept = UnsavedScore(write) == nil ? "" : " The points are kept: open the person again."
        bringBack(write)
        note(.bad, "NOT saved: \(write.done), \(write.name). \(text)\(kept)")
    }

    private mutating func bringBack(_ write: PendingWrite) {
        if case .score(let draft) = write.panel.mode, let key = UnsavedScore(write) {
            // Not put on the screen by itself: somebody else may stand there, and must not see what was typed.
            if unsavedScores.count < DeskModel.unsavedScoresMax { unsavedScores[key] = draft.field.text }
            return
        }
        guard roster?.session == write.session, actor?.id == write.actor else { return }
        let booking = write.panel.row.booking
        returned[booking] = write.panel
        if person == nil, !isPickingStaff, let latest = roster?.row(booking) { reopen(latest) }
    }

    /// Opens a person as they were when a write about them failed; false where there is nothing to come back to.
    @discardableResult
    mutating func reopen(_ latest: RosterRow) -> Bool {
        guard let panel = returned.removeValue(forKey: latest.booking) else { return false }
        person = panel
        person?.notice(latest)
        return true
    }
}
