import TerminalCells

/// What may be done with the whole session.
enum SessionAction: Hashable, Sendable {
    case openDoors, begin([String]), finish([String]), interrupt, resume(DeskInterruption), report, walkIn
    case seatMap, close, seal, receipt

    static func all(_ session: DeskSession, _ rows: [RosterRow]) -> [SessionAction] {
        var actions: [SessionAction] = []
        let waiting = rows.filter { $0.state == .checkedIn }.map(\.booking)
        let sitting = rows.filter { $0.state == .started }.map(\.booking)
        if session.state == .planned { actions.append(.openDoors) }
        if session.state == .planned || session.state == .open || session.state == .running && !waiting.isEmpty {
            actions.append(.begin(waiting))
        }
        if session.state.takesPeople {
            actions += session.interruptions.filter { $0.endedMs == nil }.map(SessionAction.resume)
            actions.append(.interrupt)
            if !sitting.isEmpty { actions.append(.finish(sitting)) }
        }
        actions.append(.report)
        if session.state.takesPeople, session.takesWalkIns { actions.append(.walkIn) }
        if !session.plan.isEmpty { actions.append(.seatMap) }
        if session.state.takesPeople { actions.append(.close) }
        if session.state == .closed { actions.append(.seal) }
        return actions + [.receipt]
    }

    func words(_ session: DeskSession) -> String {
        switch self {
        case .openDoors: "Open the doors"
        case .begin(let who) where session.state == .running: "Start \(who.count) who came since the beginning"
        case .begin(let who): "Begin the exam, with \(who.count) in the room"
        case .finish(let who): "Finish the \(who.count) who are still sitting"
        case .interrupt: "The work stops: alarm, power, noise ..."
        case .resume(let stop): "The work goes on (stopped: \(stop.cause))"
        case .report: "Report an incident"
        case .walkIn: "Register somebody who came without a booking"
        case .seatMap: "Seat map (F7)"
        case .close: "Close the session"
        case .seal: "Seal the session"
        case .receipt: "What has reached headquarters"
        }
    }
}

extension DeskModel {
    mutating func pressSessionMenu(_ key: Key, _ chosen: Int) -> [DeskEffect] {
        guard let session, let roster else {
            sessionMenu = nil
            return []
        }
        let actions = SessionAction.all(session, roster.rows)
        switch key {
        case .up: sessionMenu = max(chosen - 1, 0)
        case .down: sessionMenu = min(chosen + 1, actions.count - 1)
        case .escape, .function(2): sessionMenu = nil
        case .enter where actions.indices.contains(chosen):
            sessionMenu = nil
            open(actions[chosen], session, roster)
        default: break
        }
        return []
    }

    private mutating func open(_ action: SessionAction, _ session: DeskSession, _ roster: RosterState) {
        let title = action.words(session)
        switch action {
        case .openDoors: form = DeskForm(.openDoors, title, ["Enter opens the doors: people may be checked in."])
        case .begin(let who):
            form = DeskForm(
                .begin(who), title,
                [
                    "Enter starts the clock of everybody who is checked in.",
                    "Whoever comes later is started by themselves.",
                ])
        case .finish(let who): form = DeskForm(.finish(who), title, ["Enter ends the sitting of all of them."])
        case .interrupt: form = interruptForm(nil)
        case .resume(let stop):
            let lost = now.map { DeskModel.begunMinutes(from: stop.beganMs, to: corrected($0)) } ?? 0
            form = DeskForm(
                .resume(stop), "The work goes on",
                [
                    "Stopped at \(clock(stop.beganMs, seconds: false)): \(stop.cause), \(lost) minutes ago.",
                    "The minutes are given back to \(stop.isForAll ? "everybody" : "whom it concerned").",
                ],
                [.text("Minutes given back", "\(lost)")])
        case .report: form = reportForm(nil)
        case .walkIn:
            form = DeskForm(
                .walkIn, "Somebody without a booking",
                ["Look for the name first: two dossiers of one person are hard to put right."],
                [.text("Given name"), .text("Family name"), .text("Date of birth")])
        case .seatMap: seatMap = SeatMapState()
        case .close: form = closeForm(session, roster)
        case .seal:
            let finished = roster.rows.count { $0.state == .finished }
            form = DeskForm(
                .seal(finished: finished), "Seal the session",
                ["\(finished) sittings are finished. Sealed, later work makes a case for headquarters."],
                [.text("Scripts counted"), .text("Why they differ")])
        case .receipt: form = receiptForm(session, roster)
        }
    }

    func reportForm(_ row: RosterRow?) -> DeskForm {
        DeskForm(
            .report(row?.booking), row.map { "An incident about \($0.name.full)" } ?? "An incident in the room",
            ["What happened, when, who saw it, what was done."],
            [
                .choice(
                    "Kind", ["technical", "medical", "misconduct", "identity", "materials", "evacuation", "other"]),
                .choice("How bad", ["minor", "major", "critical"]), .text("What happened"),
            ])
    }

    func interruptForm(_ row: RosterRow?) -> DeskForm {
        DeskForm(
            .interrupt(row?.booking), row.map { "The work stops for \($0.name.full)" } ?? "The work stops",
            ["The time runs from now until the work goes on, and is given back."],
            [.choice("Cause", ["alarm", "power", "technical", "noise", "medical", "other"])])
    }

