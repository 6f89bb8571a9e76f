import ChangeSets
import HybridTime
import Merging

/// Verdicts: a change set that its author's first hub denied counts as applied, with no writes. Whoever had applied it
/// makes its document again; whoever meets it later covers it and no more.
extension Writer {
    /// Keeps in mind what a folded change set says of others.
    func note(_ set: ChangeSet) {
        guard set.documentKind >= EngineRecords.tagMin else { return }
        noteSalvage(set)
        for change in set.changes where change.kind == EngineRecords.Fork.kind.tag {
            for write in change.writes where write.field == EngineRecords.Fork.facts.tag { noteFork(write.value) }
        }
        guard set.documentKind == EngineRecords.verdict.tag else { return }
        for change in set.changes where change.kind == EngineRecords.Verdict.kind.tag {
            for write in change.writes where write.field == EngineRecords.Verdict.document.tag {
                if case .reference(let document) = write.value { judged.insert(document) }
            }
        }
    }

    /// The same for a state that was joined.
    func note(_ state: DocumentState) {
        guard state.kind >= EngineRecords.tagMin else { return }
        noteSalvage(state)
        for record in state.records.values where record.kind == EngineRecords.Fork.kind.tag {
            for sibling in record.cell(EngineRecords.Fork.facts.tag)?.siblings ?? [] { noteFork(sibling.value) }
        }
        guard state.kind == EngineRecords.verdict.tag else { return }
        for record in state.records.values where record.kind == EngineRecords.Verdict.kind.tag {
            for sibling in record.cell(EngineRecords.Verdict.document.tag)?.siblings ?? [] {
                if case .reference(let document)? = sibling.value { judged.insert(document) }
            }
        }
    }

    /// A state may have been rendered before the verdict was known there: joined, it would bring back what was denied and
    /// remove what had been put back.
    func noteJudged(_ states: [DocumentState]) throws(StoreError) {
        guard try waiting.hasVerdicts() else { return }
        for state in states {
            guard let id = try origins.knownID(state.name), try waiting.hasVerdicts(in: id) else { continue }
            judged.insert(state.name)
        }
    }

    /// Joins what was adopted, makes the documents again that verdicts are about, and lets go what had waited behind a
    /// denied change set. After a flush, when these records are in their tables.
    func honourEngineRecords(entersFeed: Bool, _ outcome: inout ApplyOutcome) throws(StoreError) {
        try joinAdopted()
        try hearForks(entersFeed: entersFeed)
        guard !judged.isEmpty else { return }
        let names = judged.sorted()
        judged = []
        for name in names {
            guard let id = try origins.knownID(name) else { continue }
            if try folder.document(name) != nil { try remake(name, reason: "a verdict") }
            try retryQuarantine(of: id, entersFeed: entersFeed)
        }
        if try waiting.hasParked() {
            for name in names { _ = try folder.document(name) }
            try drain(entersFeed: entersFeed, &outcome)
            try flush()
        }
        // What was let go may have brought verdicts of its own.
        try honourEngineRecords(entersFeed: entersFeed, &outcome)
    }
}

extension ReplicaStore {
    /// Why a denial was refused.
    public enum DenialRefusal: Error, Equatable, Sendable {
        /// Only a hub judges.
        case notAHub
        /// The journal here does not hold the change set.
        case notHeld
        /// It is denied already.
        case alreadyDenied
        /// Verdicts are not themselves judged.
        case isVerdict
    }

    /// Denies a change set: wherever the verdict arrives it counts as applied, with no writes.
    ///
    /// - Parameters:
    ///   - time: the device's wall clock, in milliseconds since 1970.
    ///   - scopes: where the verdict goes, as the judged document does.
    /// - Returns: the verdict's change set, saved.
    public func deny(
        _ subject: Dot, reason: String, actor: String, scopes: [String] = ["org"], time: Int64
    ) throws(StoreError) -> Result<ChangeSet, DenialRefusal> {
        guard isHub else { return .failure(.notAHub) }
        guard let set = try changeSet(subject) else { return .failure(.notHeld) }
        guard set.documentKind < EngineRecords.tagMin else { return .failure(.isVerdict) }
        let name = EngineRecords.Verdict.name(of: subject, .cryptoSHA256)
        let verdict = EngineRecords.Verdict.self
        var writes = scopes.map { Write(EngineRecords.scopes.tag, .text($0), .add) }
        writes.append(Write(verdict.subject.tag, .reference(RecordName(subject, 0))))
        writes.append(Write(verdict.document.tag, .reference(set.document)))
        writes.append(Write(verdict.reason.tag, .text(reason)))
        let draft = Draft(
            .document(name), documentKind: EngineRecords.verdict.tag, actor: Text(actor), intent: "deny",
            changes: [RecordChange(name, kind: verdict.kind.tag, writes)])
        let made: ChangeSet? = try transaction { transaction throws(StoreError) in
            if try transaction.writer.waiting.isVoided(subject) { return nil }
            return try transaction.commit([draft], time: time).first
        }
        return made.map { .success($0) } ?? .failure(.alreadyDenied)
    }

    /// One change set that was denied.
    public struct Denial: Hashable, Sendable {
        public let subject: Dot
        public let document: RecordName
        public let reason: String
    }

    /// Every verdict that is known here, ascending by subject.
    public func denials() throws(StoreError) -> [Denial] {
        let kind = EngineRecords.Verdict.self
        return try readingRecords { records, _ in
            try records.records(kind.kind, where: "1", [], limit: .max).compactMap { record in
                func value(_ field: Field) -> Value? { record.state.cell(field.tag)?.greatest.value }
                guard case .reference(let subject)? = value(kind.subject),
                    case .reference(let document)? = value(kind.document)
                else { return nil }
                var reason = ""
                if case .text(let text)? = value(kind.reason) { reason = text.string }
                return Denial(subject: subject.dot, document: document, reason: reason)
            }
        }.sorted { $0.subject < $1.subject }
    }
}
