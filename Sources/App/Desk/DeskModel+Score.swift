import TerminalCells

extension DeskModel {
    mutating func pressScore(_ key: Key, _ panel: PersonPanel, _ old: ScoreDraft) -> [DeskEffect] {
        var draft = old
        switch key {
        case .enter: return confirmScore(panel, draft)
        case .escape: person?.mode = .menu(chosen: 0)
        default:
            guard draft.field.press(key) else { return [] }
            person?.mode = .score(draft)
        }
        return []
    }

    private mutating func confirmScore(_ panel: PersonPanel, _ old: ScoreDraft) -> [DeskEffect] {
        var draft = old
        if let holder = roster?.ticketHolder(endOf: draft.field.trimmed) {
            draft.field = TextField()
            person?.mode = .score(draft)
            return meet(holder, mayOpenAnother: false)
        }
        let latest = roster?.row(panel.row.booking) ?? panel.row
        guard let component = latest.components.first(where: { $0.id == draft.component }) else {
            say(.bad, "This exam no longer has that part. Esc goes back; press Ctrl-R there to see it as it is.")
            return []
        }
        if let refusal = blindRefusal(component: component.id, role: draft.role, row: latest) {
            say(.bad, refusal)
            return []
        }
        if draft.role == .first, component.firstBy != nil {
            draft.role = .second
            person?.mode = .score(draft)
            say(.warning, "Somebody else entered the first score meanwhile. Enter again makes yours the second.")
            return []
        }
        guard let raw = DeskModel.points(draft.field.trimmed), raw <= component.maximum else {
            say(.bad, "A score of \(component.title) is a whole number from 0 to \(component.maximum).")
            return []
        }
        let form = ScoreForm(booking: panel.row.booking, component: component.id, role: draft.role, raw: raw)
        return write("Entered the \(draft.role.rawValue) score of \(component.title)", panel) { .enterScore($0, form) }
    }

    /// Why the person at the desk may not make this entry, in plain words; nil where they may.
    func blindRefusal(component id: String, role: ScoreForm.Role, row: RosterRow) -> String? {
        guard let component = row.components.first(where: { $0.id == id }), let actor else { return nil }
        if component.firstBy != nil, component.secondBy != nil {
            return "Both entries are made. If they differ, a third person decides; nothing more is entered here."
        }
        guard component.firstBy == actor.id || component.secondBy == actor.id else { return nil }
        return "You made one entry of this score. A second person enters the other, without seeing yours."
    }

    /// Greater numbers are no scores; the limit keeps the arithmetic small.
    private static let digitsMax = 9

    /// A whole number in the digits of any script; nil for anything else.
    static func points(_ text: String) -> Int? {
        guard !text.isEmpty, text.count <= digitsMax else { return nil }
        var total = 0
        for character in text {
            guard let digit = character.wholeNumberValue, (0...9).contains(digit) else { return nil }
            total = total * 10 + digit
        }
        return total
    }
}
