import ByteCoding
import HybridTime

extension SyncFrame {
    /// Reads a frame's type byte and body, without the length before them. It is total: whatever the bytes are, it
    /// returns a frame or throws a typed failure, and takes no memory beyond what the named limits allow.
    public init(decoding bytes: ArraySlice<UInt8>) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        let code = try reader.byte()
        guard let type = FrameType(rawValue: code) else {
            throw reader.failure(.invalidValue, "frame type \(code)")
        }
        self = try reader.body(of: type)
        try reader.finish("a frame of type \(code)")
    }
}

extension ByteReader {
    fileprivate mutating func body(of type: FrameType) throws(DecodingFailure) -> SyncFrame {
        switch type {
        case .hello: .hello(try hello())
        case .welcome: .welcome(try welcome())
        case .offer: .offer(try offer())
        case .want: .want(try wanted())
        case .segment: .segment(try segment())
        case .receipt: .receipt(try receipt())
        case .pull:
            .pull(
                scope: try scope(), cursor: try cursor(),
                creditBytes: try count(limit: SyncLimits.windowBytesMax, "credit"))
        case .feed: .feed(scope: try scope(), position: try varint(), payload: try segment())
        case .feedEnd: .feedEnd(scope: try scope(), position: try varint())
        case .snapshotBegin: .snapshotBegin(scope: try scope(), position: try varint(), documents: try varint())
        case .snapshotChunk: .snapshotChunk(scope: try scope(), index: try varint(), chunk: try chunk())
        case .snapshotEnd: .snapshotEnd(scope: try scope())
        case .credit: .credit(bytes: try count(limit: SyncLimits.windowBytesMax, "credit"))
        case .ping: .ping(try varint())
        case .pong: .pong(try varint())
        case .error: .error(try error())
        case .bye: .bye
        case .compare: .compare(scope: try scope(), ranges: try rangeDigests())
        case .differences: .differences(scope: try scope(), position: try varint(), parts: try parts())
        case .fetch: try fetch()
        case .states:
            .states(
                scope: try scope(), answered: try count(limit: SyncLimits.fetchDocumentsMax, "documents"),
                bytes: try rest(limit: SyncLimits.chunkBytesMax, "states"))
        case .grant:
            .grant(
                scope: try scope(), position: try varint(), bytes: try rest(limit: SyncLimits.chunkBytesMax, "grant"))
        case .revoke:
            .revoke(
                scope: try scope(), position: try varint(), bytes: try rest(limit: SyncLimits.chunkBytesMax, "revoke"))
        case .probe: .probe(try probe())
        case .hashes: .hashes(try chainHashes())
        }
    }

    private mutating func wanted() throws(DecodingFailure) -> [WantedOrigin] {
        var budget = SyncLimits.rangesPerFrameMax
        var wanted: [WantedOrigin] = []
        for _ in 0..<(try count(limit: SyncLimits.originsPerFrameMax, "origins")) {
            let origin = try replica()
            let ranges = try ranges(budget: &budget)
            guard !ranges.isEmpty else { throw failure(.invalidValue, "an origin without ranges") }
            wanted.append(WantedOrigin(origin: origin, ranges: ranges, known: try point()))
        }
        return wanted
    }

    private mutating func probe() throws(DecodingFailure) -> ChainProbe {
        let origin = try replica()
        let count = try count(limit: SyncLimits.probesMax, "probes")
        guard count > 0 else { throw failure(.invalidValue, "a probe of nothing") }
        var sequences: [Sequence32] = []
        for _ in 0..<count {
            let sequence = try sequence(least: 1)
            if let last = sequences.last, sequence <= last { throw failure(.invalidValue, "probes ascend") }
            sequences.append(sequence)
        }
        return ChainProbe(origin: origin, sequences: sequences)
    }

    private mutating func chainHashes() throws(DecodingFailure) -> ChainHashes {
        let origin = try replica()
        let end = try sequence(least: 0)
        var hashes: [ChainHash?] = []
        for _ in 0..<(try count(limit: SyncLimits.probesMax, "hashes")) {
            hashes.append(try present() ? try hash() : nil)
        }
        return ChainHashes(origin: origin, end: end, hashes: hashes)
    }

