import HybridTime
import Merging

/// A change set that a command wants and no replica has named yet. The store gives it its dot, stamp and deps at commit.
///
/// A command that touches several documents makes several drafts, committed in one transaction as one group. Records that
/// they make are named by ``RecordName/pending(draft:ordinal:)`` until then, also where references point to them.
public struct Draft: Hashable, Sendable {
    public enum Target: Hashable, Sendable {
        /// A document that is there, or one named by a hash, which the first write to it makes.
        case document(RecordName)
        /// A document that this draft makes; it is named after the change set's dot with ordinal 0.
        case new
    }

    public let target: Target
    /// The document kind's tag.
    public let documentKind: UInt32
    public let actor: Text
    /// The command's name, such as `check-in`.
    public let intent: Text
    /// The context of the document when the person read it, if that may be older than now.
    public let seen: Context?
    public var changes: [RecordChange]

    public init(
        _ target: Target, documentKind: UInt32, actor: Text, intent: Text, seen: Context? = nil, changes: [RecordChange]
    ) {
        self.target = target
        self.documentKind = documentKind
        self.actor = actor
        self.intent = intent
        self.seen = seen
        self.changes = changes
    }

    /// The change set that this draft becomes. A form may have been read when the document reached further than now (it
    /// was evicted and granted again): what the document does not cover any more does not count as seen.
    /// - Parameters:
    ///   - dots: the dots of all drafts of the group, in order; `number` is this draft's place among them.
    ///   - deps: the document's context at commit.
    public func changeSet(
        _ number: Int, dots: [Dot], salt: Salt?, time: Int64, stamp: Stamp, deps: Context
    ) -> ChangeSet {
        func resolved(_ name: RecordName) -> RecordName {
            guard name.isPending, Int(name.sequence) < dots.count else { return name }
            return RecordName(dots[Int(name.sequence)], name.ordinal)
        }
        let dot = dots[number]
        let document: RecordName =
            switch target {
            case .document(let name): resolved(name)
            case .new: RecordName(dot, 0)
            }
        let changes = changes.map { change in
            let writes = change.writes.map { write in
                if case .reference(let name) = write.value, name.isPending {
                    return Write(write.field, .reference(resolved(name)), write.kind)
                }
                return write
            }
            return RecordChange(resolved(change.record), kind: change.kind, writes)
        }
        return ChangeSet(
            dot: dot, document: document, documentKind: documentKind, salt: salt, group: dots[0].sequence, actor: actor,
            intent: intent, time: time, stamp: stamp, deps: deps, seen: seen?.intersection(deps), changes: changes)
    }
}

extension RecordName {
    /// A record that the draft with this number in its group will make. Ordinal 0 is the document itself.
    public static func pending(draft: Int = 0, ordinal: UInt16) -> RecordName {
        RecordName(ReplicaID(0), Sequence32(draft), ordinal)
    }

    public var isPending: Bool { origin.bits == 0 }
}
