import TerminalCells

extension DeskModel {
    /// The smallest window that the screens fit in, in cells.
    public static let columnsMin = 80
    public static let rowsMin = 24

    /// The screen for the window that the model knows: the same model gives the same grid. Never fails; a window that
    /// is too small shows how large it must be.
    public func view() -> CellGrid {
        var grid = CellGrid(columns: columns, rows: rows)
        guard grid.columns >= DeskModel.columnsMin, grid.rows >= DeskModel.rowsMin else {
            drawTooSmall(on: &grid)
            return grid
        }
        drawTitle(on: &grid)
        let body = Body(top: 2, bottom: grid.rows - 5)
        if isPickingStaff {
            if let signIn { drawSignIn(signIn, on: &grid, body) } else { drawStaff(on: &grid, body) }
        } else if let form {
            drawForm(form, on: &grid, body)
        } else if let person, let roster {
            drawPerson(person, roster, on: &grid, body)
        } else if let seatMap, let roster, let session {
            drawSeatMap(seatMap, session, roster, on: &grid, body)
        } else if let sessionMenu, let roster, let session {
            drawSessionMenu(sessionMenu, session, roster, on: &grid, body)
        } else if let roster {
            drawRoster(roster, on: &grid, body)
        } else {
            drawSessions(on: &grid, body)
        }
        drawFoot(on: &grid)
        if showsHelp {
            drawHelp(on: &grid)
            grid.cursor = nil
        }
        return grid
    }

    /// The rows between the title and the foot; both ends belong to it.
    struct Body {
        let top: Int
        let bottom: Int
    }

    private func drawTooSmall(on grid: inout CellGrid) {
        let needed = "\(DeskModel.columnsMin) x \(DeskModel.rowsMin)"
        let lines = ["Make the window larger:", "\(needed) is needed,", "this is \(columns) x \(rows)."]
        for (index, line) in lines.enumerated() where index < grid.rows - 1 {
            grid.put(line, row: index, column: 0, width: grid.columns, style: index == 0 ? .warning : .normal)
        }
        grid.put(statusText, row: grid.rows - 1, column: 0, width: grid.columns, style: .dim)
    }

    private func drawTitle(on grid: inout CellGrid) {
        let right = session.map { "\($0.title), \($0.room), \($0.startText)" } ?? ""
        let space = grid.columns / 2
        grid.put(
            " Assay desk: \(settings.site)" + (settings.isPractice ? ", PRACTICE" : ""), row: 0, column: 0,
            width: space, style: .heading)
        grid.put(right, row: 0, column: space, width: grid.columns - space - 1, alignment: .trailing)
        grid.rule(row: 1)
    }

    // MARK: Foot

    private func drawFoot(on grid: inout CellGrid) {
        grid.put(" " + hints, row: grid.rows - 3, column: 0, width: grid.columns, style: .hint)
        if let message = message ?? scanMessage {
            drawMessage(message, tail: "", on: &grid)
        } else if let notice = notices.first {
            drawMessage(notice, tail: notices.count > 1 ? " [Esc, 1 of \(notices.count)]" : " [Esc]", on: &grid)
        }
        drawActor(on: &grid)
        drawStatus(on: &grid)
    }

    private var scanMessage: DeskMessage? {
        scan.isEmpty ? nil : DeskMessage(.info, "Scan: \(scan)")
    }

    /// A message of up to two lines. The second one takes the place of the hints and never that of the work.
    private func drawMessage(_ message: DeskMessage, tail: String, on grid: inout CellGrid) {
        let text = (message.kind == .bad ? "! " : "") + message.text + tail
        let style = DeskModel.style(message.kind)
        let lines = wrapped(text, columns: grid.columns - 2)
        grid.put(" " + (lines.first ?? ""), row: grid.rows - 4, column: 0, width: grid.columns, style: style)
        guard lines.count > 1 else { return }
        let rest = lines.dropFirst().joined(separator: " ")
        grid.put(" " + rest, row: grid.rows - 3, column: 0, width: grid.columns, style: style)
    }

    private func drawActor(on grid: inout CellGrid) {
        let who =
            actor.map { "At the desk: \($0.name), \($0.role)" + (isAuthenticated ? "" : " (unauthenticated)") }
            ?? "Nobody is at the desk yet"
        grid.put(" " + who, row: grid.rows - 2, column: 0, width: grid.columns)
        let left = sync.lastSyncMs.map { "last sync \(clock(corrected($0), seconds: false))" } ?? "never synced"
        grid.put(left, row: grid.rows - 2, column: grid.columns - 20, width: 19, style: .dim, alignment: .trailing)
    }

