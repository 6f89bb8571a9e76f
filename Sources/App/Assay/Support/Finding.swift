import CredentialStore
import Credentialing
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore

extension CredentialStore {
    /// Reads records of one moment; whatever `body` throws comes out as it is.
    func looking<Result>(_ body: (StoredRecords) throws -> Result) throws -> Result {
        try looking { records, _ in try body(records) }
    }

    func looking<Value>(_ body: (StoredRecords, Database) throws -> Value) throws -> Value {
        let result: Result<Value, any Error> = try reading { records, db in Result { try body(records, db) } }
        return try result.get()
    }
}

/// Finds what people name: a session, a person, a booking, a seat. Each look-up says what it did not find, and where.
struct Finder {
    let records: StoredRecords

    init(_ records: StoredRecords) { self.records = records }

    // MARK: Sessions

    /// A session by its key, its name in the store or its title.
    func session(_ text: String) throws -> SessionView {
        let typed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let name = RecordName(typed), let record = try records.record(name, ExamSession.kind) {
            return try SessionView(record, records)
        }
        let keyed = try records.records(ExamSession.kind, where: ExamSession.externalKey, equals: .text(typed))
        if let record = keyed.first { return try SessionView(record, records) }
        let sought = typed.lowercased()
        let titled = try sessions().filter { $0.title.lowercased().contains(sought) }
        guard let only = titled.first else {
            throw Failure(
                "session-not-found", "There is no session \(typed) here: assay roster lists the sessions of a day.")
        }
        guard titled.count == 1 else {
            throw Failure("session-ambiguous", Finder.listed("\(typed) is the title of several sessions", titled))
        }
        return only
    }

    /// The sessions that start within a range, in the order of time and title.
    func sessions(_ range: Range<Int64>? = nil) throws -> [SessionView] {
        let found =
            if let range {
                try records.list(
                    ExamSession.kind, where: "start_time >= ? AND start_time < ?",
                    [.integer(range.lowerBound), .integer(range.upperBound)])
            } else {
                try records.list(ExamSession.kind)
            }
        return try found.map { try SessionView($0, records) }.sorted { ($0.start, $0.title) < ($1.start, $1.title) }
    }

    private static func listed(_ problem: String, _ sessions: [SessionView]) -> String {
        let names = sessions.prefix(6).map { "\n  \($0.id)  \($0.title), \(LocalTime.text($0.start))" }
        return "\(problem): name one by its key.\(names.joined())"
    }

    // MARK: People

    /// What a typed text was taken for, and who it is.
    struct People {
        let readAs: String
        let people: [RecordView]
        /// Found by letters within the name, where nobody has exactly this name.
        var isPartial = false
    }

    static let peopleMax = 50

