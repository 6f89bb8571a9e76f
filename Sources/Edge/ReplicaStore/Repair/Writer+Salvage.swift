import ByteCoding
import ChangeSets
import HybridTime
import Merging

/// Salvage: a state that reaches further than every journal that was asked is adopted by an administrator. It travels as a
/// record of the engine's, so it is chained, receipted and kept like any work, and everyone who meets it joins it.
extension Writer {
    func noteSalvage(_ set: ChangeSet) {
        for change in set.changes where change.kind == EngineRecords.Salvage.kind.tag {
            for write in change.writes where write.field == EngineRecords.Salvage.state.tag {
                if case .bytes(let bytes) = write.value { noteSalvage(bytes) }
            }
        }
    }

    func noteSalvage(_ state: DocumentState) {
        for record in state.records.values where record.kind == EngineRecords.Salvage.kind.tag {
            for sibling in record.cell(EngineRecords.Salvage.state.tag)?.siblings ?? [] {
                if case .bytes(let bytes)? = sibling.value { noteSalvage(bytes) }
            }
        }
    }

    /// What is no state, or one of the engine's own records, is kept as it came and joined nowhere.
    private func noteSalvage(_ bytes: [UInt8]) {
        adopted += Writer.states(salvaged: bytes)
    }

    static func states(salvaged bytes: [UInt8]) -> [DocumentState] {
        guard let states = try? SnapshotCodec().decode(bytes[...]) else { return [] }
        return states.filter { $0.kind < EngineRecords.tagMin }
    }

    func joinAdopted() throws(StoreError) {
        guard !adopted.isEmpty else { return }
        let states = adopted
        adopted = []
        for state in states {
            if let place = try folder.document(state.name), folder.loadedDocuments[place].kind != state.kind {
                continue
            }
            try join([state], entersFeed: isHub, feedTells: true)
            if let id = try origins.knownID(state.name) { try forgetOrphan(id) }
        }
    }

    /// The states of a document that were adopted.
    func salvaged(_ document: LocalID) throws(StoreError) -> [DocumentState] {
        let select = try lookup("SELECT state FROM salvage WHERE salvaged_document = ?")
        select.bind(1, document.raw)
        defer { select.reset() }
        let name = try origins.name(document)
        var states: [DocumentState] = []
        while try select.step() { states += Writer.states(salvaged: select.bytes(0)).filter { $0.name == name } }
        return states
    }

    /// Whether the journal here tells all of a document by now: it then is offered like all that is held.
    func isTold(_ name: RecordName) throws(StoreError) -> Bool {
        guard let place = try folder.document(name) else { return true }
        let document = folder.loadedDocuments[place]
        return try replayed(name, document)?.context.covers(document.context) ?? false
    }

    func forgetOrphan(_ document: LocalID) throws(StoreError) {
        let delete = try lookup("DELETE FROM orphan WHERE document = ?")
        delete.bind(1, document.raw)
        try delete.run()
    }
}

extension ReplicaStore {
    /// Why a salvage was refused.
    public enum SalvageRefusal: Error, Equatable, Sendable {
        /// Every dot of the document is in a journal, as far as this replica knows: there is nothing to adopt.
        case notAnOrphan
        /// The state is greater than one value can be.
        case tooLarge
    }

    /// Documents whose state here reached further than the hub's and reaches further than the journal, ascending. A device
    /// that has moved may have such: they go when the hub has heard of them from others, and sends them down.
    public func orphans() throws(StoreError) -> [RecordName] {
        try writing { writer throws(StoreError) in
            let select = try writer.lookup("SELECT document FROM orphan")
            var ids: [LocalID] = []
            while try select.step() { ids.append(LocalID(raw: select.integer(0))) }
            select.reset()
            var names: [RecordName] = []
            for id in ids {
                let name = try writer.origins.name(id)
                if try writer.isTold(name) { try writer.forgetOrphan(id) } else { names.append(name) }
            }
            return names.sorted()
        }
    }

    /// Adopts the state of an orphan, so that the hub and everyone else get it.
    /// - Parameters:
    ///   - scopes: where it goes, as the document does.
    ///   - time: the device's wall clock, in milliseconds since 1970.
    /// - Returns: the change set that carries it, saved.
    public func salvage(
        _ document: RecordName, reason: String, actor: String, scopes: [String] = ["org"], time: Int64
    ) throws(StoreError) -> Result<ChangeSet, SalvageRefusal> {
        guard try orphans().contains(document) else { return .failure(.notAnOrphan) }
        let made = try transaction { transaction throws(StoreError) -> ChangeSet? in
            let writer = transaction.writer
            guard let state = try StateReader(writer).document(document) else { return nil }
            let bytes = SnapshotCodec().encode([state])
            guard bytes.count <= ChangeSetLimits.textBytesMax else { return nil }
            let salvage = EngineRecords.Salvage.self
            var writes = scopes.map { Write(EngineRecords.scopes.tag, .text($0), .add) }
            writes.append(Write(salvage.document.tag, .reference(document)))
            writes.append(Write(salvage.state.tag, .bytes(bytes)))
            writes.append(Write(salvage.reason.tag, .text(reason)))
            let draft = Draft(
                .new, documentKind: EngineRecords.salvage.tag, actor: Text(actor), intent: "salvage",
                changes: [RecordChange(.pending(ordinal: 0), kind: salvage.kind.tag, writes)])
            return try transaction.commit([draft], time: time).first
        }
        return made.map { .success($0) } ?? .failure(.tooLarge)
    }
}
