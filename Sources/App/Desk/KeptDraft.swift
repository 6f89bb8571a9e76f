/// What somebody was filling in, kept on the disk key by key: a terminal that dies loses nothing of it. Scores are not
/// kept, because nobody else may see them.
public struct KeptDraft: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable { case checkIn, report }

    public let kind: Kind
    public let actor: String
    public let session: String
    /// Whom it is about; nil for an incident of the whole room.
    public let booking: String?
    public let values: [String: String]

    public init(kind: Kind, actor: String, session: String, booking: String?, values: [String: String]) {
        self.kind = kind
        self.actor = actor
        self.session = session
        self.booking = booking
        self.values = values
    }
}

extension CheckInDraft {
    /// What was filled in, by step.
    var values: [String: String] {
        var values: [String: String] = [:]
        for step in Step.allCases {
            switch step {
            case .supplementary: values[step.rawValue] = supplementary.text
            case .seat: values[step.rawValue] = seat.text
            case .reason: values[step.rawValue] = reason.text
            case .minutesLate: values[step.rawValue] = "\(minutesLate)"
            default: values[step.rawValue] = chosenOption(step).map { options(step)[$0] } ?? ""
            }
        }
        return values
    }

    /// Takes over what was kept, as far as it still has a meaning.
    mutating func take(_ values: [String: String]) {
        for step in Step.allCases {
            guard let value = values[step.rawValue] else { continue }
            switch step {
            case .supplementary: supplementary = TextField(value)
            case .seat: seat = TextField(value)
            case .reason: reason = TextField(value)
            // Time went on: whoever was late is later now.
            case .minutesLate: minutesLate = max(minutesLate, min(Int(value) ?? 0, CheckInDraft.minutesLateMax))
            default: if let option = options(step).firstIndex(of: value) { choose(step, option) }
            }
        }
    }
}

extension DeskModel {
    /// What has to be on the disk now; nil where nothing was changed by hand.
    var keptDraft: KeptDraft? {
        guard let actor, let session = roster?.session else { return nil }
        if let form, case .report(let booking) = form.purpose, form.fields.last?.value.isEmpty == false {
            let values = Dictionary(form.fields.map { ($0.label, $0.value) }) { first, _ in first }
            return KeptDraft(kind: .report, actor: actor.id, session: session, booking: booking, values: values)
        }
        guard let person, case .checkIn(let draft) = person.mode, draft.values != draft.defaults else { return nil }
        return KeptDraft(
            kind: .checkIn, actor: actor.id, session: session, booking: person.row.booking, values: draft.values)
    }

    /// Brings back what its author left, once the session that it is of is open and nothing else stands there.
    mutating func bringDraftBack() {
        guard let kept = foundDraft, kept.actor == actor?.id, kept.session == roster?.session,
            roster?.isLoaded == true, person == nil, form == nil, !isPickingStaff, let session
        else { return }
        foundDraft = nil
        let row = kept.booking.flatMap { roster?.row($0) }
        switch kept.kind {
        case .checkIn:
            guard let row, !row.state.isPresent else { return }
            var draft = draft(row, session)
            draft.take(kept.values)
            person = PersonPanel(row: row, mode: .checkIn(draft))
        case .report:
            var report = reportForm(row)
            for index in report.fields.indices {
                guard let value = kept.values[report.fields[index].label] else { continue }
                switch report.fields[index].content {
                case .text: report.fields[index].content = .text(TextField(value))
                case .choice(let options, _):
                    report.fields[index].content = .choice(options, options.firstIndex(of: value) ?? 0)
                }
            }
            form = report
        }
        say(.warning, "You had not finished this when the desk ended: it is as you typed it, and not saved yet.")
    }
}
