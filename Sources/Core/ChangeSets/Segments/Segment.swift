import ByteCoding
import Deflating
import HybridTime
import Merging

/// A run of change sets of one origin, without a gap, as it travels and as the journal stores it: decodable alone.
public struct Segment: Sendable {
    public let origin: ReplicaID
    public let changeSets: [ChangeSet]
    /// For each change set the place of its document in ``documents``, so that readers need not look names up.
    public let documentPlaces: [Int]
    public let documents: [RecordName]

    public var first: Sequence32 { changeSets.first?.dot.sequence ?? 0 }
    public var last: Sequence32 { changeSets.last?.dot.sequence ?? 0 }

    /// - Precondition: `changeSets` is not empty, of one origin, and their sequences follow each other.
    public init(_ changeSets: [ChangeSet]) {
        precondition(!changeSets.isEmpty, "a segment holds change sets")
        origin = changeSets[0].dot.origin
        var places: [RecordName: Int] = [:]
        var documents: [RecordName] = []
        var documentPlaces: [Int] = []
        for (index, set) in changeSets.enumerated() {
            precondition(set.dot == Dot(origin, changeSets[0].dot.sequence + Sequence32(index)), "a gap in a segment")
            let place = places[set.document] ?? documents.count
            if place == documents.count {
                places[set.document] = place
                documents.append(set.document)
            }
            documentPlaces.append(place)
        }
        self.changeSets = changeSets
        self.documents = documents
        self.documentPlaces = documentPlaces
    }

    init(origin: ReplicaID, changeSets: [ChangeSet], documentPlaces: [Int], documents: [RecordName]) {
        self.origin = origin
        self.changeSets = changeSets
        self.documentPlaces = documentPlaces
        self.documents = documents
    }

    /// What can be known of a segment without expanding it.
    public struct Header: Equatable, Sendable {
        public let origin: ReplicaID
        public let first: Sequence32
        public let count: Int
        /// The body's size after inflation, in bytes.
        public let decodedBytes: Int
        /// What the first change set was before a fork, where the segment begins an origin that goes on from another.
        public let original: Dot?

        package init(origin: ReplicaID, first: Sequence32, count: Int, decodedBytes: Int, original: Dot? = nil) {
            self.origin = origin
            self.first = first
            self.count = count
            self.decodedBytes = decodedBytes
            self.original = original
        }

        public var last: Sequence32 { first + Sequence32(count - 1) }
    }
}

/// Turns segments into bytes and back (Protocol, "Segment"). Holds zlib's state: one a core, from a pool.
public final class SegmentCodec {
    static let version: UInt8 = 1
    /// The version byte of a segment whose first change set says what it was before a fork.
    static let versionOfBranch: UInt8 = 2
    let deflater: Deflater
    let inflater: Inflater

    public init() {
        deflater = Deflater(dictionary: PresetDictionary.bytes)
        inflater = Inflater(dictionary: PresetDictionary.bytes)
    }

    /// - Precondition: the segment is within ``ChangeSetLimits``.
    public func encode(_ segment: Segment) -> [UInt8] {
        var writer = SegmentWriter(segment)
        return encode(segment, writer.write())
    }

    /// Encodes a segment if its body, before deflate, has at most `limit` bytes.
    public func encode(_ segment: Segment, decodedBytesMax limit: Int) -> [UInt8]? {
        var writer = SegmentWriter(segment)
        let body = writer.write()
        return body.bytes.count <= limit ? encode(segment, body) : nil
    }

    private func encode(_ segment: Segment, _ body: SegmentWriter.Body) -> [UInt8] {
        var out = ByteWriter(reserving: body.bytes.count / 2 + 32)
        let original = segment.changeSets[0].original
        out.byte(original == nil ? SegmentCodec.version : SegmentCodec.versionOfBranch)
        out.fixed64(segment.origin.bits)
        if let original {
            out.fixed64(original.origin.bits)
            out.varint(UInt64(original.sequence))
        }
        out.varint(UInt64(segment.first))
        out.count(segment.changeSets.count)
        out.count(body.bytes.count)
        out.raw(deflater.compress(body.parts))
        return out.bytes
    }

