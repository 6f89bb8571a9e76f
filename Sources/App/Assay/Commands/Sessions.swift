import ArgumentParser
import CredentialStore
import Credentialing
import Merging
import ReplicaStore

/// `assay session …`
struct Session: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Open a session, let it begin, close it.", subcommands: [Open.self, Run.self, Close.self])

    struct Open: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open the doors.",
            usage: "assay session open <session> --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  assay session open LIS-0306-AM --as dora
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The session: its key, or a part of its title.") var session: String

        func run() throws { try advance(.open, "is open", location, actor, output, session) }
    }

    struct Run: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let the exam begin.",
            usage: "assay session run <session> --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  assay session run LIS-0306-AM --as dora
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The session: its key, or a part of its title.") var session: String

        func run() throws { try advance(.run, "is running", location, actor, output, session) }
    }

    struct Close: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Close a session: every booking must have come to one end.",
            usage: "assay session close <session> --as <as> [<options>]",
            discussion: """
                EXAMPLE
                  assay session close LIS-0306-AM --as dora
                  assay session close LIS-0306-AM --reason "fire alarm" --as dora

                Shows the count. Where bookings are not accounted for, it lists them and closes nothing, unless \
                --reason answers for them.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The session: its key, or a part of its title.") var session: String
        @Option(help: "Why it is closed although bookings are not accounted for.") var reason: String?

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    let (found, count, gaps) = try store.looking { records in
                        let found = try Finder(records).session(session)
                        let count = try Reconciliation(session: found.name, reading: records)
                        let words = Words(records, store.replica.identity)
                        return (found, count, try count.gaps.map { try Gap($0, records, words) })
                    }
                    if !output.json { lines(found, count, gaps).forEach { Console.print($0) } }
                    if output.json, !gaps.isEmpty, reason == nil {
                        Console.json([
                            "error": "session-gaps",
                            "message": .text("\(gaps.count) of \(count.total) bookings are not accounted for."),
                            "count": json(count, gaps),
                        ])
                        throw Failure.refused
                    }
                    try Doing(store: store, actor: actor, output: output).perform(
                        CloseSession(session: found.name, gapReason: reason), "\(found.title) is closed.",
                        [("count", json(count, gaps))])
                }
            }
        }

        private struct Gap {
            let name: String
            let ticket: String
            let state: String

            init(_ booking: RecordName, _ records: StoredRecords, _ words: Words) throws {
                let view = try records.record(booking, Booking.kind)
                let person = try view.flatMap { try records.record($0.document, Person.kind) }
                name = person.map { DisplayName($0).sorted } ?? booking.description
                ticket = view?.text(Booking.ticketCode) ?? booking.description
                state = try view.map { try words.state($0).text } ?? "not here"
            }
        }

        private func lines(_ session: SessionView, _ count: Reconciliation, _ gaps: [Gap]) -> [String] {
            var lines = Layout.heading(session.title)
            for end in BookingEnd.allCases {
                lines.append(
                    "  " + Words.spaced(end.rawValue).padded(to: 20)
                        + "\(count.ends[end]?.count ?? 0)".leftPadded(to: 5))
            }
            lines.append("  " + "not accounted for".padded(to: 20) + "\(gaps.count)".leftPadded(to: 5))
            lines.append("  " + "booked".padded(to: 20) + "\(count.total)".leftPadded(to: 5))
            guard !gaps.isEmpty else { return lines }
            var table = TextTable([
                .init(title: "Not accounted for", least: 20), .init(title: "Ticket"), .init(title: "State"),
            ])
            for gap in gaps { table.append([.init(gap.name), .init(gap.ticket), .init(gap.state, .warning)]) }
            return lines + table.lines(indent: 2)
        }

        private func json(_ count: Reconciliation, _ gaps: [Gap]) -> JSONValue {
            var pairs = BookingEnd.allCases.map { ($0.rawValue, JSONValue(count.ends[$0]?.count ?? 0)) }
            pairs.append(("total", JSONValue(count.total)))
            pairs.append(
                (
                    "gaps",
                    .list(gaps.map { ["name": .text($0.name), "ticket": .text($0.ticket), "state": .text($0.state)] })
                ))
            return .object(pairs)
        }
    }

    private static func advance(
        _ step: AdvanceSession.Step, _ said: String, _ location: StoreOptions, _ actor: ActorOptions,
        _ output: OutputOptions, _ session: String
    ) throws {
        try reporting(output) {
            try location.with { store in
                let found = try store.looking { try Finder($0).session(session) }
                try Doing(store: store, actor: actor, output: output)
                    .perform(AdvanceSession(session: found.name, to: step), "\(found.title) \(said).")
            }
        }
    }
}

/// `assay incident …`
struct IncidentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "incident", abstract: "Report what went wrong.", subcommands: [Report.self])

    struct Report: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Report something that went wrong in a session.",
            usage: "assay incident report --session <session> --type <type> [<options>]",
            discussion: """
                EXAMPLE
                  assay incident report --session LIS-0306-AM --type evacuation \\
                    --severity major --text "Fire alarm, out for 20 minutes" --as dora
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var actor: ActorOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The session: its key, or a part of its title.") var session: String
        @Option(help: "What kind of thing went wrong.") var type: IncidentType
        @Option(help: "How bad it was.") var severity = IncidentSeverity.minor
        @Option(help: "What happened.") var text: String
        @Option(help: "Whom it concerns, by ticket; everybody without it.") var who: String?
        @Option(help: "Somebody who saw it; may be repeated.") var witness: [String] = []

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    let (found, booking) = try store.looking { records in
                        let finder = Finder(records)
                        return (
                            try finder.session(session), try who.map { try finder.booking($0, session: session).name }
                        )
                    }
                    var command = ReportIncident(
                        session: found.name, incidentType: type, severity: severity, narrative: text)
                    command.booking = booking
                    command.witnesses = witness
                    try Doing(store: store, actor: actor, output: output)
                        .perform(
                            command, "The incident is reported: \(type.rawValue), \(severity.rawValue), \(found.title)."
                        )
                }
            }
        }
    }
}

extension String {
    func padded(to columns: Int) -> String { self + String(repeating: " ", count: max(0, columns - count)) }
    func leftPadded(to columns: Int) -> String { String(repeating: " ", count: max(0, columns - count)) + self }
}
