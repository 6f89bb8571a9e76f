import ArgumentParser
import CredentialStore
import Credentialing
import Foundation
import Merging

/// `assay roster`
struct RosterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "roster",
        abstract: "The people of a session, for the screen and for printing; or the sessions of a day.",
        usage: "assay roster [<options>]",
        discussion: """
            EXAMPLE
              assay roster                            the sessions of today
              assay roster --day 2026-03-06
              assay roster --session "NET-PRO Theory" | lpr

            A session is named by its key or by a part of its title.
            """)

    @OptionGroup var location: StoreOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The session: its key, or a part of its title.") var session: String?
    @Option(help: "The day whose sessions are listed, as 2026-03-06. Default: today.") var day: String?

    func run() throws {
        try reporting(output) {
            try location.with { store in
                try store.looking { records, db in
                    if let session {
                        let session = try Finder(records).session(session)
                        let cases = CaseBook(try records.standingCases(db))
                        try show(RosterSheet(session, records, Words(records, store.replica.identity), cases))
                    } else {
                        try list(Finder(records))
                    }
                }
            }
        }
    }

    private func show(_ sheet: RosterSheet) throws {
        if output.json { Console.json(sheet.json) } else { sheet.lines.forEach { Console.print($0) } }
    }

    private func list(_ finder: Finder) throws {
        let day = day ?? LocalTime.day(wallClock())
        guard let range = LocalTime.range(ofDay: day) else {
            throw Failure("bad-date", "\(day) is no date: write it as 2026-03-06.", exit: Failure.usage)
        }
        let sessions = try finder.sessions(range)
        if output.json {
            Console.json(["day": .text(day), "sessions": .list(sessions.map(\.json))])
            return
        }
        guard !sessions.isEmpty else {
            Console.print("No sessions on \(day).")
            let next = try finder.sessions(range.upperBound..<Int64.max).first
            if let next { Console.print("The next is \(next.title), \(LocalTime.text(next.start)).") }
            return
        }
        var table = TextTable([
            .init(title: "Time"), .init(title: "Session", least: 20), .init(title: "State"),
            .init(title: "People", isRight: true), .init(title: "Key", least: 12),
        ])
        for session in sessions {
            let count = try finder.records.records(
                Booking.kind, where: Booking.examSession, equals: .reference(session.name)
            ).count
            table.append([
                .init(LocalTime.clock(session.start)), .init(session.title), .init(session.state), .init("\(count)"),
                .init(session.id),
            ])
        }
        Console.print(Console.styled("Sessions of \(day)", .heading))
        table.lines().forEach { Console.print($0) }
    }
}

extension SessionView {
    var json: JSONValue {
        [
            "id": .text(name.description), "key": JSONValue(record.text(ExamSession.externalKey)),
            "title": .text(title),
            "site": .text(site), "start": .number(start), "end": .number(end), "state": .text(state),
        ]
    }
}

/// One session's people, in the order of seats and names.
struct RosterSheet {
    struct Row {
        let booking: RecordView
        let name: String
        let number: String
        let seat: String
        let isSeatInQuestion: Bool
        let state: (text: String, role: Console.Role?)
        let cases: [StandingCase]
    }

    let session: SessionView
    let rows: [Row]
    let origin: String

    init(_ session: SessionView, _ records: StoredRecords, _ words: Words, _ cases: CaseBook) throws {
        self.session = session
        origin = words.identity.name
        var byDocument: [RecordName: [StandingCase]] = [:]
        for one in cases.waiting {
            for document in one.violation.documents { byDocument[document, default: []].append(one) }
        }
        let bookings = try records.records(Booking.kind, where: Booking.examSession, equals: .reference(session.name))
        rows = try bookings.map { booking in
            let person = try records.record(booking.document, Person.kind)
            return Row(
                booking: booking, name: person.map { DisplayName($0).sorted } ?? "a person who is not here",
                number: person.map(Words.number) ?? "",
                seat: try booking.reference(Booking.seat).map { try words.reference($0) } ?? "",
                isSeatInQuestion: booking.isProvisional(Booking.seat), state: try words.state(booking),
                cases: byDocument[booking.document] ?? [])
        }.sorted { left, right in
            if left.seat.isEmpty != right.seat.isEmpty { return right.seat.isEmpty }
            let order = left.seat.compare(right.seat, options: .numeric)
            return order == .orderedSame ? left.name < right.name : order == .orderedAscending
        }
    }

    var lines: [String] {
        var lines = Layout.heading(session.title)
        lines += Layout.wrapped(
            "\(LocalTime.text(session.start))-\(LocalTime.clock(session.end))   \(session.state)   key \(session.id)")
        guard !rows.isEmpty else { return lines + ["Nobody is booked."] }
        var table = TextTable([
            .init(title: "Seat"), .init(title: "Name", least: 16), .init(title: "Number"),
            .init(title: "Ticket", least: 10), .init(title: "State"), .init(title: "Case", least: 8),
        ])
        for row in rows {
            table.append([
                .init(row.isSeatInQuestion ? row.seat + "?" : row.seat, row.isSeatInQuestion ? .warning : nil),
                .init(row.name), .init(row.number), .init(row.booking.text(Booking.ticketCode) ?? ""),
                .init(row.state.text, row.state.role),
                .init(row.cases.map(\.name.caseLabel).joined(separator: " "), .warning),
            ])
        }
        lines += [""] + table.lines() + [""]
        var counts: [(String, Int)] = []
        for row in rows {
            if let place = counts.firstIndex(where: { $0.0 == row.state.text }) {
                counts[place].1 += 1
            } else {
                counts.append((row.state.text, 1))
            }
        }
        let total = counts.map { "\($0.1) \($0.0)" }.joined(separator: ", ")
        return lines
            + Layout.wrapped("\(rows.count) booked: \(total). Printed \(LocalTime.text(wallClock())) at \(origin).")
    }

    var json: JSONValue {
        let people = rows.map { row -> JSONValue in
            [
                "booking": .text(row.booking.name.description), "person": .text(row.booking.document.description),
                "name": .text(row.name), "candidateNumber": .text(row.number),
                "ticket": JSONValue(row.booking.text(Booking.ticketCode)), "seat": .text(row.seat),
                "seatInQuestion": .flag(row.isSeatInQuestion), "state": .text(row.state.text),
                "cases": .list(row.cases.map { .text($0.name.caseLabel) }),
            ]
        }
        return ["session": session.json, "people": .list(people)]
    }
}
