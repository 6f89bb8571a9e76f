import HybridTime
import Merging

/// What one author's change sets are called, and what the names in them stand for, under the forks that are known.
///
/// The bytes of a change set never change: they name what its author knew. Where that author stood decides which branch
/// is meant by a name that has ended since: in its own history its own, else what was said of it.
public struct Renaming {
    private let forks: Forks
    /// The name that the change sets have here.
    public let author: ReplicaID
    /// The name that they were written under, and how many of that come before the first of ``author``.
    private let origin: ReplicaID
    private let after: Sequence32
    private let path: [ReplicaID]
    /// The first 64 bits of the author's chain's head at a sequence as it was written; nil where it is not known here.
    private let head: (Sequence32) -> UInt64?
    /// The change set that is looked at, as it was written.
    private var sequence: Sequence32 = 0

    public init(
        _ forks: Forks, _ author: ReplicaID, writtenAs origin: ReplicaID, after: Sequence32,
        head: @escaping (Sequence32) -> UInt64?
    ) {
        self.forks = forks
        self.author = author
        self.origin = origin
        self.after = after
        path = forks.path(to: author)
        self.head = head
    }

    /// Whether names of this name's history are decided by the history itself.
    public func isOwn(_ name: ReplicaID) -> Bool { name == origin || path.contains(name) }

    // MARK: Names

    /// - Returns: what a dot is called, nil where it is not known which branch is meant; and the ends of the names that
    ///   lead there.
    private func place(of dot: Dot) -> (dot: Dot?, passed: [Dot]) {
        if dot.origin == origin, author != origin, dot.sequence > after {
            return (Dot(author, dot.sequence - after), path.dropLast().compactMap(end))
        }
        var name = dot.origin
        var rest = dot.sequence
        var passed: [Dot] = []
        while let end = forks.end(of: name), rest > end {
            if end > 0 { passed.append(Dot(name, end)) }
            guard let next = next(after: name) else { return (nil, passed) }
            name = next
            rest -= end
        }
        return (Dot(name, rest), passed)
    }

    private func end(of name: ReplicaID) -> Dot? {
        guard let end = forks.end(of: name), end > 0 else { return nil }
        return Dot(name, end)
    }

    private func next(after name: ReplicaID) -> ReplicaID? {
        if let index = path.firstIndex(of: name) { return index + 1 < path.count ? path[index + 1] : nil }
        let said = forks.readings(afterEndOf: name).filter { reading in
            guard reading.first.origin == origin, reading.first.sequence <= sequence,
                forks.place(of: reading.branch).map(forks.places(endOf: name).contains) ?? false
            else { return false }
            guard reading.head != 0, let head = head(reading.first.sequence) else { return true }
            return head == reading.head
        }
        // The last one counts; where two were said of one change set, everyone takes the same.
        return said.min { ($1.first.sequence, $0.branch) < ($0.first.sequence, $1.branch) }?.branch
    }

    public func name(of record: RecordName) -> RecordName {
        guard !record.isHash, record.origin.bits != 0, let dot = place(of: record.dot).dot else { return record }
        return RecordName(dot, record.ordinal)
    }

    /// A context, without what the ends of names tell.
    private func resolved(_ context: Context) -> (reached: Context, passed: Context, unknown: Context) {
        var (reached, passed, unknown) = (Context(), Context(), Context())
        for entry in context.entries {
            let dot = Dot(entry.origin, entry.sequence)
            let place = place(of: dot)
            if let dot = place.dot { reached.include(dot) } else { unknown.include(dot) }
            for end in place.passed { passed.include(end) }
        }
        return (reached, passed, unknown)
    }

    /// All that a context covers, under the names that it has.
    public func context(_ context: Context) -> Context {
        var (reached, passed, _) = resolved(context)
        reached.formUnion(passed)
        return reached
    }

    // MARK: Change sets

    /// A change set as it is called here. One that names what is not known waits for it for ever, or until it is.
    /// - Parameters:
    ///   - document: the name of its document, where that is a hash of names; nil for others.
    ///   - value: what becomes of a value that is made of names.
    public mutating func changeSet(
        _ set: ChangeSet, document: (ChangeSet, Renaming) -> RecordName?,
        value: (Value, UInt32, FieldTag, Renaming) -> Value
    ) -> ChangeSet {
        sequence = set.dot.sequence
        var unknown = Context()
        func renamed(_ name: RecordName) -> RecordName {
            guard !name.isHash, name.origin.bits != 0 else { return name }
            guard let dot = place(of: name.dot).dot else {
                unknown.include(name.dot)
                return name
            }
            return RecordName(dot, name.ordinal)
        }
        let deps = resolved(set.deps)
        unknown.formUnion(deps.unknown)
        let made = set.document.isHash ? document(set, self) : nil
        let named = made ?? renamed(set.document)
        let changes = set.changes.map { change in
            // Records of a document that is named by a hash have the document's name, but for the ordinal.
            let record =
                made != nil && change.record.isHash && change.record.origin == set.document.origin
                ? RecordName(named.origin, 0, change.record.ordinal) : renamed(change.record)
            return RecordChange(
                record, kind: change.kind,
                change.writes.map { write in
                    var content = value(write.value, change.kind, write.field, self)
                    if case .reference(let name) = content { content = .reference(renamed(name)) }
                    return Write(write.field, content, write.kind)
                })
        }
        var required = deps.reached
        required.formUnion(unknown)
        return ChangeSet(
            dot: Dot(author, set.dot.sequence - after), document: named, documentKind: set.documentKind, salt: set.salt,
            group: set.group > after ? set.group - after : 1, actor: set.actor, intent: set.intent, time: set.time,
            stamp: set.stamp, deps: required, seen: set.seen.map { context($0) }, authority: context(set.authority),
            changes: changes, original: set.original, implied: deps.passed)
    }
}
