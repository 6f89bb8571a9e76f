import ByteCoding
import HybridTime
import Merging

/// How one of two branches of an origin is told again under a name of its own (Protocol, "Forks"): change sets after the
/// last common one take the branch's name and are counted from 1, and with them whatever is named after them.
///
/// It is a function of the branch alone: whoever holds the same change sets gets the same bytes.
public struct Branch: Sendable {
    public let origin: ReplicaID
    /// The last sequence that both branches share; 0 where they share none.
    public let after: Sequence32
    public let name: ReplicaID
    /// For each document that the branch writes to, by the name that it had: the origin's last shared sequence there.
    private var lastShared: [RecordName: Sequence32] = [:]
    /// Names that are hashes of names.
    private var hashes: [ReplicaID: ReplicaID] = [:]

    /// - Parameters:
    ///   - changeSets: the branch's change sets after the shared ones, ascending from `after + 1`, not empty.
    ///   - first: the chain's head after the first of them: its first 64 bits are the branch's name.
    public init(of changeSets: [ChangeSet], first: Digest256) {
        precondition(!changeSets.isEmpty, "a branch has change sets")
        origin = changeSets[0].dot.origin
        after = changeSets[0].dot.sequence - 1
        name = ReplicaID(first.words.0 != 0 ? first.words.0 : first.words.1 | 1)
        for set in changeSets where lastShared[set.document] == nil {
            // Nothing of the branch was in the document before: what deps has of the origin is shared.
            lastShared[set.document] = set.deps[origin]
        }
    }

    /// Notes that a name which is a hash of others becomes this one.
    public mutating func rename(_ old: RecordName, to new: RecordName) {
        if old != new { hashes[old.origin] = new.origin }
    }

    /// The documents that the branch writes to, by the names that they had.
    public func touches(_ document: RecordName) -> Bool { lastShared[document] != nil }

    public func contains(_ dot: Dot) -> Bool { dot.origin == origin && dot.sequence > after }

    public func name(of dot: Dot) -> Dot { contains(dot) ? Dot(name, dot.sequence - after) : dot }

    public func name(of record: RecordName) -> RecordName {
        if record.isHash { return RecordName(hashes[record.origin] ?? record.origin, 0, record.ordinal) }
        return RecordName(name(of: record.dot), record.ordinal)
    }

    public func value(_ value: Value) -> Value {
        if case .reference(let record) = value { .reference(name(of: record)) } else { value }
    }

    /// A context of a document, given by the name that it had.
    public func context(_ context: Context, of document: RecordName) -> Context {
        let reached = context[origin]
        guard reached > after else { return context }
        var result = Context()
        for entry in context.entries where entry.origin != origin { result.include(Dot(entry.origin, entry.sequence)) }
        if let shared = lastShared[document], shared > 0 { result.include(Dot(origin, shared)) }
        result.include(Dot(name, reached - after))
        return result
    }

    /// A change set of the branch under its new name. Stamps, times, actors and salts stay.
    /// - Parameter value: what becomes of a value that the domain made of names; given are the value, the record kind and
    ///   the field.
    public func changeSet(
        _ set: ChangeSet, value: (Value, UInt32, FieldTag) -> Value
    ) -> ChangeSet {
        let changes = set.changes.map { change in
            RecordChange(
                name(of: change.record), kind: change.kind,
                change.writes.map { write in
                    Write(write.field, self.value(value(write.value, change.kind, write.field)), write.kind)
                })
        }
        let group = set.group > after ? set.group - after : 1
        return ChangeSet(
            dot: name(of: set.dot), document: name(of: set.document), documentKind: set.documentKind, salt: set.salt,
            group: group, actor: set.actor, intent: set.intent, time: set.time, stamp: set.stamp,
            deps: context(set.deps, of: set.document), seen: set.seen.map { context($0, of: set.document) },
            authority: set.authority, changes: changes, original: set.dot.sequence == after + 1 ? set.dot : nil)
    }

    /// A document's state that reflects change sets of the branch.
    public func state(_ state: DocumentState, value: (Value, UInt32, FieldTag) -> Value) -> DocumentState {
        var result = DocumentState(
            name: name(of: state.name), kind: state.kind, salt: state.salt,
            context: context(state.context, of: state.name), greatest: state.greatest)
        for (record, cells) in state.records {
            let renamed = cells.cells.compactMap { cell in
                CellState(
                    cell.tag,
                    ordering: cell.siblings.map { sibling in
                        Sibling(
                            name(of: sibling.dot), sibling.stamp,
                            sibling.value.map { self.value(value($0, cells.kind, cell.tag)) })
                    })
            }
            result.records[name(of: record)] = RecordState(kind: cells.kind, cells: renamed)
        }
        return result
    }

    /// Whether a change set of another origin names anything of the branch: it was built on it, and cannot be told again.
    public func isNamed(in set: ChangeSet) -> Bool {
        func named(_ record: RecordName) -> Bool { !record.isHash && contains(record.dot) }
        for context in [set.deps, set.seen ?? .empty, set.authority] where context[origin] > after { return true }
        if named(set.document) { return true }
        return set.changes.contains { change in
            named(change.record)
                || change.writes.contains { if case .reference(let name) = $0.value { named(name) } else { false } }
        }
    }
}