    public static func header(_ bytes: ArraySlice<UInt8>) throws(DecodingFailure) -> Segment.Header {
        var reader = ByteReader(bytes)
        return try header(&reader)
    }

    private static func header(_ reader: inout ByteReader) throws(DecodingFailure) -> Segment.Header {
        let form = try reader.byte()
        guard form == version || form == versionOfBranch else { throw reader.failure(.unknownVersion, "segment") }
        let origin = ReplicaID(try reader.fixed64())
        guard origin.bits != 0 else { throw reader.failure(.invalidValue, "an origin of zero") }
        let original = form == versionOfBranch ? try original(of: origin, &reader) : nil
        let first = try reader.varint()
        let count = try reader.count(limit: ChangeSetLimits.segmentChangeSetsMax, "change sets in a segment")
        guard count > 0, first >= 1, first - 1 <= UInt64(Sequence32.max) - UInt64(count) else {
            throw reader.failure(.invalidValue, "a segment's sequences")
        }
        guard original == nil || first == 1 else { throw reader.failure(.invalidValue, "an original") }
        let size = try reader.count(limit: ChangeSetLimits.segmentDecodedBytesMax, "a segment's decoded size")
        return Segment.Header(
            origin: origin, first: Sequence32(first), count: count, decodedBytes: size, original: original)
    }

    private static func original(of origin: ReplicaID, _ reader: inout ByteReader) throws(DecodingFailure) -> Dot {
        let original = ReplicaID(try reader.fixed64())
        guard original.bits != 0, original != origin else {
            throw reader.failure(.invalidValue, "an original's origin")
        }
        let sequence = try reader.varint()
        guard sequence >= 1, sequence <= UInt64(Sequence32.max) else {
            throw reader.failure(.invalidValue, "an original's sequence")
        }
        return Dot(original, Sequence32(sequence))
    }

    public func decode(_ bytes: ArraySlice<UInt8>) throws(DecodingFailure) -> Segment {
        var reader = ByteReader(bytes)
        let header = try SegmentCodec.header(&reader)
        let packed = try reader.raw(reader.remaining)
        let body: [UInt8]
        do { body = try inflater.expand(packed, size: header.decodedBytes) } catch {
            throw reader.failure(.inflateFailed, error == .sizeMismatch ? "not the declared size" : "a broken stream")
        }
        return try SegmentCodec.decode(header, inflated: body)
    }

    /// What stands behind a header, already inflated: what mutants of a body are read by without paying for zlib.
    package static func decode(_ header: Segment.Header, inflated body: [UInt8]) throws(DecodingFailure) -> Segment {
        var segment = SegmentReader(header, body)
        return try segment.read()
    }
}

/// Words that Assay's change sets are full of: deflate refers to them from the first byte on. Part of protocol version 1
/// and never changed within it. The likeliest stand at the end, where references are shortest.
public enum PresetDictionary {
    public static let bytes: [UInt8] = Array(
        """
        certificationcertificaterecertificationbenchmarkpracticetechnicalnoiseidentityconductmedicalevacuation\
        first entrysecond entryadjudicatorfirstseconddocumentedmismatchminorexactpassportnational identity card\
        driving licenceresidence permitrefusereferadmitprovisionalverifiedreleasedappealedheldvoidnonecancelled\
        activesuspendedrevokedholdbarredplannedopenrunningclosedsealedbookedno_showturned_awaychecked_inadmitted\
        startedfinishedsubmittedtrue@example.org@example.com+44+49 Street Road Avenueregisteropen-sessionbook\
        cancel-bookingreport-incidentclose-sessionresolve-casecorrect-namecheck-inno-showstartfinishenter-score
        """.utf8)
}
