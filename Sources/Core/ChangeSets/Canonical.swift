import ByteCoding
import HybridTime
import Merging

/// The canonical bytes of a change set (Protocol, "Canonical form"): self-contained, independent of any batch's
/// dictionaries, and the same at every replica. The hash chain is taken over them, and a journal's tail stores them.
public enum CanonicalForm {
    static let version: UInt8 = 1

    public static func write(_ set: ChangeSet, to out: inout ByteWriter) {
        out.byte(version)
        out.fixed64(set.dot.origin.bits)
        out.varint(UInt64(set.dot.sequence))
        name(set.document, relativeTo: set.dot, &out)
        out.varint(UInt64(set.documentKind))
        var flags: UInt8 = 0
        if set.salt != nil { flags |= 1 }
        if set.seen != nil { flags |= 2 }
        if !set.authority.isEmpty { flags |= 4 }
        if set.group != set.dot.sequence { flags |= 8 }
        if set.original != nil { flags |= 16 }
        out.byte(flags)
        if let salt = set.salt {
            out.fixed64(salt.high)
            out.fixed64(salt.low)
        }
        if set.group != set.dot.sequence { out.varint(UInt64(set.dot.sequence - set.group)) }
        out.text(set.actor.string)
        out.text(set.intent.string)
        out.signed(set.time)
        out.varint(UInt64(bitPattern: set.stamp.milliseconds))
        context(set.deps, &out)
        if let seen = set.seen { context(seen, &out) }
        if !set.authority.isEmpty { context(set.authority, &out) }
        if let original = set.original {
            out.fixed64(original.origin.bits)
            out.varint(UInt64(original.sequence))
        }
        out.count(set.changes.count)
        for change in set.changes {
            name(change.record, relativeTo: set.dot, &out)
            out.varint(UInt64(change.kind))
            out.count(change.writes.count)
            for write in change.writes {
                out.varint(UInt64(write.field.raw))
                value(write.value, kind: write.kind, relativeTo: set.dot, &out)
            }
        }
    }

    public static func read(_ bytes: ArraySlice<UInt8>) throws(DecodingFailure) -> ChangeSet {
        var reader = ByteReader(bytes)
        guard bytes.count <= ChangeSetLimits.changeSetCanonicalBytesMax else {
            throw reader.failure(.limitExceeded, "a change set of \(bytes.count) bytes")
        }
        guard try reader.byte() == version else { throw reader.failure(.unknownVersion, "canonical form") }
        let origin = try origin(&reader)
        let dot = Dot(origin, try sequence(&reader))
        let document = try name(relativeTo: dot, &reader)
        let documentKind = UInt32(try reader.count(limit: ChangeSetLimits.kindMax, "document kind"))
        let flags = try reader.byte()
        guard flags < 32 else { throw reader.failure(.invalidValue, "unknown flags") }
        var salt: Salt?
        if flags & 1 != 0 {
            let high = try reader.fixed64()
            salt = Salt(high, try reader.fixed64())
        }
        var group = dot.sequence
        if flags & 8 != 0 {
            let back = try reader.varint()
            guard back >= 1, back < UInt64(dot.sequence) else { throw reader.failure(.invalidValue, "group") }
            group = dot.sequence - Sequence32(back)
        }
        let actor = Text(try reader.text(limit: ChangeSetLimits.actorBytesMax, "actor"))
        let intent = Text(try reader.text(limit: ChangeSetLimits.intentBytesMax, "intent"))
        let time = try reader.signed()
        let stamp = try reader.varint()
        guard stamp <= UInt64(Stamp.greatest.milliseconds) else { throw reader.failure(.invalidValue, "stamp") }
        let deps = try context(&reader)
        let seen = flags & 2 != 0 ? try context(&reader) : nil
        let authority = flags & 4 != 0 ? try context(&reader) : .empty
        guard flags & 2 == 0 || seen != deps, flags & 4 == 0 || !authority.isEmpty else {
            throw reader.failure(.invalidValue, "a context that goes without saying")
        }
        var original: Dot?
        if flags & 16 != 0 {
            let origin = try self.origin(&reader)
            original = Dot(origin, try sequence(&reader))
        }
        var changes: [RecordChange] = []
        var writesLeft = ChangeSetLimits.changeSetWritesMax
        let records = try reader.count(limit: ChangeSetLimits.changeSetRecordsMax, "records")
        for _ in 0..<records {
            let record = try name(relativeTo: dot, &reader)
            let kind = UInt32(try reader.count(limit: ChangeSetLimits.kindMax, "record kind"))
            var writes: [Write] = []
            let count = try reader.count(limit: writesLeft, "writes")
            writesLeft -= count
            for _ in 0..<count {
                let tag = FieldTag(raw: UInt32(try reader.count(limit: Int(FieldTag.rawMax), "field tag")))
                let (kind, content) = try value(relativeTo: dot, &reader)
                guard kind.suits(tag.mergeClass) else { throw reader.failure(.invalidValue, "a write's kind") }
                writes.append(Write(tag, content, kind))
            }
            changes.append(RecordChange(record, kind: kind, writes))
        }
        try reader.finish("a change set")
        let set = ChangeSet(
            dot: dot, document: document, documentKind: documentKind, salt: salt, group: group, actor: actor,
            intent: intent, time: time, stamp: Stamp(Int64(stamp)), deps: deps, seen: seen, authority: authority,
            changes: changes, original: original)
        if let flaw = set.flaw { throw reader.failure(.invalidValue, flaw) }
        return set
    }

