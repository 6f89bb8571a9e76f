import TerminalCells

/// The staff picker, the sessions of the day and the roster.
extension DeskModel {
    func drawStaff(on grid: inout CellGrid, _ body: Body) {
        grid.put(" Who is at the desk?", row: body.top, column: 0, width: grid.columns, style: .heading)
        grid.put(
            staff.contains { $0.signIn != .open }
                ? " Every act bears the name. Enter asks for the PIN."
                : " The name goes with the work. Nothing proves it; the foot of the screen says so.",
            row: body.top + 1, column: 0, width: grid.columns, style: .dim)
        let first = body.top + 3
        guard !staff.isEmpty else {
            let text = staffIsLoaded ? "This replica knows no staff of this site. Enter asks again." : "Loading ..."
            grid.put(" \(text)", row: first, column: 0, width: grid.columns, style: .warning)
            return
        }
        let height = body.bottom - first + 1
        let from = firstShown(index: staffIndex, count: staff.count, height: height)
        for (offset, member) in staff.dropFirst(from).prefix(height).enumerated() {
            let isChosen = from + offset == staffIndex
            let style: Style = isChosen ? .selected : .normal
            let row = first + offset
            grid.put(isChosen ? " > " : "   ", row: row, column: 0, width: 3, style: style)
            grid.put(member.name, row: row, column: 3, width: 40, style: style)
            grid.put(" " + member.role, row: row, column: 43, width: grid.columns - 43, style: style)
        }
    }

    func drawSessions(on grid: inout CellGrid, _ body: Body) {
        grid.put(" Sessions of the day", row: body.top, column: 0, width: grid.columns, style: .heading)
        guard !sessions.isEmpty else {
            let text = sessionsAreLoaded ? "No sessions today on this replica. F5 asks again." : "Loading ..."
            grid.put(" \(text)", row: body.top + 2, column: 0, width: grid.columns, style: .warning)
            return
        }
        let columns = SessionColumns(grid.columns)
        drawColumns(columns.widths, SessionColumns.titles, .dim, on: &grid, row: body.top + 1)
        drawStartOfDay(on: &grid, body)
        let height = body.bottom - body.top - 1 - DeskModel.startOfDayRows
        let from = firstShown(index: sessionIndex, count: sessions.count, height: height)
        for (offset, session) in sessions.dropFirst(from).prefix(height).enumerated() {
            let isChosen = from + offset == sessionIndex
            let texts = SessionColumns.texts(session, isChosen: isChosen)
            let style: Style = isChosen ? .selected : .normal
            drawColumns(columns.widths, texts, style, on: &grid, row: body.top + 2 + offset)
        }
    }

    private static let startOfDayRows = 4

    /// What to look at before the first person comes: how fresh the data are, the clock, and what waits.
    private func drawStartOfDay(on grid: inout CellGrid, _ body: Body) {
        let fresh = sync.lastSyncMs.map { "Last sync at \(clock(corrected($0), seconds: false))." }
        let skew = sync.clockSkewMs
        let isSkewed = skew.magnitude > SyncStatus.clockSkewQuietMs.magnitude
        let time =
            if sync.lastSyncMs == nil { "Compare this device's clock with another one." } else if isSkewed {
                "This device's clock is \(skew > 0 ? "fast" : "slow"): times are corrected."
            } else { "This device's clock agrees with the hub's." }
        let booked = sessions.reduce(0) { $0 + $1.counts.booked }
        let cases = sync.casesOpen == 0 ? "no case is open" : "open cases: \(sync.casesOpen)"
        let lines = [
            (fresh ?? "Never synced: what is here may be old. F9 syncs.", fresh == nil),
            (time, isSkewed),
            ("Sessions \(sessions.count), people booked \(booked); \(cases). F3 prints the chosen roster.", false),
        ]
        let first = body.bottom - DeskModel.startOfDayRows + 1
        grid.rule(row: first, title: "Start of day")
        for (offset, line) in lines.enumerated() {
            grid.put(
                " " + line.0, row: first + 1 + offset, column: 0, width: grid.columns,
                style: line.1 ? .warning : .normal)
        }
    }

    func drawRoster(_ roster: RosterState, on grid: inout CellGrid, _ body: Body) {
        grid.put(" " + boardLine(roster), row: body.top, column: 0, width: grid.columns)
        let columns = RosterColumns(grid.columns)
        let visible = roster.visible
        drawFilter(roster, shown: visible.count, on: &grid, row: body.top + 1)
        let first = body.top + 3
        drawColumns(columns.widths, RosterColumns.titles, .dim, on: &grid, row: body.top + 2)
        guard !visible.isEmpty else {
            drawNobody(roster, on: &grid, row: first)
            return
        }
        let height = body.bottom - first + 1
        let highlighted = roster.highlighted(among: visible)
        let from = firstShown(index: highlighted, count: visible.count, height: height)
        for (offset, entry) in visible.dropFirst(from).prefix(height).enumerated() {
            let isChosen = from + offset == highlighted
            let texts = columns.texts(entry.row, isChosen: isChosen)
            let style: Style = isChosen ? .selected : RosterColumns.style(entry.row)
            drawColumns(columns.widths, texts, style, on: &grid, row: first + offset)
        }
    }

    private func drawNobody(_ roster: RosterState, on grid: inout CellGrid, row: Int) {
        let text =
            if !roster.isLoaded {
                roster.isLoading ? "Loading ..." : "The roster could not be read. F5 asks again."
            } else if roster.rows.isEmpty {
                "Nobody is booked for this session."
            } else if roster.filter.trimmed.isEmpty {
                "Nobody to show here. Tab shows others."
            } else {
                "Nobody matches. Esc clears the filter."
            }
        grid.put(" \(text)", row: row, column: 0, width: grid.columns, style: .warning)
    }

    private func drawFilter(_ roster: RosterState, shown: Int, on grid: inout CellGrid, row: Int) {
        grid.put(" Find: ", row: row, column: 0, width: 7)
        let width = grid.columns - 7 - 32
        drawField(roster.filter, on: &grid, row: row, column: 7, width: width)
        let whom = SearchFold.words(roster.filter.text).isEmpty ? roster.show.rawValue : "everyone"
        grid.put(
            "\(shown) of \(roster.rows.count) (\(whom)) ", row: row, column: 7 + width, width: 32, style: .dim,
            alignment: .trailing)
    }

    /// A field that is being typed, scrolled so that the cursor shows, with the cursor in it.
    func drawField(_ field: TextField, on grid: inout CellGrid, row: Int, column: Int, width: Int) {
        var hidden = 0
        var head = field.head
        while displayColumns(head) >= width, !head.isEmpty {
            head.removeFirst()
            hidden += 1
        }
        let shown = String(field.text.dropFirst(hidden))
        grid.put(shown, row: row, column: column, width: width, style: field.isSuggestion ? .selected : .input)
        grid.cursor = CellPosition(row: row, column: min(column + displayColumns(head), grid.columns - 1))
    }

    private func drawColumns(
        _ widths: [Int], _ texts: [String], _ style: Style, on grid: inout CellGrid, row: Int
    ) {
        var column = 0
        for (text, width) in zip(texts, widths) {
            // A blank column parts the texts also where one is cut.
            grid.put(text, row: row, column: column, width: width - 1, style: style)
            grid.put("", row: row, column: column + width - 1, width: 1, style: style)
            column += width
        }
    }
}