    /// People by candidate number, ticket, date of birth, key, dossier or name; exact keys come before names.
    func people(_ text: String) throws -> People {
        let typed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let exact = try byKey(typed) { return exact }
        if typed.contains(where: \.isNumber) {
            let digits = typed.filter { $0 != "-" && $0 != " " }
            if digits.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "*~$=".contains($0)) }),
                (CandidateNumber.digitsMinimum...CandidateNumber.digitsMaximum).contains(digits.count - 1),
                CandidateNumber.number(digits) == nil, try byName(typed).people.isEmpty
            {
                throw Failure(
                    "number-mistyped",
                    "\(typed) is mistyped: its check symbol does not fit. Compare it with the paper, sign by sign.")
            }
        }
        return try byName(typed)
    }

    private func byKey(_ typed: String) throws -> People? {
        if let name = RecordName(typed) {
            if let person = try records.record(name, Person.kind) { return People(readAs: "dossier", people: [person]) }
            for kind in CredentialingSchema.dossier.records {
                guard let record = try records.record(name, kind),
                    let person = try records.record(record.document, Person.kind)
                else { continue }
                return People(readAs: Words.noun(kind), people: [person])
            }
        }
        if (try? Finder.date(typed)) == typed {
            let born = try records.records(Person.kind, where: Person.dateOfBirth, equals: .text(typed))
            return People(readAs: "date of birth", people: born)
        }
        let number = CandidateNumber.number(typed).map(CandidateNumber.text) ?? typed
        for spelling in [typed, number] {
            let found = try records.records(Person.kind, where: Person.candidateNumber, equals: .text(spelling))
            if !found.isEmpty { return People(readAs: "candidate number", people: found) }
        }
        for (field, words) in [(Booking.ticketCode, "ticket"), (Booking.externalKey, "booking's key")] {
            for spelling in [typed, typed.uppercased()] {
                let booked = try records.records(Booking.kind, where: field, equals: .text(spelling))
                let people = try booked.compactMap { try records.record($0.document, Person.kind) }
                if !people.isEmpty { return People(readAs: words, people: people) }
            }
        }
        let known = try records.records(Person.kind, where: Person.externalKey, equals: .text(typed))
        if !known.isEmpty { return People(readAs: "key", people: known) }
        if CandidateNumber.number(typed) != nil, typed.contains(where: \.isNumber) {
            return People(readAs: "candidate number", people: [])
        }
        return nil
    }

    private static func date(_ text: String) throws -> String? {
        text.utf8.count == 10 && text.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil ? text : nil
    }

    /// Through the name's folded key: letter case, marks and the order of the parts do not matter.
    private func byName(_ typed: String) throws -> People {
        let key = NameFolding.key(given: typed, family: nil)
        guard !key.isEmpty else { return People(readAs: "name", people: []) }
        let exact = try records.records(Person.kind, where: Person.nameKey, equals: .text(key))
        if !exact.isEmpty { return People(readAs: "name", people: exact) }
        let unspaced = try byUnspacedName(typed)
        if !unspaced.isEmpty { return People(readAs: "name", people: unspaced) }
        let words = key.split(separator: " ").prefix(8)
        let condition = words.map { _ in "(name_key LIKE ? OR name_key LIKE ?)" }.joined(separator: " AND ")
        let patterns = words.flatMap { word in [Value.text("\(word)%"), .text("% \(word)%")] }
        let part = try records.list(Person.kind, where: condition, patterns, limit: Finder.peopleMax + 1)
        return People(readAs: "name", people: part, isPartial: true)
    }

    /// Names in some scripts are shown without a space, as 김민준 is: every place where the family name may end is tried.
    private func byUnspacedName(_ typed: String) throws -> [RecordView] {
        let letters = Array(typed)
        guard (2...8).contains(letters.count), !typed.contains(" "), typed.utf8.allSatisfy({ $0 >= 0x80 }) else {
            return []
        }
        return try (1..<letters.count).flatMap { end in
            let key = NameFolding.key(given: String(letters[end...]), family: String(letters[..<end]))
            return try records.records(Person.kind, where: Person.nameKey, equals: .text(key))
        }
    }

    /// Exactly one person.
    func person(_ text: String) throws -> RecordView {
        let found = try people(text)
        guard let person = found.people.first else {
            throw Failure(
                "candidate-not-found",
                "Nobody here has the \(found.readAs) \(text): search with assay candidate find, or sync first.")
        }
        guard found.people.count == 1 else {
            let names = found.people.prefix(6).map { "\n  \(Words.number($0))  \(DisplayName($0))" }
            throw Failure(
                "candidate-ambiguous",
                "\(found.people.count) people fit \(text): name one by the number.\(names.joined())")
        }
        return person
    }

    // MARK: Bookings

    /// A booking by its ticket code, its name in the store or its key; or a person's, within a session where the person
    /// has several.
    func booking(_ text: String, session: String?) throws -> RecordView {
        let typed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let name = RecordName(typed), let booking = try records.record(name, Booking.kind) { return booking }
        for field in [Booking.ticketCode, Booking.externalKey] {
            for spelling in [typed, typed.uppercased()] {
                if let booking = try records.records(Booking.kind, where: field, equals: .text(spelling)).first {
                    return booking
                }
            }
        }
        let person = try person(typed)
        let wanted = try session.map { try self.session($0) }
        let all = try records.records(in: person.document, Booking.kind)
            .filter { wanted == nil || $0.reference(Booking.examSession) == wanted?.name }
        let standing = all.filter { !$0.isCancelled && $0[Booking.transferredTo] == .null }
        if let only = standing.first, standing.count == 1 { return only }
        if standing.isEmpty, let only = all.first, all.count == 1 { return only }
        let name = DisplayName(person).description
        guard !standing.isEmpty else {
            throw Failure(
                "booking-not-found",
                "\(name) has no booking\(wanted.map { " in \($0.title)" } ?? ""): assay book makes one.")
        }
        let listed = try standing.map { booking in
            let session = try booking.reference(Booking.examSession).flatMap { try SessionView($0, records) }
            let when = session.map { "\($0.title), \(LocalTime.text($0.start))" } ?? "a session that is not here"
            return "\n  \(booking.text(Booking.ticketCode) ?? "")  \(when)"
        }
        throw Failure(
            "booking-ambiguous",
            "\(name) has \(standing.count) bookings: give the ticket, or --session.\(listed.joined())")
    }

    /// The one sitting under a booking that counts.
    func sitting(of booking: RecordView) throws -> RecordView {
        let all = try records.records(Sitting.kind, where: Sitting.booking, equals: .reference(booking.name))
        let counting = all.filter(\.counts)
        let name =
            try records.record(booking.document, Person.kind).map { DisplayName($0).description } ?? "This person"
        guard let only = counting.first else {
            throw Failure("not-admitted", "\(name) has not been admitted: assay check-in comes first.")
        }
        guard counting.count == 1 else {
            throw Failure(
                "sitting-ambiguous",
                "\(name) was admitted \(counting.count) times: decide which sitting counts first, assay conflicts list."
            )
        }
        return only
    }

    /// A seat by its label, or by its room's and its own, as `A/12`.
    func seat(_ label: String, in session: SessionView) throws -> RecordName {
        guard let site = session.record.reference(ExamSession.site) else {
            throw Failure("seat-unknown", "The session's site is not here: sync, then try again.")
        }
        var found: [(room: String, seat: RecordName)] = []
        for seat in try records.records(in: site, Seat.kind) {
            let room =
                try seat.reference(Seat.room).flatMap { try records.record($0, Room.kind) }?.text(Room.label) ?? ""
            let own = seat.text(Seat.label) ?? ""
            if own == label || "\(room)/\(own)" == label { found.append((room, seat.name)) }
        }
        guard let first = found.first else {
            throw Failure("seat-unknown", "\(session.site) has no seat \(label): look at the plan, write it as A/12.")
        }
        guard found.count == 1 else {
            let names = found.prefix(6).map { "\($0.room)/\(label)" }.joined(separator: ", ")
            throw Failure("seat-ambiguous", "Several rooms have a seat \(label): write \(names).")
        }
        return first.seat
    }
}