    private mutating func hello() throws(DecodingFailure) -> Hello {
        let versions = try versions()
        let organisation = try organisation()
        let replica = try replica()
        let role = try text(limit: SyncLimits.nameBytesMax, "role")
        let device = try text(limit: SyncLimits.nameBytesMax, "device name")
        let clock = try signed()
        let publicKey = Array(try block(limit: SyncLimits.publicKeyBytesMax, "public key"))
        let head = try point()
        let flags = try byte()
        guard flags < 4 else { throw failure(.invalidValue, "hello flags \(flags)") }
        let receiptedAtHub = try sequence(least: 0)
        let receiptedAtHQ = try sequence(least: 0)
        let lineage = try present() ? try lineage() : nil
        let hubHead = try lineage == nil ? nil : point()
        let subscriptions = try subscriptions(cursors: lineage != nil)
        return Hello(
            versions: versions, organisation: organisation, replica: replica, role: role, device: device,
            clock: clock, publicKey: publicKey, head: head, lineage: lineage, hubHead: hubHead,
            subscriptions: subscriptions,
            receiptedAtHub: receiptedAtHub, receiptedAtHQ: receiptedAtHQ, wantsLive: flags & 1 != 0,
            isHub: flags & 2 != 0)
    }

    private mutating func versions() throws(DecodingFailure) -> [UInt64] {
        var versions: [UInt64] = []
        for _ in 0..<(try count(limit: SyncLimits.versionsMax, "versions")) {
            let version = try varint()
            if let last = versions.last, version <= last { throw failure(.invalidValue, "versions ascend") }
            versions.append(version)
        }
        guard !versions.isEmpty else { throw failure(.invalidValue, "a hello without a version") }
        return versions
    }

    private mutating func subscriptions(cursors: Bool) throws(DecodingFailure) -> [Subscription] {
        var subscriptions: [Subscription] = []
        var seen: Set<ScopeName> = []
        for _ in 0..<(try count(limit: SyncLimits.scopesMax, "scopes")) {
            let scope = try scope()
            guard seen.insert(scope).inserted else { throw failure(.invalidValue, "a scope named twice") }
            let cursor = try cursor()
            guard cursors || cursor == .none else { throw failure(.invalidValue, "a cursor without a lineage") }
            let digest = try present() ? try digest() : nil
            subscriptions.append(Subscription(scope: scope, cursor: cursor, digest: digest))
        }
        return subscriptions
    }

    private mutating func welcome() throws(DecodingFailure) -> Welcome {
        let version = try varint()
        let organisation = try organisation()
        let lineage = try lineage()
        let hubName = try text(limit: SyncLimits.nameBytesMax, "hub name")
        let clock = try signed()
        let credit = try count(limit: SyncLimits.windowBytesMax, "credit")
        guard credit >= SyncLimits.windowBytesMin else { throw failure(.invalidValue, "a window of \(credit)") }
        var budget = SyncLimits.rangesPerWelcomeMax
        let held = try ranges(budget: &budget)
        budget = SyncLimits.rangesPerWelcomeMax
        let heldAtHQ = try ranges(budget: &budget)
        let shared = try point()
        let mark = try varint()
        var scopes: [ScopeStanding] = []
        for _ in 0..<(try count(limit: SyncLimits.scopesMax, "scopes")) { scopes.append(try standing()) }
        let headquarters = try present() ? try self.lineage() : nil
        return Welcome(
            version: version, organisation: organisation, lineage: lineage, hubName: hubName, clock: clock,
            creditBytes: credit, held: held, heldAtHQ: heldAtHQ, shared: shared, receiptMark: mark, scopes: scopes,
            headquarters: headquarters)
    }

    private mutating func standing() throws(DecodingFailure) -> ScopeStanding {
        switch try byte() {
        case 0: .unknown
        case 1: .known(end: try varint(), usable: false)
        case 2: .known(end: try varint(), usable: true)
        case 3: .differs(end: try varint())
        case let other: throw failure(.invalidValue, "scope standing \(other)")
        }
    }

    private mutating func offer() throws(DecodingFailure) -> [OfferedOrigin] {
        var budget = SyncLimits.rangesPerFrameMax
        var origins: [OfferedOrigin] = []
        for _ in 0..<(try count(limit: SyncLimits.originsPerFrameMax, "origins")) {
            let origin = try replica()
            let ranges = try ranges(budget: &budget)
            guard !ranges.isEmpty else { throw failure(.invalidValue, "an origin without ranges") }
            let hash = try present() ? try hash() : nil
            origins.append(OfferedOrigin(origin: origin, ranges: ranges, hash: hash))
        }
        return origins
    }

    private mutating func entries() throws(DecodingFailure) -> [OriginRanges] {
        var budget = SyncLimits.rangesPerFrameMax
        var entries: [OriginRanges] = []
        for _ in 0..<(try count(limit: SyncLimits.originsPerFrameMax, "origins")) {
            let origin = try replica()
            let ranges = try ranges(budget: &budget)
            guard !ranges.isEmpty else { throw failure(.invalidValue, "an origin without ranges") }
            entries.append(OriginRanges(origin: origin, ranges: ranges))
        }
        return entries
    }

