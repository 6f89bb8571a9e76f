import TerminalCells

extension DeskModel {
    private static let helpLines = [
        "A person arrives: scan the ticket. Look, then press Enter to admit.",
        "Without a ticket: type any part of the name, in any script and order,",
        "or the candidate number; the arrows choose, Enter opens.",
        "",
        "In a check-in every step is filled in. Up and Down go to a step,",
        "Left and Right change it. F4 (Ctrl-O) records a no-show.",
        "A scan in the wrong moment changes nothing.",
        "",
        "F1 or ?  this help          F9 (Ctrl-N)  sync now",
        "F5  read the list again     F8 (Ctrl-W)  hand the desk over",
        "F2  the session: doors, begin, stop, incident, close, seal, receipt",
        "F3  the roster as a text file, to print",
        "F6 (Ctrl-Z)  take the last thing back     F7  seat map",
        "Esc  one step back          Ctrl-L  draw the screen anew",
        "Ctrl-R  take over a sync    Ctrl-Q  quit",
        "",
        "saved: only on this device.  hub: the hub has it.  HQ: done.",
        "! an open case  ? a provisional name",
    ]

    func drawHelp(on grid: inout CellGrid) {
        let width = 74
        let height = DeskModel.helpLines.count + 2
        let top = max((grid.rows - 4 - height) / 2, 0)
        let left = (grid.columns - width) / 2
        grid.box(row: top, column: left, rows: height, columns: width, title: "Help")
        for (index, line) in DeskModel.helpLines.enumerated() {
            grid.put(line, row: top + 1 + index, column: left + 2, width: width - 4)
        }
    }
}