/// A session with what people call it by.
struct SessionView {
    let record: RecordView
    let title: String
    let site: String
    let start: Int64
    let end: Int64

    var name: RecordName { record.name }
    /// The key where it has one, else its name in the store.
    var id: String { record.text(ExamSession.externalKey) ?? name.description }
    var state: String { record.text(ExamSession.state) ?? "planned" }

    init?(_ name: RecordName, _ records: StoredRecords) throws {
        guard let record = try records.record(name, ExamSession.kind) else { return nil }
        try self.init(record, records)
    }

    init(_ record: RecordView, _ records: StoredRecords) throws {
        self.record = record
        let component = try record.reference(ExamSession.component).flatMap { try records.record($0, Component.kind) }
        let scheme = try component.flatMap { try records.record($0.document, Scheme.kind) }
        let place = try record.reference(ExamSession.site).flatMap { try records.record($0, Site.kind) }
        site = place?.text(Site.title) ?? place?.text(Site.code) ?? "a site that is not here"
        let exam = [scheme?.text(Scheme.code), component?.text(Component.title)].compactMap { $0 }
        title = (exam.isEmpty ? ["exam"] : exam).joined(separator: " ") + ", " + site
        start = record.integer(ExamSession.startTime) ?? 0
        let minutes = record.integer(ExamSession.durationMinutes) ?? 0
        end = start.addingReportingOverflow(minutes.multipliedReportingOverflow(by: 60_000).partialValue).partialValue
    }
}