    private mutating func receipt() throws(DecodingFailure) -> Receipt {
        let code = try byte()
        guard let level = ReceiptLevel(rawValue: code) else { throw failure(.invalidValue, "receipt level \(code)") }
        let entries = try entries()
        var notes: [ReceiptNote] = []
        for _ in 0..<(try count(limit: SyncLimits.notesPerReceiptMax, "notes")) { notes.append(try note()) }
        return Receipt(level: level, entries: entries, notes: notes)
    }

    private mutating func note() throws(DecodingFailure) -> ReceiptNote {
        let value = try byte()
        guard let kind = ReceiptNote.Kind(rawValue: value) else { throw failure(.invalidValue, "note kind \(value)") }
        return ReceiptNote(
            kind: kind, origin: try replica(), range: try run(), code: try code(),
            reason: try text(limit: SyncLimits.messageBytesMax, "reason"))
    }

    private mutating func error() throws(DecodingFailure) -> SyncError {
        let code = try code()
        let ends = try present()
        let subject = try text(limit: SyncLimits.subjectBytesMax, "subject")
        return SyncError(
            code, endsSession: ends, subject: subject, try text(limit: SyncLimits.messageBytesMax, "message"))
    }

    private mutating func segment() throws(DecodingFailure) -> SegmentPayload {
        let origin = try replica()
        let range = try run()
        guard remaining > 0 else { throw failure(.truncated, "a segment without bytes") }
        let bytes = try rest(limit: SyncLimits.segmentBytesMax, "segment bytes")
        return SegmentPayload(origin: origin, first: range.lowerBound, last: range.upperBound, bytes: bytes)
    }

    private mutating func chunk() throws(DecodingFailure) -> SnapshotChunk {
        var next: SnapshotCursor?
        if try present() { next = try snapshotCursor() }
        return SnapshotChunk(bytes: try rest(limit: SyncLimits.chunkBytesMax, "chunk bytes"), next: next)
    }
}

extension ByteReader {
    private mutating func rangeDigests() throws(DecodingFailure) -> [RangeDigest] {
        var ranges: [RangeDigest] = []
        for _ in 0..<(try count(limit: SyncLimits.compareRangesMax, "ranges")) { ranges.append(try rangeDigest()) }
        return ranges
    }

    private mutating func rangeDigest() throws(DecodingFailure) -> RangeDigest {
        RangeDigest(try keyRange(), try digest())
    }

    private mutating func keyRange() throws(DecodingFailure) -> KeyRange {
        let low = try present() ? try documentKey() : nil
        let high = try present() ? try documentKey() : nil
        guard let range = KeyRange(low, high) else {
            throw failure(.invalidValue, "a range that ends before it starts")
        }
        return range
    }

    private mutating func documentKey() throws(DecodingFailure) -> DocumentKey {
        guard let key = DocumentKey(try raw(SyncLimits.documentKeyBytes)) else {
            throw failure(.truncated, "a document's key")
        }
        return key
    }

    private mutating func fetch() throws(DecodingFailure) -> SyncFrame {
        let scope = try scope()
        let credit = try count(limit: SyncLimits.windowBytesMax, "credit")
        return .fetch(scope: scope, documents: try documentKeys(), creditBytes: credit)
    }

    private mutating func documentKeys() throws(DecodingFailure) -> [DocumentKey] {
        var keys: [DocumentKey] = []
        for _ in 0..<(try count(limit: SyncLimits.fetchDocumentsMax, "documents")) {
            let key = try documentKey()
            if let last = keys.last, key <= last { throw failure(.invalidValue, "documents ascend") }
            keys.append(key)
        }
        return keys
    }

    private mutating func digest() throws(DecodingFailure) -> Digest256 {
        guard let digest = Digest256(Array(try raw(SyncLimits.hashBytes))) else {
            throw failure(.truncated, "a digest")
        }
        return digest
    }

    private mutating func parts() throws(DecodingFailure) -> [ComparedPart] {
        var parts: [ComparedPart] = []
        var budget = SyncLimits.compareDocumentsMax
        for _ in 0..<(try count(limit: SyncLimits.comparePartsMax, "parts")) {
            switch try byte() {
            case 0: parts.append(.narrower(try rangeDigest()))
            case 1: parts.append(try documents(budget: &budget))
            case let other: throw failure(.invalidValue, "part kind \(other)")
            }
        }
        return parts
    }

