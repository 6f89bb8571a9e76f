import TerminalCells

extension DeskModel {
    mutating func pressRoster(_ key: Key) -> [DeskEffect] {
        switch key {
        case .enter: return findOrOpen()
        case .escape: leaveRoster()
        case .up: moveHighlight(-1)
        case .down: moveHighlight(1)
        case .pageUp: moveHighlight(-max(rows - 12, 1))
        case .pageDown: moveHighlight(max(rows - 12, 1))
        case .function(3): return roster.map { [.printRoster($0.session)] } ?? []
        case .function(2): sessionMenu = 0
        case .function(7): if session?.plan.isEmpty == false { seatMap = SeatMapState() }
        case .tab: show(1)
        case .backTab: show(-1)
        case .function(5):
            guard let session = roster?.session, roster?.beginLoad() == true else { return [.loadSessions] }
            return [.loadSessions, .loadRoster(session)]
        default:
            if roster?.filter.press(key) == true { roster?.chosen = nil }
        }
        return []
    }

    private mutating func leaveRoster() {
        if roster?.filter.text.isEmpty == false {
            roster?.filter = TextField()
        } else {
            roster = nil
            closeScreens()
        }
    }

    private mutating func show(_ by: Int) {
        let all = RosterState.Show.allCases
        guard let show = roster?.show, let index = all.firstIndex(of: show) else { return }
        roster?.show = all[(index + by + all.count) % all.count]
    }

    private mutating func moveHighlight(_ by: Int) {
        guard let roster else { return }
        let visible = roster.visible
        guard !visible.isEmpty else { return }
        let from = roster.highlighted(among: visible) ?? (by > 0 ? -1 : visible.count)
        let to = min(max(from + by, 0), visible.count - 1)
        self.roster?.chosen = visible[to].row.booking
    }

    /// Enter on the roster: a ticket first, then a candidate number, then whoever is highlighted. An empty filter with
    /// nobody chosen opens nobody, so that a key that is held down does not walk through the roster.
    private mutating func findOrOpen() -> [DeskEffect] {
        guard let roster else { return [] }
        let typed = roster.filter.trimmed
        let isChosen = roster.chosen != nil
        let numbered = isChosen ? nil : roster.rows.first { isNumber($0, typed) }
        if let row = roster.ticketHolder(typed) ?? numbered {
            // What was scanned is spent: the next scan starts on an empty line also after Esc.
            self.roster?.filter = TextField()
            return open(row)
        }
        let visible = roster.visible
        if let index = roster.highlighted(among: visible) { return open(visible[index].row) }
        if let row = roster.ticketHolder(endOf: typed) { return open(row) }
        if typed.isEmpty {
            say(.info, "Scan a ticket, type a name or a number, or choose with the arrows.")
        } else if !roster.isLoaded {
            say(.info, "The roster is still being read: Enter looks again for \u{201C}\(typed)\u{201D}.")
        } else {
            say(.warning, "Nobody on this roster matches \u{201C}\(typed)\u{201D}. Esc clears the filter.")
            return [.findElsewhere(typed)]
        }
        return []
    }

    private func isNumber(_ row: RosterRow, _ typed: String) -> Bool {
        !typed.isEmpty && row.candidateNumber.uppercased() == typed.uppercased()
    }

    /// Opens a person: straight at the check-in for whoever is expected, at what can be done for the others.
    mutating func open(_ row: RosterRow) -> [DeskEffect] {
        guard let session, !reopen(row) else { return [] }
        let isExpected = row.state == .booked && session.state.takesPeople
        person = PersonPanel(row: row, mode: isExpected ? .checkIn(draft(row, session)) : .menu(chosen: 0))
        roster?.chosen = row.booking
        scan = ""
        if row.state == .booked, !isExpected {
            say(.warning, "This session is \(session.state.rawValue): nobody can be checked in any more.")
        }
        return []
    }

    /// A check-in with every default set.
    func draft(_ row: RosterRow, _ session: DeskSession) -> CheckInDraft {
        let own = row.seat.flatMap { roster?.occupant(of: $0, except: row.booking) == nil ? $0 : nil }
        let seat = own ?? roster?.nextFreeSeat(of: session.seats, for: row.booking) ?? ""
        return CheckInDraft(
            row: row, session: session, now: now.map(corrected), seat: seat,
            approvers: staff.filter { $0.id != actor?.id },
            documentType: documentType)
    }
}
