import TerminalCells

/// The columns of the sessions of the day: the title takes what the others leave.
struct SessionColumns {
    static let titles = ["", "start", "session", "room", "state", "booked", "present", "finished", "absent"]
    let widths: [Int]

    init(_ columns: Int) { widths = filled([3, 6, 0, columns >= 100 ? 20 : 10, 9, 7, 8, 9, 7], columns) }

    static func texts(_ session: DeskSession, isChosen: Bool) -> [String] {
        let counts = session.counts
        let facts = [isChosen ? " >" : "", session.startText, session.title, session.room, session.state.rawValue]
        return facts + [counts.booked, counts.present, counts.finished, counts.absent].map(String.init)
    }
}

/// Widths in which 0 stands for what the others leave.
private func filled(_ widths: [Int], _ columns: Int) -> [Int] {
    let rest = columns - widths.reduce(0, +)
    return widths.map { $0 == 0 ? max(rest, 1) : $0 }
}

/// The roster's columns: the name takes what the others leave.
struct RosterColumns {
    static let titles = ["", "number", "name", "born", "ticket", "seat", "state", "level"]
    let widths: [Int]

    init(_ columns: Int) {
        let ticket = columns >= 100 ? 16 : 11
        widths = filled([3, 10, 0, 11, ticket, columns >= 100 ? 9 : 5, 12, 6], columns)
    }

    func texts(_ row: RosterRow, isChosen: Bool) -> [String] {
        let marks = (isChosen ? ">" : " ") + (row.cases.isEmpty ? row.nameIsProvisional ? "?" : "" : "!")
        let name = row.name.full + (row.nameIsProvisional ? " (provisional)" : "")
        return [
            marks, row.candidateNumber, name, row.birthDate, row.ticket, seat(row),
            row.outSinceMs == nil ? row.state.rawValue : "out",
            row.level.word,
        ]
    }

    /// The end of a long label tells the seat: its beginning is the room's.
    private func seat(_ row: RosterRow) -> String {
        let label = row.seat ?? ""
        let space = widths[5] - 1
        return label.count > space ? "…" + label.suffix(space - 1) : label
    }

    static func style(_ row: RosterRow) -> Style {
        if !row.cases.isEmpty || row.nameIsProvisional { return .warning }
        switch row.state {
        case .booked: return .normal
        case .checkedIn, .started: return .good
        case .finished, .noShow, .turnedAway: return .dim
        }
    }
}
