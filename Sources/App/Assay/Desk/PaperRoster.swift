import Desk
import Foundation
import TerminalCells

/// A session's roster on paper: what a desk works from when its screen is dark.
struct PaperRoster {
    private let session: DeskSession?
    private let rows: [RosterRow]
    private let now: Int64

    init(_ session: DeskSession?, _ rows: [RosterRow], at now: Int64) {
        self.session = session
        self.rows = rows
        self.now = now
    }

    /// A line a person, with room for the times of coming and going.
    var lines: [String] {
        let title = session.map { "\($0.title), \($0.site), \($0.room), \($0.startText)" } ?? "Roster"
        let widths = [10, 34, 12, 10, 16, 6, 6]
        func line(_ texts: [String]) -> String {
            zip(texts, widths).map { text, width in
                text + String(repeating: " ", count: max(width - displayColumns(text), 1))
            }.joined()
        }
        var lines = [title, "\(rows.count) people, as known at \(LocalTime.text(now))", ""]
        lines.append(line(["number", "name", "born", "seat", "ticket", "in", "out"]))
        for row in rows {
            lines.append(
                line([row.candidateNumber, row.name.full, row.birthDate, row.seat ?? "", row.ticket, "__:__", "__:__"]))
        }
        return lines
    }

    /// - Returns: the path of the file.
    func write(in folder: String) throws -> String {
        let name = (session.map { "\($0.startText)-\($0.room)" } ?? "session").map { character -> Character in
            character.isLetter || character.isNumber ? character : "-"
        }
        let path = "\(folder)/roster-\(LocalTime.day(session?.startMs ?? now))-\(String(name)).txt"
        do {
            try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        } catch {
            throw Failure("disk-io", "The roster could not be written to \(path): look at the folder, then try again.")
        }
        return path
    }
}
