import ByteCoding
import ChangeSets
import Merging
import SyncProtocol

/// Where the rendering of a scope's snapshot stands: what a child gives back to go on. It is this store's own and tells
/// nothing to anybody else.
///
/// Documents that others refer to come first, so that a replica which is being filled can show every dossier that it has;
/// both parts are in the order of identifiers.
struct SnapshotPlace: Hashable {
    enum Part: UInt8 { case first = 1, rest }

    var part: Part
    /// The last document that was rendered of the part; 0 before the first.
    var after: Int64 = 0
    /// How many documents one chunk holds.
    var limit: Int
    /// How many documents there are in all, counted once for the whole snapshot.
    let total: Int

    /// A slow line is cut at any byte, and what had come of a chunk comes again: in twelve parts, a cut costs a
    /// twenty-fourth of the whole in the mean. Fewer documents compress badly, and more fit no chunk.
    static let chunksMin = 12
    static let limitMin = 32

    init(total: Int, hasFirst: Bool) {
        part = hasFirst ? .first : .rest
        self.total = total
        limit = min(max(total / SnapshotPlace.chunksMin, SnapshotPlace.limitMin), SnapshotCodec.documentsMax)
    }

    /// Nil for what this build did not make: the snapshot then begins anew.
    init?(_ cursor: SnapshotCursor) {
        var reader = ByteReader(cursor.bytes)
        guard let byte = try? reader.byte(), let part = Part(rawValue: byte), let after = try? reader.fixed64(),
            let limit = try? reader.count(limit: SnapshotCodec.documentsMax, "documents in a chunk"), limit > 0,
            let total = try? reader.count(limit: .max, "documents"), reader.remaining == 0
        else { return nil }
        self.part = part
        self.after = Int64(bitPattern: after)
        self.limit = limit
        self.total = total
    }

    var cursor: SnapshotCursor? {
        var out = ByteWriter(reserving: SyncLimits.snapshotCursorBytesMax)
        out.byte(part.rawValue)
        out.fixed64(UInt64(bitPattern: after))
        out.count(limit)
        out.count(total)
        return SnapshotCursor(out.bytes)
    }

    /// Which documents a part holds; nil for all.
    static func condition(_ part: Part, _ schema: Schema) -> String? {
        let first = Tables.comesFirst(schema)
        return part == .first ? first : first.map { "NOT (\($0))" }
    }
}

extension ReplicaStore {
    /// The chunk at a place, and the place of the next one; nil at the end.
    func snapshotChunk(
        of scope: ScopeName, at start: SnapshotPlace, bytesMax: Int
    ) throws(StoreError) -> (bytes: [UInt8], next: SnapshotPlace?) {
        var place = start
        while true {
            let (states, next) = try readingTables { tables, _ in
                let number = ReplicaStore.everything.contains(scope) ? nil : try tables.served(scope) ?? 0
                let reader = try StateReader(tables)
                let page = try reader.documents(
                    after: place.after, limit: place.limit, where: SnapshotPlace.condition(place.part, schema),
                    scope: number)
                guard place.after == 0 else { return page }
                // What is known of forks comes first: it says what is meant by names here and there.
                return (try reader.forks(tables.journal, besides: page.states) + page.states, page.next)
            }
            var rest: SnapshotPlace?
            if let next {
                rest = place
                rest?.after = next
            } else if place.part == .first {
                rest = place
                rest?.part = .rest
                rest?.after = 0
            }
            // An empty part costs no chunk.
            if states.isEmpty, let rest {
                place = rest
                continue
            }
            let bytes = SnapshotCodec().encode(states)
            // So many documents nearly always fit; where they do not, half of them may.
            if states.count > 1, bytes.count > bytesMax || !SnapshotCodec.isWithinLimits(bytes) {
                place.limit = max(1, min(place.limit, states.count) / 2)
                continue
            }
            guard bytes.count <= SyncLimits.chunkBytesMax else { throw .limitExceeded("one document in a snapshot") }
            return (bytes, rest)
        }
    }
}
