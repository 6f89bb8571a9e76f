import ByteCoding
import HybridTime
import SyncProtocol

/// One frame of every type and of every shape that a type can take.
enum Samples {
    static func organisation(_ byte: UInt8 = 7) -> OrganisationID {
        guard let value = OrganisationID(Array(repeating: byte, count: 16)) else { preconditionFailure("16 bytes") }
        return value
    }

    static func hash(_ byte: UInt8) -> ChainHash {
        guard let value = ChainHash(Array(repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
        return value
    }

    static func scope(_ text: String) -> ScopeName {
        guard let value = ScopeName(text) else { preconditionFailure("1 to 128 bytes") }
        return value
    }

    static func cursor(_ bytes: [UInt8]) -> SnapshotCursor {
        guard let value = SnapshotCursor(bytes) else { preconditionFailure("at most 32 bytes") }
        return value
    }

    static func ranges(_ parts: ClosedRange<Sequence32>...) -> SequenceRanges {
        var result = SequenceRanges()
        for part in parts { result.insert(part) }
        return result
    }

    static let digest = Digest256(words: (1, 2, 3, .max))

    static func key(_ number: UInt8) -> DocumentKey {
        guard let value = DocumentKey(Array(repeating: number, count: 14)) else { preconditionFailure("14 bytes") }
        return value
    }

    static func keys(_ low: DocumentKey?, _ high: DocumentKey?) -> KeyRange {
        guard let value = KeyRange(low, high) else { preconditionFailure("low before high") }
        return value
    }

    static let hello = Hello(
        versions: [1, 2], organisation: organisation(), replica: ReplicaID(0x0102_0304_0506_0708), role: "desk",
        device: "Lisbon 3", clock: 1_700_000_000_000, publicKey: [1, 2, 3],
        head: ChainPoint(sequence: 42, hash: hash(0xAB)), lineage: HubLineage(hub: ReplicaID(9), epoch: 3),
        hubHead: ChainPoint(sequence: 2, hash: hash(0xEE)),
        subscriptions: [
            Subscription(scope: scope("org"), cursor: .feed(300), digest: digest),
            Subscription(scope: scope("org/2"), cursor: .feed(301)),
            Subscription(scope: scope("site/lisbon"), cursor: .bootstrap(position: 7, resume: cursor([1, 2]))),
            Subscription(scope: scope("region/south"), cursor: .none),
        ], receiptedAtHub: 40, receiptedAtHQ: 0, wantsLive: true, isHub: false)

    static let welcome = Welcome(
        version: 1, organisation: organisation(), lineage: HubLineage(hub: ReplicaID(9), epoch: 3), hubName: "Site",
        clock: -5, creditBytes: SyncLimits.windowBytesMin, held: ranges(1...40, 42...42),
        heldAtHQ: ranges(2...(.max)), shared: ChainPoint(sequence: 40, hash: hash(0xCD)), receiptMark: .max,
        scopes: [.known(end: 300, usable: true), .differs(end: 301), .known(end: 0, usable: false), .unknown],
        headquarters: HubLineage(hub: ReplicaID(5), epoch: 1))

    static let segment = SegmentPayload(origin: ReplicaID(.max), first: 5, last: 9, bytes: [0xDE, 0xAD])

    static let frames: [(name: String, frame: SyncFrame)] = [
        ("hello of a known child", .hello(hello)),
        (
            "hello of a new child",
            .hello(
                Hello(
                    organisation: organisation(), replica: ReplicaID(1), role: "", device: "", clock: 0, head: nil,
                    lineage: nil, subscriptions: [], receiptedAtHub: 0, receiptedAtHQ: 0, wantsLive: false,
                    isHub: true))
        ),
        ("welcome", .welcome(welcome)),
        (
            "offer of two origins, one with a chain hash",
            .offer([
                OfferedOrigin(origin: ReplicaID(1), ranges: ranges(1...3, 5...5), hash: hash(1)),
                OfferedOrigin(origin: ReplicaID(2), ranges: ranges((.max)...(.max)), hash: nil),
            ])
        ),
        ("want", .want([WantedOrigin(origin: ReplicaID(1), ranges: ranges(2...3))])),
        (
            "want that tells how far the chain is known",
            .want([
                WantedOrigin(
                    origin: ReplicaID(1), ranges: ranges(2...3), known: ChainPoint(sequence: 1, hash: hash(2)))
            ])
        ),
        ("want of nothing", .want([])),
        ("segment", .segment(segment)),
        (
            "receipt with notes",
            .receipt(
                Receipt(
                    level: .atHub, entries: [OriginRanges(origin: ReplicaID(1), ranges: ranges(1...9))],
                    notes: [
                        ReceiptNote(
                            kind: .quarantined, origin: ReplicaID(1), range: 4...5, code: .quarantined, reason: "é"),
                        ReceiptNote(
                            kind: .refused, origin: ReplicaID(1), range: 6...6, code: .limitExceeded, reason: ""),
                    ]))
        ),
        ("receipt at HQ", .receipt(Receipt(level: .atHQ, entries: [], notes: []))),
        ("pull without a cursor", .pull(scope: scope("org"), cursor: .none, creditBytes: 2_000_000)),
        ("pull from a position", .pull(scope: scope("org"), cursor: .feed(12), creditBytes: 0)),
        (
            "pull that goes on with a snapshot",
            .pull(scope: scope("org"), cursor: .bootstrap(position: 1, resume: cursor([])), creditBytes: 0)
        ),
        ("feed", .feed(scope: scope("org"), position: 13, payload: segment)),
        ("feedEnd", .feedEnd(scope: scope("org"), position: .max)),
        ("snapshotBegin", .snapshotBegin(scope: scope("org"), position: 13, documents: 4_000)),
        (
            "snapshotChunk with a cursor",
            .snapshotChunk(
                scope: scope("org"), index: 0, chunk: SnapshotChunk(bytes: [1, 2, 3], next: cursor([9, 9])))
        ),
        (
            "last snapshotChunk, empty",
            .snapshotChunk(scope: scope("org"), index: 1, chunk: SnapshotChunk(bytes: [], next: nil))
        ),
        ("snapshotEnd", .snapshotEnd(scope: scope("org"))),
        ("credit", .credit(bytes: 65_536)),
        ("ping", .ping(1)),
        ("pong", .pong(300)),
        (
            "error that ends the session",
            .error(SyncError(.hubBusy, "the hub has as many sessions as it takes; sync again in a minute"))
        ),
        (
            "error about one scope",
            .error(SyncError(.unknownScope, endsSession: false, subject: "site/x", "correct the device's scopes"))
        ),
        ("bye", .bye),
        ("probe", .probe(ChainProbe(origin: ReplicaID(1), sequences: [1, 300]))),
        (
            "hashes, one of them not known",
            .hashes(ChainHashes(origin: ReplicaID(1), end: 299, hashes: [hash(3), nil]))
        ),
        (
            "compare",
            .compare(scope: scope("org"), ranges: [RangeDigest(.all, digest), RangeDigest(keys(nil, key(3)), .zero)])
        ),
        ("compare nothing", .compare(scope: scope("org"), ranges: [])),
        (
            "differences",
            .differences(
                scope: scope("org"), position: 300,
                parts: [
                    .narrower(RangeDigest(keys(nil, key(3)), digest)), .narrower(RangeDigest(keys(key(3), nil), .zero)),
                    .documents(keys(nil, key(3)), [DocumentDigest(key(1), digest), DocumentDigest(key(2), .zero)]),
                    .documents(keys(key(3), nil), []),
                ])
        ),
        ("no differences", .differences(scope: scope("org"), position: 0, parts: [])),
        ("fetch", .fetch(scope: scope("org"), documents: [key(1), key(2)], creditBytes: 2_000_000)),
        ("states", .states(scope: scope("org"), answered: 2, bytes: [1, 2, 3])),
        ("no states", .states(scope: scope("org"), answered: 1, bytes: [])),
        ("grant", .grant(scope: scope("site/leeds"), position: 300, bytes: [1, 2, 3])),
        ("revoke", .revoke(scope: scope("site/leeds"), position: 301, bytes: [4, 5])),
    ]
}
