import ArgumentParser
import CredentialStore
import Credentialing
import Foundation
import HybridTime
import Merging
import ReplicaStore

/// `assay candidate …`
struct Candidate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find people, see what is kept about them, and what happened to it.",
        subcommands: [Find.self, Show.self, History.self, Register.self])

    struct Find: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Find people by name, candidate number, ticket or date of birth.",
            discussion: """
                EXAMPLE
                  assay candidate find "muller jurgen"       finds Jürgen Müller
                  assay candidate find 0000A1-R
                  assay candidate find 1990-02-28

                Letter case, marks on letters and the order of the names do not matter. A candidate number whose check \
                symbol does not fit is said to be mistyped.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "A name, number, ticket or date of birth.") var text: String

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    try store.looking { records, db in
                        let found = try Finder(records).people(text)
                        let cases = CaseBook(try records.standingCases(db))
                        if output.json {
                            let people = try found.people.map { try PersonSheet.brief($0, records, cases) }
                            Console.json(["readAs": .text(found.readAs), "people": .list(people)])
                        } else if !found.people.isEmpty {
                            try show(found, records, cases)
                        }
                        guard !found.people.isEmpty else {
                            if output.json { throw Failure.refused }
                            throw Failure(
                                "candidate-not-found",
                                "Nobody here has the \(found.readAs) \(text). "
                                    + (found.readAs == "name"
                                        ? "Try fewer letters, or sync first." : "Sync, then look again."))
                        }
                    }
                }
            }
        }

        private func show(_ found: Finder.People, _ records: StoredRecords, _ cases: CaseBook) throws {
            var table = TextTable([
                .init(title: "Number"), .init(title: "Name", least: 20), .init(title: "Born"),
                .init(title: "Next booking", least: 16), .init(title: "Case", least: 8),
            ])
            for person in found.people.prefix(Finder.peopleMax) {
                let isInQuestion = Person.legalName.contains(where: person.isProvisional)
                let sessions = try records.records(in: person.document, Booking.kind)
                    .filter { !$0.isCancelled && $0[Booking.transferredTo] == .null }
                    .compactMap { try $0.reference(Booking.examSession).flatMap { try SessionView($0, records) } }
                    .sorted { $0.start < $1.start }
                let next = sessions.first { $0.end >= wallClock() } ?? sessions.last
                table.append([
                    .init(Words.number(person)),
                    .init(DisplayName(person).description + (isInQuestion ? " ?" : ""), isInQuestion ? .warning : nil),
                    .init(person.text(Person.dateOfBirth) ?? ""),
                    .init(next.map { "\(LocalTime.text($0.start)) \($0.title)" } ?? ""),
                    .init(cases.waiting(about: person.document).map(\.name.caseLabel).joined(separator: " "), .warning),
                ])
            }
            table.lines().forEach { Console.print($0) }
            if found.people.count > Finder.peopleMax {
                Console.warn("assay: only the first \(Finder.peopleMax) are shown: type more of the name.")
            }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Everything that is kept about one person.",
            discussion: """
                EXAMPLE
                  assay candidate show 0000A1R

                A value that was written differently in several places at once is marked with ?, and all of them \
                are listed with who wrote each, when and where. Scores are not shown while somebody still has to key \
                them.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "A candidate number, ticket, name or dossier.") var candidate: String

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    let (person, contested) = try store.looking { records in
                        let person = try Finder(records).person(candidate)
                        return (person, try PersonSheet.contested(person.document, records))
                    }
                    // The journal is read by itself: who wrote what is not in the records.
                    let origins = try Provenance(contested, store)
                    try store.looking { records, db in
                        let sheet = PersonSheet(
                            person: person, records: records, words: Words(records, store.replica.identity),
                            provenance: origins, cases: CaseBook(try records.standingCases(db)))
                        if output.json {
                            Console.json(try sheet.json())
                        } else {
                            try sheet.lines().forEach { Console.print($0) }
                        }
                    }
                }
            }
        }
    }
}

/// The change sets that wrote contested values, as far as the journal holds them.
struct Provenance {
    struct Claim {
        let actor: String
        let time: Int64
        let intent: String
    }

    private var claims: [Dot: Claim] = [:]

    init(_ dots: Set<Dot>, _ store: CredentialStore) throws {
        for dot in dots {
            guard let set = try store.replica.changeSet(dot) else { continue }
            claims[dot] = Claim(actor: set.actor.string, time: set.time, intent: set.intent.string)
        }
    }

    subscript(dot: Dot) -> Claim? { claims[dot] }

    /// For example `by Dora (dora) on Lisbon desk 1, 2026-03-06 09:12:44`.
    func text(_ dot: Dot, _ stamp: Stamp?, _ words: Words) throws -> String {
        let place = words.replica(dot.origin)
        guard let claim = self[dot] else {
            let when = stamp.map { ", about " + LocalTime.text($0.milliseconds) } ?? ""
            return "on \(place)\(when) (whose work it was is not in this journal)"
        }
        return "by \(try words.actor(claim.actor)) on \(place), \(LocalTime.text(claim.time, seconds: true))"
    }

    func json(_ dot: Dot, _ words: Words) -> [(String, JSONValue)] {
        [
            ("changeSet", .text(dot.description)), ("replica", .text(dot.origin.description)),
            ("replicaName", .text(words.replica(dot.origin))), ("actor", JSONValue(self[dot]?.actor)),
            ("deviceTime", JSONValue(self[dot]?.time)),
        ]
    }
}

