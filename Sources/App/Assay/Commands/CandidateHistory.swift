import ArgumentParser
import ChangeSets
import CredentialStore
import Credentialing
import HybridTime
import Merging
import ReplicaStore

extension Candidate {
    struct History: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Every change to a person's dossier, oldest first.",
            discussion: """
                EXAMPLE
                  assay candidate history 0000A1R

                Read from this store's journal: who, what, by which device's clock, and where. A value that lost \
                to one written elsewhere at the same time, and was merged without asking anybody, is marked. Scores are \
                not shown while somebody still has to key them.
                """)

        @OptionGroup var location: StoreOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "A candidate number, ticket, name or dossier.") var candidate: String

        func run() throws {
            try reporting(output) {
                try location.with { store in
                    let person = try store.looking { try Finder($0).person(candidate) }
                    let history = try store.history(of: person.document)
                    let denials = try store.replica.denials().filter { $0.document == person.document }
                    try store.looking { records in
                        let sheet = HistorySheet(
                            person: person, history: history,
                            denied: Dictionary(uniqueKeysWithValues: denials.map { ($0.subject, $0.reason) }),
                            records: records,
                            words: Words(records, store.replica.identity))
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

/// A dossier's change sets in lines.
struct HistorySheet {
    let person: RecordView
    let history: DocumentHistory
    /// Why some of the change sets were denied.
    let denied: [Dot: String]
    let records: StoredRecords
    let words: Words

    private static let quiet: Set<String> = ["name_key"]

    func lines() throws -> [String] {
        let count = history.changeSets.count
        var lines = Layout.heading("\(DisplayName(person)), \(Words.number(person))")
        lines.append("\(count) change set\(count == 1 ? "" : "s"), oldest first")
        if !history.isComplete {
            lines += Layout.wrapped(
                "What came before is not in this journal: the dossier came as a snapshot. Ask at the hub."
            )
            .map { Console.styled($0, .warning) }
        }
        for set in history.changeSets {
            lines += [""] + Layout.heading("\(LocalTime.text(set.time, seconds: true)) \(set.intent)")
            var origin = "  by \(try words.actor(set.actor.string)) on \(words.replica(set.dot.origin)), \(set.dot)"
            // A device's time is foreign, and may be any number.
            let (apart, isFar) = set.stamp.milliseconds.subtractingReportingOverflow(set.time)
            if isFar || apart.magnitude >= 60_000 {
                origin += ", ordered as of \(LocalTime.text(set.stamp.milliseconds))"
            }
            lines += Layout.wrapped(origin, hanging: 2).map { Console.styled($0, .dim) }
            if let reason = denied[set.dot] {
                lines += Layout.wrapped("  denied, and counts for nothing: \(reason)", hanging: 2)
                    .map { Console.styled($0, .bad) }
            }
            for change in set.changes { lines += try self.lines(change, set) }
        }
        return lines
    }

    private func lines(_ change: RecordChange, _ set: ChangeSet) throws -> [String] {
        guard let kind = CredentialingSchema.schema.record(change.kind) else {
            return ["  a record that a newer build wrote"]
        }
        let isNew = change.record.dot == set.dot
        var lines = ["  \(isNew ? "new " : "")\(Words.noun(kind))" + (isNew ? "" : "  \(change.record)")]
        for write in change.writes {
            guard let position = kind.position(of: write.field) else {
                lines.append("    a field that a newer build wrote")
                continue
            }
            let field = kind.fields[position]
            guard !HistorySheet.quiet.contains(field.name), write.value != .text("") else { continue }
            let mark =
                switch write.kind {
                case .set: ""
                case .add: "+ "
                case .remove: "- "
                }
            let value = try isBlind(change, field) ? "keyed, and not shown" : words.value(write.value, field)
            let lost = history.autoMerged.contains(WriteName(set.dot, change.record, write.field))
            let entry = Layout.entry("    " + Words.spaced(field.name), mark + value, labelColumns: 28)
            lines += lost ? entry.map { Console.styled($0, .warning) } : entry
            if lost {
                lines.append(Console.styled("      lost to a value written elsewhere at the same time", .warning))
            }
        }
        return lines
    }

    private func isBlind(_ change: RecordChange, _ field: Field) throws -> Bool {
        guard change.kind == ScoreEntry.kind.tag, field == ScoreEntry.raw,
            let entry = try records.record(change.record, ScoreEntry.kind),
            let sitting = entry.reference(ScoreEntry.sitting), let part = entry.reference(ScoreEntry.component)
        else { return false }
        if case .agreed = try DoubleEntry.read(sitting: sitting, component: part, reading: records).result.outcome {
            return false
        }
        return true
    }

    func json() throws -> JSONValue {
        let sets = try history.changeSets.map { set -> JSONValue in
            let writes = try set.changes.flatMap { change -> [JSONValue] in
                let kind = CredentialingSchema.schema.record(change.kind)
                return try change.writes.compactMap { write -> JSONValue? in
                    let field = kind.flatMap { kind in kind.position(of: write.field).map { kind.fields[$0] } }
                    if let field, HistorySheet.quiet.contains(field.name) { return nil }
                    let isBlind = try field.map { try self.isBlind(change, $0) } ?? false
                    return [
                        "record": .text(change.record.description), "kind": JSONValue(kind?.name),
                        "field": JSONValue(field?.name), "write": .text("\(write.kind)"),
                        "value": isBlind ? .null : JSONValue(write.value), "hidden": .flag(isBlind),
                        "autoMerged": .flag(
                            history.autoMerged.contains(WriteName(set.dot, change.record, write.field))),
                    ]
                }
            }
            return [
                "changeSet": .text(set.dot.description), "intent": .text(set.intent.string),
                "actor": .text(set.actor.string), "replica": .text(set.dot.origin.description),
                "replicaName": .text(words.replica(set.dot.origin)), "deviceTime": .number(set.time),
                "stamp": .number(set.stamp.milliseconds), "denied": JSONValue(denied[set.dot]),
                "writes": .list(writes),
            ]
        }
        return [
            "person": .text(person.name.description), "complete": .flag(history.isComplete), "changeSets": .list(sets),
        ]
    }
}