    private mutating func documents(budget: inout Int) throws(DecodingFailure) -> ComparedPart {
        let range = try keyRange()
        let count = try count(limit: min(budget, SyncLimits.compareLeafDocumentsMax), "documents")
        budget -= count
        var documents: [DocumentDigest] = []
        for _ in 0..<count {
            let key = try documentKey()
            let isAfterLow = range.low.map { key >= $0 } ?? true
            let isBeforeHigh = range.high.map { key < $0 } ?? true
            guard isAfterLow, isBeforeHigh, documents.last.map({ $0.key < key }) ?? true else {
                throw failure(.invalidValue, "documents ascend within their range")
            }
            documents.append(DocumentDigest(key, try digest()))
        }
        return .documents(range, documents)
    }
}

extension ByteReader {
    private mutating func rest(limit: Int, _ what: String) throws(DecodingFailure) -> [UInt8] {
        guard remaining <= limit else { throw failure(.limitExceeded, "\(what): \(remaining), limit \(limit)") }
        return Array(try raw(remaining))
    }

    private mutating func present() throws(DecodingFailure) -> Bool {
        let flag = try byte()
        guard flag < 2 else { throw failure(.invalidValue, "flag \(flag)") }
        return flag == 1
    }

    private mutating func replica() throws(DecodingFailure) -> ReplicaID {
        let bits = try fixed64()
        guard bits != 0 else { throw failure(.invalidValue, "replica 0") }
        return ReplicaID(bits)
    }

    private mutating func organisation() throws(DecodingFailure) -> OrganisationID {
        guard let organisation = OrganisationID(try raw(SyncLimits.organisationBytes)) else {
            throw failure(.truncated, "organisation")
        }
        return organisation
    }

    private mutating func lineage() throws(DecodingFailure) -> HubLineage {
        HubLineage(hub: try replica(), epoch: try varint())
    }

    private mutating func hash() throws(DecodingFailure) -> ChainHash {
        guard let hash = ChainHash(try raw(SyncLimits.hashBytes)) else { throw failure(.truncated, "hash") }
        return hash
    }

    private mutating func point() throws(DecodingFailure) -> ChainPoint? {
        let sequence = try sequence(least: 0)
        return sequence == 0 ? nil : ChainPoint(sequence: sequence, hash: try hash())
    }

    private mutating func sequence(least: UInt64) throws(DecodingFailure) -> Sequence32 {
        let value = try varint()
        guard value >= least, let sequence = Sequence32(exactly: value) else {
            throw failure(.invalidValue, "sequence \(value)")
        }
        return sequence
    }

    private mutating func run() throws(DecodingFailure) -> ClosedRange<Sequence32> {
        let first = try sequence(least: 1)
        let (last, overflow) = first.addingReportingOverflow(try sequence(least: 0))
        guard !overflow else { throw failure(.integerOverflow, "a run past the greatest sequence") }
        return first...last
    }

    private mutating func ranges(budget: inout Int) throws(DecodingFailure) -> SequenceRanges {
        let count = try count(limit: budget, "ranges")
        budget -= count
        var result = SequenceRanges()
        var least: UInt64 = 1
        for _ in 0..<count {
            let first = least + UInt64(try sequence(least: 0))
            let last = first + UInt64(try sequence(least: 0))
            guard let lower = Sequence32(exactly: first), let upper = Sequence32(exactly: last) else {
                throw failure(.integerOverflow, "a range past the greatest sequence")
            }
            result.insert(lower...upper)
            least = last + 2
        }
        return result
    }

    private mutating func scope() throws(DecodingFailure) -> ScopeName {
        guard let scope = ScopeName(try text(limit: SyncLimits.scopeBytesMax, "scope")) else {
            throw failure(.invalidValue, "an empty scope name")
        }
        return scope
    }

    private mutating func cursor() throws(DecodingFailure) -> PullCursor {
        switch try byte() {
        case 0: .none
        case 1: .feed(try varint())
        case 2: .bootstrap(position: try varint(), resume: try snapshotCursor())
        case let other: throw failure(.invalidValue, "cursor kind \(other)")
        }
    }

    private mutating func snapshotCursor() throws(DecodingFailure) -> SnapshotCursor {
        let bytes = try block(limit: SyncLimits.snapshotCursorBytesMax, "snapshot cursor")
        guard let cursor = SnapshotCursor(bytes) else { throw failure(.limitExceeded, "snapshot cursor") }
        return cursor
    }

    private mutating func code() throws(DecodingFailure) -> SyncErrorCode {
        guard let code = SyncErrorCode(rawValue: try text(limit: SyncLimits.codeBytesMax, "error code")) else {
            throw failure(.invalidValue, "error code")
        }
        return code
    }
}