/// All of one person's records.
struct PersonSheet {
    let person: RecordView
    let records: StoredRecords
    let words: Words
    let provenance: Provenance
    let cases: CaseBook

    /// The change sets that wrote the values which stand beside each other in a dossier.
    static func contested(_ document: RecordName, _ records: StoredRecords) throws -> Set<Dot> {
        var dots = Set<Dot>()
        for kind in CredentialingSchema.dossier.records {
            for record in try records.records(in: document, kind) {
                for field in kind.fields { dots.formUnion(record.siblings(of: field).map(\.dot)) }
            }
        }
        return dots
    }

    static func brief(_ person: RecordView, _ records: StoredRecords, _ cases: CaseBook) throws -> JSONValue {
        let name = DisplayName(person)
        return [
            "id": .text(person.name.description), "candidateNumber": JSONValue(person.text(Person.candidateNumber)),
            "name": .text(name.description), "given": .text(name.given), "family": .text(name.family),
            "dateOfBirth": JSONValue(person.text(Person.dateOfBirth)),
            "nameInQuestion": .flag(Person.legalName.contains(where: person.isProvisional)),
            "cases": .list(cases.waiting(about: person.document).map { .text($0.name.caseLabel) }),
        ]
    }

    /// The fields that say nothing to people: keys of look-ups, and what the heading says already.
    private static let quiet: Set<String> = ["name_key", "scopes"]

    func lines() throws -> [String] {
        var lines = Layout.heading("\(DisplayName(person)), \(Words.number(person))")
        for one in cases.waiting(about: person.document) {
            lines += Layout.entry("case \(one.name.caseLabel)", one.violation.text, labelColumns: 15)
                .map { Console.styled($0, .warning) }
        }
        for kind in CredentialingSchema.dossier.records {
            for record in try records.records(in: person.document, kind) {
                lines += ["", Console.styled("\(Words.noun(kind))  \(record.name)", .dim)]
                lines += try fields(of: record)
            }
        }
        return lines
    }

    private func fields(of record: RecordView) throws -> [String] {
        var lines: [String] = []
        for field in record.kind.fields where !PersonSheet.quiet.contains(field.name) {
            let label = "  " + Words.spaced(field.name)
            if field.policy == .addWins {
                let elements = record.elements(field)
                if !elements.isEmpty {
                    lines += Layout.entry(label, elements.joined(separator: ", "), labelColumns: 26)
                }
                continue
            }
            let siblings = record.siblings(of: field)
            guard !record.isBlank(field) || !siblings.isEmpty else { continue }
            let shown = try isBlind(record, field) ? "keyed, and not shown" : words.value(record[field], field)
            lines += Layout.entry(label, shown + (siblings.isEmpty ? "" : "  ?"), labelColumns: 26)
            for sibling in siblings {
                let value = try words.value(sibling.value ?? .null, field)
                let text = "\(value), \(try provenance.text(sibling.dot, sibling.stamp, words))"
                lines += Layout.wrapped("    ? " + text, hanging: 6).map { Console.styled($0, .warning) }
            }
        }
        return lines
    }

    /// A score that others still have to key must not be seen by them.
    private func isBlind(_ record: RecordView, _ field: Field) throws -> Bool {
        guard record.kind.tag == ScoreEntry.kind.tag, field == ScoreEntry.raw else { return false }
        guard let sitting = record.reference(ScoreEntry.sitting), let part = record.reference(ScoreEntry.component)
        else { return true }
        if case .agreed = try DoubleEntry.read(sitting: sitting, component: part, reading: records).result.outcome {
            return false
        }
        return true
    }

    func json() throws -> JSONValue {
        var list: [JSONValue] = []
        for kind in CredentialingSchema.dossier.records {
            for record in try records.records(in: person.document, kind) {
                var fields: [(String, JSONValue)] = []
                var questions: [(String, JSONValue)] = []
                for field in kind.fields where field.name != "name_key" {
                    if field.policy == .addWins {
                        fields.append((field.name, .list(record.elements(field).map { .text($0) })))
                    } else if record[field] != .null, try !isBlind(record, field) {
                        fields.append((field.name, JSONValue(record[field])))
                    }
                    let siblings = record.siblings(of: field).map { sibling in
                        JSONValue.object(
                            [("value", JSONValue(sibling.value ?? .null))] + provenance.json(sibling.dot, words))
                    }
                    if !siblings.isEmpty { questions.append((field.name, .list(siblings))) }
                }
                list.append([
                    "id": .text(record.name.description), "kind": .text(kind.name), "fields": .object(fields),
                    "inQuestion": .object(questions),
                ])
            }
        }
        return ["person": try PersonSheet.brief(person, records, cases), "records": .list(list)]
    }
}

extension RecordView {
    /// Whether there is nothing to show.
    func isBlank(_ field: Field) -> Bool { self[field] == .null || text(field)?.isEmpty == true }
}

extension JSONValue {
    init(_ value: Merging.Value) {
        self =
            switch value {
            case .null: .null
            case .integer(let number): .number(number)
            case .text(let text): .text(text.string)
            case .bytes(let bytes): .text(bytes.inHexadecimal)
            case .reference(let name): .text(name.description)
            }
    }
}
