import ByteCoding
import HybridTime

extension SyncFrame {
    /// Appends the frame as it goes over the wire. Payload bytes are copied once.
    public func encode(into writer: inout ByteWriter) {
        var body = ByteWriter()
        encodeBody(into: &body)
        let payload = payloadBytes
        let count = 1 + body.count + payload.count
        precondition(count <= SyncLimits.frameBytesMax, "a frame of our own passes the limit")
        writer.count(count)
        writer.byte(typeByte)
        writer.raw(body.bytes)
        writer.raw(payload)
    }

    /// The frame as it goes over the wire.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        encode(into: &writer)
        return writer.bytes
    }

    /// Opaque bytes stand last in their frame and have no length of their own.
    private var payloadBytes: [UInt8] {
        switch self {
        case .segment(let payload), .feed(_, _, let payload): payload.bytes
        case .snapshotChunk(_, _, let chunk): chunk.bytes
        case .states(_, _, let bytes), .grant(_, _, let bytes), .revoke(_, _, let bytes): bytes
        default: []
        }
    }

    private func encodeBody(into writer: inout ByteWriter) {
        switch self {
        case .hello(let hello): hello.encode(into: &writer)
        case .welcome(let welcome): welcome.encode(into: &writer)
        case .offer(let origins): writer.offer(origins)
        case .want(let wanted): writer.wanted(wanted)
        case .segment(let payload): writer.segmentHeader(payload)
        case .receipt(let receipt): receipt.encode(into: &writer)
        case .pull(let scope, let cursor, let credit):
            writer.text(scope.text)
            writer.cursor(cursor)
            writer.count(credit)
        case .feed(let scope, let position, let payload):
            writer.text(scope.text)
            writer.varint(position)
            writer.segmentHeader(payload)
        case .feedEnd(let scope, let position):
            writer.text(scope.text)
            writer.varint(position)
        case .snapshotBegin(let scope, let position, let documents):
            writer.text(scope.text)
            writer.varint(position)
            writer.varint(documents)
        case .snapshotChunk(let scope, let index, let chunk):
            writer.text(scope.text)
            writer.varint(index)
            writer.optional(chunk.next) { $0.block($1.bytes) }
        case .snapshotEnd(let scope): writer.text(scope.text)
        case .credit(let bytes): writer.count(bytes)
        case .ping(let nonce), .pong(let nonce): writer.varint(nonce)
        case .error(let error): error.encode(into: &writer)
        case .compare(let scope, let ranges):
            writer.text(scope.text)
            writer.count(ranges.count)
            for range in ranges { writer.digest(range) }
        case .differences(let scope, let position, let parts):
            writer.text(scope.text)
            writer.varint(position)
            writer.parts(parts)
        case .fetch(let scope, let documents, let credit):
            writer.text(scope.text)
            writer.count(credit)
            writer.count(documents.count)
            for document in documents { writer.raw(document.bytes) }
        case .states(let scope, let answered, _):
            writer.text(scope.text)
            writer.count(answered)
        case .probe(let probe):
            writer.fixed64(probe.origin.bits)
            writer.count(probe.sequences.count)
            for sequence in probe.sequences { writer.varint(UInt64(sequence)) }
        case .hashes(let hashes):
            writer.fixed64(hashes.origin.bits)
            writer.varint(UInt64(hashes.end))
            writer.count(hashes.hashes.count)
            for hash in hashes.hashes { writer.optional(hash) { $0.raw($1.bytes) } }
        case .grant(let scope, let position, _), .revoke(let scope, let position, _):
            writer.text(scope.text)
            writer.varint(position)
        case .bye: break
        }
    }
}

extension Hello {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.count(versions.count)
        for version in versions { writer.varint(version) }
        writer.raw(organisation.bytes)
        writer.fixed64(replica.bits)
        writer.text(role)
        writer.text(device)
        writer.signed(clock)
        writer.block(publicKey)
        writer.point(head)
        writer.byte((wantsLive ? 1 : 0) | (isHub ? 2 : 0))
        writer.varint(UInt64(receiptedAtHub))
        writer.varint(UInt64(receiptedAtHQ))
        writer.optional(lineage) { $0.lineage($1) }
        if lineage != nil { writer.point(hubHead) }
        writer.count(subscriptions.count)
        for subscription in subscriptions {
            writer.text(subscription.scope.text)
            writer.cursor(subscription.cursor)
            writer.optional(subscription.digest) { $0.raw($1.bytes) }
        }
    }
}

