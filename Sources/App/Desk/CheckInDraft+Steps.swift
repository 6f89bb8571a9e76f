import TerminalCells

extension CheckInDraft {
    /// The words to choose from in a step; empty for steps that are typed.
    func options(_ step: Step) -> [String] {
        switch step {
        case .documentType: CheckInForm.DocumentType.allCases.map(\.rawValue)
        case .documentDate: ["in date", "expired"]
        case .name: CheckInForm.NameResult.allCases.map(\.rawValue)
        case .birthDate: ["matches", "does not match"]
        case .rules: ["acknowledged", "not acknowledged"]
        case .decision: CheckInForm.Decision.allCases.map(\.rawValue)
        case .approver: approvers.map(\.name)
        case .supplementary, .minutesLate, .seat, .reason: []
        }
    }

    /// Which of `options` holds now.
    func chosenOption(_ step: Step) -> Int? {
        switch step {
        case .documentType: CheckInForm.DocumentType.allCases.firstIndex(of: documentType)
        case .documentDate: documentIsInDate ? 0 : 1
        case .name: CheckInForm.NameResult.allCases.firstIndex(of: nameResult)
        case .birthDate: birthDateMatches ? 0 : 1
        case .rules: rulesAcknowledged ? 0 : 1
        case .decision: CheckInForm.Decision.allCases.firstIndex(of: decision)
        case .approver: approver
        case .supplementary, .minutesLate, .seat, .reason: nil
        }
    }

    mutating func choose(_ step: Step, _ option: Int) {
        switch step {
        case .documentType: documentType = CheckInForm.DocumentType.allCases[option]
        case .documentDate: documentIsInDate = option == 0
        case .name: nameResult = CheckInForm.NameResult.allCases[option]
        case .birthDate: birthDateMatches = option == 0
        case .rules: rulesAcknowledged = option == 0
        case .decision: decision = CheckInForm.Decision.allCases[option]
        case .approver: approver = option
        case .supplementary, .minutesLate, .seat, .reason: break
        }
    }

    /// Takes the option `by` places further; the last one stays the last.
    mutating func advance(_ by: Int) {
        if focus == .minutesLate {
            minutesLate = min(max(minutesLate + by, 0), CheckInDraft.minutesLateMax)
            return
        }
        let count = options(focus).count
        guard count > 0 else { return }
        let next = chosenOption(focus).map { min(max($0 + by, 0), count - 1) } ?? (by > 0 ? 0 : count - 1)
        choose(focus, next)
    }

    /// Goes to the step `by` lines further among those that are shown.
    mutating func moveFocus(_ by: Int) {
        let steps = steps
        let index = steps.firstIndex(of: focus) ?? 0
        focus = steps[min(max(index + by, 0), steps.count - 1)]
    }

    var isTyping: Bool { focus == .seat || focus == .supplementary || focus == .reason }

    /// Hands a key to the field under the cursor; false where there is none or the key means nothing to it.
    mutating func type(_ key: Key) -> Bool {
        switch focus {
        case .seat: seat.press(key)
        case .supplementary: supplementary.press(key)
        case .reason: reason.press(key)
        default: false
        }
    }

    /// The text under the cursor.
    var typed: String {
        switch focus {
        case .seat: seat.text
        case .supplementary: supplementary.text
        case .reason: reason.text
        default: ""
        }
    }

    /// Takes the last characters of the text under the cursor away: a scan that landed there.
    mutating func dropTyped(_ characters: Int) {
        let rest = TextField(String(typed.dropLast(characters)))
        switch focus {
        case .seat: seat = rest
        case .supplementary: supplementary = rest
        case .reason: reason = rest
        default: break
        }
    }
}