    /// The last row: where the work is, the link, open cases, and the clock at the right.
    private func drawStatus(on grid: inout CellGrid) {
        let right = clockText
        let space = grid.columns - displayColumns(right) - 2
        grid.put(" " + statusText, row: grid.rows - 1, column: 0, width: space, style: statusStyle)
        let isSkewed = abs(clamping: sync.clockSkewMs) > SyncStatus.clockSkewQuietMs
        grid.put(
            right + " ", row: grid.rows - 1, column: space, width: grid.columns - space,
            style: isSkewed ? .warning : .normal, alignment: .trailing)
    }

    private var statusText: String {
        let link =
            switch sync.link {
            case .offline: "offline"
            case .connecting: "connecting"
            case .online(let hub): "online: \(hub)"
            }
        return "saved \(sync.saved) | at hub \(sync.atHub) | at HQ \(sync.atHQ) | cases \(sync.casesOpen) | \(link)"
    }

    private var statusStyle: Style {
        if sync.casesOpen > 0 { return .warning }
        if case .online = sync.link { return .good }
        return .normal
    }

    /// The corrected time, and by how much this device's clock is off.
    private var clockText: String {
        let time = now.map { clock(corrected($0), seconds: true) } ?? "--:--:--"
        let skew = sync.clockSkewMs
        guard abs(clamping: skew) > SyncStatus.clockSkewQuietMs else { return time }
        return "\(time), device \(amount(abs(clamping: skew))) \(skew > 0 ? "fast" : "slow")"
    }

    /// Milliseconds as people say them, such as `2.1 s` or `15 min`.
    private func amount(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1000
        if seconds < 120 { return "\(seconds).\(milliseconds / 100 % 10) s" }
        return seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
    }

    private func abs(clamping value: Int64) -> Int64 { value == .min ? .max : Swift.abs(value) }

    /// Local time of day of a moment in milliseconds since 1970.
    func clock(_ milliseconds: Int64, seconds: Bool) -> String {
        let day: Int64 = 86_400
        let local = (milliseconds / 1000 % day + Int64(settings.utcOffsetSeconds) % day + 2 * day) % day
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let minutes = "\(two(local / 3600)):\(two(local / 60 % 60))"
        return seconds ? "\(minutes):\(two(local % 60))" : minutes
    }

    private static func style(_ kind: DeskMessage.Kind) -> Style {
        switch kind {
        case .info: .normal
        case .good: .good
        case .warning: .warning
        case .bad: .bad
        }
    }

    /// The keys that mean something on this screen.
    private var hints: String {
        if showsHelp { return "Esc closes the help" }
        if isPickingStaff, signIn != nil { return "Type the PIN  Enter confirms  Esc another name" }
        if isPickingStaff { return "Up/Down choose  Enter confirms  ? help  Ctrl-Q quits" }
        if let form { return formHints(form) }
        if let person { return personHints(person) }
        if seatMap != nil { return "Arrows choose  Enter picks up, puts down  o out of service  a assigns  Esc back" }
        if sessionMenu != nil { return "Up/Down choose  Enter does it  Esc back" }
        if roster != nil {
            return "Scan or type  Enter opens  Tab others  F2 session  F6 undo  F7 seats  ? help"
        }
        return "Enter opens  F3 prints the roster  F5 read again  F8 hand over  F9 sync  ? help"
    }

    private func formHints(_ form: DeskForm) -> String {
        if form.saving != nil { return "Saving. Esc leaves without waiting" }
        if form.purpose == .receipt { return "Enter or Esc goes back  F9 syncs" }
        return "Enter confirms  Up/Down field  Left/Right change  Esc back"
    }

    private func personHints(_ person: PersonPanel) -> String {
        if person.saving != nil { return "Saving. Keys wait for the next screen; Esc leaves without waiting" }
        let newer = person.changedBySync.isEmpty ? "" : "Ctrl-R take over the change  "
        switch person.mode {
        case .menu: return newer + "Up/Down choose  Enter does it  Esc back  or scan the next ticket"
        case .checkIn(let draft):
            return newer + "Enter \(draft.decision.rawValue)s  Up/Down step  Left/Right change  F4 no-show  Esc back"
        case .confirmNoShow: return newer + "Enter records the no-show  Esc back to the check-in"
        case .score: return newer + "Type the points  Enter saves  Esc back"
        }
    }

    /// Text broken at blanks into lines of at most `columns`; a word that is longer stands alone.
    func wrapped(_ text: String, columns: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let longer = line.isEmpty ? String(word) : "\(line) \(word)"
            if !line.isEmpty, displayColumns(longer) > columns {
                lines.append(line)
                line = String(word)
            } else {
                line = longer
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// The first place to show so that `index` is in view among `count` in `height` rows.
    func firstShown(index: Int?, count: Int, height: Int) -> Int {
        guard let index, count > height else { return 0 }
        return min(max(index - height / 2, 0), count - height)
    }
}
