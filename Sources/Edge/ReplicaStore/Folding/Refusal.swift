import ChangeSets
import HybridTime
import Merging

/// Why a change set cannot be folded by this build or at all: it goes into quarantine, and everything else goes on.
struct FoldRefusal: Error, Equatable {
    let code: String
    let reason: String

    static func malformed(_ reason: String) -> FoldRefusal { FoldRefusal(code: "malformed", reason: reason) }
}

extension Folder {
    /// What stands against folding a change set here; nil for nothing. Checked before anything of it is folded.
    ///
    /// Every rule gives the same answer at every replica, whatever else it holds: else replicas would differ in what they
    /// fold. What only rows can tell (see ``record(_:_:_:of:)``) follows from the change sets that its deps cover.
    func refusal(of set: ChangeSet, in document: FoldingDocument) -> FoldRefusal? {
        if document.kind != set.documentKind {
            return FoldRefusal(code: "document-kind", reason: "it takes the document for one of another kind")
        }
        if set.deps.covers(set.dot) { return .malformed("it claims to follow itself") }
        // Removal by what was not delivered would depend on the order of arrival.
        if let seen = set.seen, !set.follows.covers(seen) { return .malformed("it saw more than it follows") }
        // An honest clock is held below the limit; only a document that stands there already goes on from it.
        if set.stamp.milliseconds > max(Stamp.wallTimeMax, document.stamp.milliseconds + 1) {
            return .malformed("its stamp runs ahead of every clock")
        }
        for change in set.changes {
            if let refusal = refusal(of: change) { return refusal }
        }
        return set.changes.count < 2 ? nil : refusal(ofRecordsIn: set)
    }

    private func refusal(ofRecordsIn set: ChangeSet) -> FoldRefusal? {
        var isRepeated = false
        if set.changes.count < 8 {
            // Nearly every command touches a handful of records: comparing them all takes less than hashing them.
            for (index, change) in set.changes.enumerated() {
                for earlier in set.changes[..<index] where earlier.record == change.record {
                    if earlier.kind != change.kind { return .malformed("a record of two kinds") }
                    isRepeated = true
                }
            }
        } else {
            var kinds: [RecordName: UInt32] = [:]
            for change in set.changes {
                guard let kind = kinds.updateValue(change.kind, forKey: change.record) else { continue }
                if kind != change.kind { return .malformed("a record of two kinds") }
                isRepeated = true
            }
        }
        return isRepeated ? repeated(in: set) : nil
    }

    private func refusal(of change: RecordChange) -> FoldRefusal? {
        let table = table(known: change.kind)
        var last: FieldTag?
        var ascends = true
        for write in change.writes {
            if let table, let position = table.position(of: write.field), !table.admits(write.value, at: position) {
                return .malformed("\(table.kind.name).\(table.kind.fields[position].name): wrong type")
            }
            if (write.field.mergeClass == .set) != (write.kind != .set) {
                return .malformed("a write's kind does not fit field \(write.field.raw)")
            }
            if case .reference(let name) = write.value, name.origin.bits == 0 {
                return .malformed("a reference to a name that no replica gave")
            }
            if let last, last >= write.field { ascends = false }
            last = write.field
        }
        return ascends ? nil : repeated(change.writes)
    }

    private struct Unit: Hashable {
        let field: FieldTag
        let element: Value?
    }

    /// Two writes of one change set to one cell would leave two siblings under one dot.
    private func repeated(_ writes: [Write]) -> FoldRefusal? {
        var units = Set<Unit>()
        for write in writes {
            let element = write.field.mergeClass == .set ? write.value : nil
            guard units.insert(Unit(field: write.field, element: element)).inserted else {
                return .malformed("field \(write.field.raw) twice")
            }
        }
        return nil
    }

    /// The same where one record is named by several changes.
    private func repeated(in set: ChangeSet) -> FoldRefusal? {
        var writes: [RecordName: [Write]] = [:]
        for change in set.changes { writes[change.record, default: []] += change.writes }
        for change in set.changes {
            if let refusal = repeated(writes[change.record] ?? []) { return refusal }
        }
        return nil
    }
}

extension ChangeSet {
    /// Which of the protocol's limits it passes: what goes into the journal must be readable by everyone.
    var limitPassed: String? {
        if actor.string.utf8.count > ChangeSetLimits.actorBytesMax { return "the actor's name" }
        if intent.string.utf8.count > ChangeSetLimits.intentBytesMax { return "the intent's name" }
        if stamp > .greatest { return "the document's stamp" }
        let entries = max(deps.entries.count, seen?.entries.count ?? 0, authority.entries.count)
        if entries > ChangeSetLimits.contextEntriesMax {
            return "replicas that wrote to one document"
        }
        if documentKind > 1 << 20 { return "the document kind's tag" }
        if changes.count > ChangeSetLimits.changeSetRecordsMax { return "records of one change set" }
        if changes.reduce(0, { $0 + $1.writes.count }) > ChangeSetLimits.changeSetWritesMax {
            return "writes of one change set"
        }
        for change in changes {
            if let limit = change.limitPassed { return limit }
        }
        return nil
    }
}

extension RecordChange {
    fileprivate var limitPassed: String? {
        if record.ordinal > ChangeSetLimits.ordinalMax || kind > 1 << 20 { return "a record's ordinal or kind" }
        for write in writes {
            if write.field.raw > FieldTag.rawMax { return "a field's tag" }
            switch write.value {
            case .text(let text) where text.string.utf8.count > ChangeSetLimits.textBytesMax:
                return "the bytes of one text"
            case .bytes(let bytes) where bytes.count > ChangeSetLimits.textBytesMax: return "the bytes of one value"
            case .reference(let name) where name.ordinal > ChangeSetLimits.ordinalMax: return "a reference's ordinal"
            default: break
            }
        }
        return nil
    }
}