    private func closeForm(_ session: DeskSession, _ roster: RosterState) -> DeskForm {
        func count(_ states: RosterRow.State...) -> Int { roster.rows.count { states.contains($0.state) } }
        let missing = roster.rows.filter { $0.state == .booked || $0.state == .checkedIn || $0.state == .started }
        var lines = [
            "\(count(.finished)) finished, \(count(.noShow)) no-shows, \(count(.turnedAway)) turned away, "
                + "\(missing.count) not accounted for, of \(roster.rows.count).",
            "Present \(count(.checkedIn, .started, .finished)), sittings finished \(count(.finished)).",
        ]
        for row in missing.prefix(6) { lines.append("  \(row.name.full), \(row.ticket): \(row.state.rawValue)") }
        if missing.count > 6 { lines.append("  and \(missing.count - 6) more") }
        guard !missing.isEmpty else { return DeskForm(.close(missing: 0), "Close the session", lines) }
        lines.append("Enter without a reason goes to them.")
        return DeskForm(.close(missing: missing.count), "Close the session", lines, [.text("Reason for the gaps")])
    }

    private func receiptForm(_ session: DeskSession, _ roster: RosterState) -> DeskForm {
        func count(_ level: SafetyLevel) -> Int { roster.rows.count { $0.level == level } }
        let isDone = sync.saved == 0 && sync.atHub == 0 && count(.atHQ) == roster.rows.count
        return DeskForm(
            .receipt, "What has reached headquarters",
            [
                "\(session.title): \(session.state.rawValue)",
                "People whose last change is at HQ \(count(.atHQ)), at the hub \(count(.atHub)), only here \(count(.saved)).",
                "All work of this device: at HQ \(sync.atHQ), at the hub \(sync.atHub), only here \(sync.saved).",
                isDone
                    ? "Everything has arrived. This device may be put away."
                    : "Not everything has arrived: keep this device on, F9 syncs now.",
            ])
    }

    static func begunMinutes(from began: Int64, to ended: Int64) -> Int {
        let (length, isFar) = ended.subtractingReportingOverflow(began)
        return isFar || length <= 0 ? 0 : Int(clamping: length / 60_000 + (length % 60_000 == 0 ? 0 : 1))
    }

    // MARK: View

    func drawSessionMenu(
        _ chosen: Int, _ session: DeskSession, _ roster: RosterState, on grid: inout CellGrid, _ body: Body
    ) {
        let actions = SessionAction.all(session, roster.rows)
        grid.put(" \(session.title)", row: body.top, column: 0, width: grid.columns, style: .heading)
        grid.put(" " + boardLine(roster), row: body.top + 1, column: 0, width: grid.columns)
        for (index, action) in actions.enumerated() where body.top + 3 + index <= body.bottom {
            let isChosen = index == chosen
            grid.put(
                (isChosen ? " > " : "   ") + action.words(session), row: body.top + 3 + index, column: 0,
                width: grid.columns, style: isChosen ? .selected : .normal)
        }
    }

    /// The counts of the session as they are now.
    func boardLine(_ roster: RosterState) -> String {
        let counts = DeskSession.Counts(roster.rows)
        let out = roster.rows.count { $0.outSinceMs != nil }
        var line =
            "\(session?.state.rawValue ?? ""): \(counts.booked) booked, \(counts.present) present, "
            + "\(counts.finished) finished, \(counts.absent) absent"
        if out > 0 { line += ", \(out) out" }
        if let stop = session?.interruptions.first(where: { $0.endedMs == nil }) {
            let lost = now.map { DeskModel.begunMinutes(from: stop.beganMs, to: corrected($0)) } ?? 0
            line += "  STOPPED \(lost) min: \(stop.cause)"
        } else if let ends = roster.rows.compactMap(\.endsMs).max() {
            line += ", last ends \(clock(ends, seconds: false))"
        }
        return line
    }

    func drawForm(_ form: DeskForm, on grid: inout CellGrid, _ body: Body) {
        grid.put(" \(form.title)", row: body.top, column: 0, width: grid.columns, style: .heading)
        var row = body.top + 1
        for line in form.lines.flatMap({ wrapped($0, columns: grid.columns - 2) })
        where row < body.bottom - form.fields.count {
            grid.put(" \(line)", row: row, column: 0, width: grid.columns, style: .dim)
            row += 1
        }
        row += 1
        let width = 24
        for (index, field) in form.fields.enumerated() where row <= body.bottom {
            let isFocused = index == form.focus
            grid.put(
                (isFocused ? " > " : "   ") + field.label, row: row, column: 0, width: width,
                style: isFocused ? .heading : .normal)
            switch field.content {
            case .choice(let options, let chosen):
                drawOptions(options, chosen, isFocused, on: &grid, row: row)
            case .text(let text) where isFocused:
                drawField(text, on: &grid, row: row, column: width, width: grid.columns - width - 1)
            case .text(let text): grid.put(text.text, row: row, column: width, width: grid.columns - width - 1)
            }
            row += 1
        }
        if form.saving != nil { grid.cursor = nil }
    }
}