    private static func origin(_ reader: inout ByteReader) throws(DecodingFailure) -> ReplicaID {
        let bits = try reader.fixed64()
        guard bits != 0 else { throw reader.failure(.invalidValue, "an origin of zero") }
        return ReplicaID(bits)
    }

    private static func sequence(_ reader: inout ByteReader) throws(DecodingFailure) -> Sequence32 {
        let value = try reader.varint()
        guard value >= 1, value <= UInt64(Sequence32.max) else { throw reader.failure(.invalidValue, "sequence") }
        return Sequence32(value)
    }

    /// A name of the change set's own dot is a single 0 and the ordinal.
    private static func name(_ name: RecordName, relativeTo dot: Dot, _ out: inout ByteWriter) {
        if name.origin == dot.origin, name.sequence == dot.sequence {
            out.byte(0)
        } else {
            out.byte(1)
            out.fixed64(name.origin.bits)
            out.varint(UInt64(name.sequence))
        }
        out.varint(UInt64(name.ordinal))
    }

    private static func name(relativeTo dot: Dot, _ reader: inout ByteReader) throws(DecodingFailure) -> RecordName {
        var (origin, sequence) = (dot.origin, dot.sequence)
        switch try reader.byte() {
        case 0: break
        case 1:
            origin = try self.origin(&reader)
            let raw = try reader.varint()
            guard raw <= UInt64(Sequence32.max), Dot(origin, Sequence32(raw)) != dot else {
                throw reader.failure(.invalidValue, "a name's sequence")
            }
            sequence = Sequence32(raw)
        default: throw reader.failure(.invalidValue, "a name's form")
        }
        let ordinal = try reader.count(limit: Int(ChangeSetLimits.ordinalMax), "ordinal")
        return RecordName(origin, sequence, UInt16(ordinal))
    }

    static func context(_ context: Context, _ out: inout ByteWriter) {
        out.count(context.entries.count)
        for entry in context.entries {
            out.fixed64(entry.origin.bits)
            out.varint(UInt64(entry.sequence))
        }
    }

    static func context(_ reader: inout ByteReader) throws(DecodingFailure) -> Context {
        let count = try reader.count(limit: ChangeSetLimits.contextEntriesMax, "context entries")
        var entries: [Context.Entry] = []
        for _ in 0..<count {
            let origin = try origin(&reader)
            entries.append(Context.Entry(origin, try sequence(&reader)))
        }
        guard let context = Context(entries: entries) else { throw reader.failure(.invalidValue, "context order") }
        return context
    }

    /// One byte holds the write's kind (two bits) and the value's type, then the value.
    private static func value(
        _ value: Value, kind: WriteKind, relativeTo dot: Dot, _ out: inout ByteWriter
    ) {
        let head = kind.rawValue << 3
        switch value {
        case .null: out.byte(head)
        case .integer(let number):
            out.byte(head | 1)
            out.signed(number)
        case .text(let text):
            out.byte(head | 2)
            out.text(text.string)
        case .bytes(let bytes):
            out.byte(head | 3)
            out.block(bytes)
        case .reference(let reference):
            out.byte(head | 4)
            name(reference, relativeTo: dot, &out)
        }
    }

    private static func value(
        relativeTo dot: Dot, _ reader: inout ByteReader
    ) throws(DecodingFailure) -> (WriteKind, Value) {
        let head = try reader.byte()
        guard let kind = WriteKind(rawValue: head >> 3) else { throw reader.failure(.invalidValue, "write kind") }
        switch head & 7 {
        case 0: return (kind, .null)
        case 1: return (kind, .integer(try reader.signed()))
        case 2: return (kind, .text(Text(try reader.text(limit: ChangeSetLimits.textBytesMax, "text"))))
        case 3: return (kind, .bytes(Array(try reader.block(limit: ChangeSetLimits.textBytesMax, "bytes"))))
        case 4: return (kind, .reference(try name(relativeTo: dot, &reader)))
        default: throw reader.failure(.invalidValue, "value type")
        }
    }
}