extension Welcome {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.varint(version)
        writer.raw(organisation.bytes)
        writer.lineage(lineage)
        writer.text(hubName)
        writer.signed(clock)
        writer.count(creditBytes)
        writer.ranges(held)
        writer.ranges(heldAtHQ)
        writer.point(shared)
        writer.varint(receiptMark)
        writer.count(scopes.count)
        for scope in scopes {
            switch scope {
            case .unknown: writer.byte(0)
            case .known(let end, let usable):
                writer.byte(usable ? 2 : 1)
                writer.varint(end)
            case .differs(let end):
                writer.byte(3)
                writer.varint(end)
            }
        }
        writer.optional(headquarters) { $0.lineage($1) }
    }
}

extension Receipt {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.byte(level.rawValue)
        writer.entries(entries)
        writer.count(notes.count)
        for note in notes {
            writer.byte(note.kind.rawValue)
            writer.fixed64(note.origin.bits)
            writer.run(note.range)
            writer.text(note.code.rawValue)
            writer.text(note.reason)
        }
    }
}

extension SyncError {
    fileprivate func encode(into writer: inout ByteWriter) {
        writer.text(code.rawValue)
        writer.byte(endsSession ? 1 : 0)
        writer.text(subject)
        writer.text(message)
    }
}

extension ByteWriter {
    fileprivate mutating func optional<Value>(_ value: Value?, _ write: (inout ByteWriter, Value) -> Void) {
        byte(value == nil ? 0 : 1)
        if let value { write(&self, value) }
    }

    fileprivate mutating func lineage(_ lineage: HubLineage) {
        fixed64(lineage.hub.bits)
        varint(lineage.epoch)
    }

    /// Sequence 0 stands for no point.
    fileprivate mutating func point(_ point: ChainPoint?) {
        varint(UInt64(point?.sequence ?? 0))
        if let point { raw(point.hash.bytes) }
    }

    fileprivate mutating func cursor(_ cursor: PullCursor) {
        switch cursor {
        case .none: byte(0)
        case .feed(let position):
            byte(1)
            varint(position)
        case .bootstrap(let position, let resume):
            byte(2)
            varint(position)
            block(resume.bytes)
        }
    }

    fileprivate mutating func run(_ range: ClosedRange<Sequence32>) {
        varint(UInt64(range.lowerBound))
        varint(UInt64(range.upperBound - range.lowerBound))
    }

    fileprivate mutating func segmentHeader(_ payload: SegmentPayload) {
        fixed64(payload.origin.bits)
        run(payload.range)
    }

    /// Gaps and lengths less what they are at least, so that every byte string names one set.
    fileprivate mutating func ranges(_ set: SequenceRanges) {
        count(set.ranges.count)
        var least: UInt64 = 1
        for range in set.ranges {
            varint(UInt64(range.lowerBound) - least)
            varint(UInt64(range.upperBound - range.lowerBound))
            least = UInt64(range.upperBound) + 2
        }
    }

    fileprivate mutating func entries(_ entries: [OriginRanges]) {
        precondition(entries.count <= SyncLimits.originsPerFrameMax, "too many origins in a frame of our own")
        count(entries.count)
        for entry in entries {
            fixed64(entry.origin.bits)
            ranges(entry.ranges)
        }
    }

    fileprivate mutating func range(_ range: KeyRange) {
        optional(range.low) { $0.raw($1.bytes) }
        optional(range.high) { $0.raw($1.bytes) }
    }

    fileprivate mutating func digest(_ digest: RangeDigest) {
        range(digest.range)
        raw(digest.digest.bytes)
    }

    fileprivate mutating func parts(_ parts: [ComparedPart]) {
        precondition(parts.count <= SyncLimits.comparePartsMax, "too many parts in a frame of our own")
        count(parts.count)
        for part in parts {
            switch part {
            case .narrower(let range):
                byte(0)
                digest(range)
            case .documents(let within, let documents):
                byte(1)
                range(within)
                count(documents.count)
                for document in documents {
                    raw(document.key.bytes)
                    raw(document.digest.bytes)
                }
            }
        }
    }

    fileprivate mutating func wanted(_ wanted: [WantedOrigin]) {
        precondition(wanted.count <= SyncLimits.originsPerFrameMax, "too many origins in a frame of our own")
        count(wanted.count)
        for entry in wanted {
            fixed64(entry.origin.bits)
            ranges(entry.ranges)
            point(entry.known)
        }
    }

    fileprivate mutating func offer(_ origins: [OfferedOrigin]) {
        precondition(origins.count <= SyncLimits.originsPerFrameMax, "too many origins in a frame of our own")
        count(origins.count)
        for offered in origins {
            fixed64(offered.origin.bits)
            ranges(offered.ranges)
            optional(offered.hash) { $0.raw($1.bytes) }
        }
    }
}
