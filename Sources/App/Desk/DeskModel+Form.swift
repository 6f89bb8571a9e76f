import TerminalCells

/// An act that was asked for and not answered yet.
struct PendingAct: Hashable, Sendable {
    let done: String
    let takesBack: TakeBack?
}

extension DeskModel {
    mutating func pressForm(_ key: Key, _ old: DeskForm) -> [DeskEffect] {
        var form = old
        if form.saving != nil {
            guard key == .escape else { return [] }
            self.form = nil
            say(.info, "Still saving; the result will be shown here.")
            return []
        }
        switch key {
        case .escape: self.form = nil
        case .enter: return confirm(&form)
        default:
            form.press(key)
            self.form = form
        }
        return []
    }

    private mutating func confirm(_ form: inout DeskForm) -> [DeskEffect] {
        if form.purpose == .receipt {
            self.form = nil
            return []
        }
        if case .close(let missing) = form.purpose, missing > 0, form.fields.first?.value.isEmpty == true {
            // Without a reason the way goes to whoever is missing.
            self.form = nil
            roster?.filter = TextField()
            roster?.show = .missing
            say(.warning, "These \(missing) are not accounted for: Enter opens each. Or close again with a reason.")
            return []
        }
        let (act, focus, words) = form.act()
        guard let act else {
            form.focus = focus
            self.form = form
            say(.bad, words)
            return []
        }
        let effects = ask(act, done: form.done)
        if let number = effects.first?.request?.number { form.saving = number }
        self.form = form
        return effects
    }

    /// Asks for an act on the open session.
    mutating func ask(_ act: DeskAct, done: String) -> [DeskEffect] {
        guard let actor, let session = roster?.session else { return [] }
        let request = DeskRequest(number: nextRequest, actor: actor.id, seen: "")
        nextRequest += 1
        var work: TakeBack?
        if case .takeBack(let taken, _) = act { work = taken }
        acts[request.number] = PendingAct(done: done, takesBack: work)
        return [.act(request, session: session, act)]
    }

    /// Answers an act; nil where the receipt is of another kind of write.
    mutating func takeAct(_ receipt: DeskReceipt) -> [DeskEffect]? {
        guard let act = acts.removeValue(forKey: receipt.request) else { return nil }
        if form?.saving == receipt.request { form = nil }
        if let work = act.takesBack { takeBacks.removeAll { $0 == work } }
        if let row = receipt.row {
            roster?.take(row)
            if person?.row.booking == row.booking, person?.saving == nil {
                person = PersonPanel(row: row, mode: .menu(chosen: 0))
            }
        }
        if receipt.casesOpened.isEmpty {
            say(.good, "\(act.done). Saved on this device.")
        } else {
            note(.warning, "\(act.done). Case opened: \(receipt.casesOpened.joined(separator: "; "))")
        }
        guard let session = roster?.session, roster?.beginLoad() == true else { return [.loadSessions] }
        return [.loadSessions, .loadRoster(session)]
    }

    /// - Returns: whether the failure was an act's.
    mutating func failAct(_ number: Int, _ text: String) -> Bool {
        guard let act = acts.removeValue(forKey: number) else { return false }
        if form?.saving == number {
            form?.saving = nil
            say(.bad, "NOT saved: \(text)")
        } else {
            note(.bad, "NOT saved: \(act.done). \(text)")
        }
        return true
    }

    // MARK: What was done last

    /// What may be taken back later of a write that is saved now.
    static func takeBack(of effect: DeskEffect, words: String) -> TakeBack? {
        switch effect {
        case .checkIn(_, let form):
            switch form.decision {
            case .admit: TakeBack(.admission, booking: form.booking, words: words)
            case .refuse: TakeBack(.absence, booking: form.booking, words: words)
            case .refer: nil
            }
        case .markNoShow(_, let booking): TakeBack(.absence, booking: booking, words: words)
        case .start(_, let booking), .finish(_, let booking): TakeBack(.step, booking: booking, words: words)
        default: nil
        }
    }

    /// Acts that can be taken back with a key; older ones are put right in the person's own menu.
    static let takeBacksMax = 20

    mutating func askTakeBack() {
        guard form == nil, person?.saving == nil, roster != nil else { return }
        guard let work = takeBacks.last else {
            say(.info, "Nothing of this session was done here that could be taken back.")
            return
        }
        form = DeskForm(
            .takeBack(work), "Take back",
            [work.words, "It stays in the history, with who took it back and why."],
            [.text("Why", "a slip of the hand")])
    }
}
