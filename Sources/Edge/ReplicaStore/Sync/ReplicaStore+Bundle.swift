import ByteCoding
import Crypto
import Foundation
import HybridTime
import SyncProtocol

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Change sets in a file, for where there is no line: written here, carried, and taken in elsewhere through the path that
/// received segments take. Twice, out of order or damaged, it does no harm.
extension ReplicaStore {
    /// What a bundle holds or did.
    public struct BundleSummary: Hashable, Sendable {
        public var segments = 0
        public var changeSets = 0
        public var bytes = 0
        /// Taken in: not held before.
        public var new = 0
        /// Put aside, and why; their other change sets were taken.
        public var notes: [String] = []
        /// Origins of which the bundle has another history than this store: nothing was taken of those that were known to.
        public var disputed: [ReplicaID] = []

        public init() {}
    }

    /// Writes change sets to a new file, durably.
    ///
    /// - Parameters:
    ///   - everything: all that the journal holds; else what is not known to be at headquarters. A store that has never
    ///     met a hub writes everything.
    ///   - earlier: a bundle whose content is left out.
    public func writeBundle(
        to path: String, everything: Bool = false, since earlier: String? = nil
    ) throws(StoreError) -> BundleSummary {
        guard !fileExists(path) else { throw .fileExists(path: path) }
        var offers = try bundled(everything: everything)
        if let earlier { offers = ReplicaStore.without(try bundleContent(of: earlier), offers) }
        let greeting = try greeting()
        let partial = path + ".partial-\(UInt32.random(in: .min ... .max))"
        defer { unlink(partial) }
        var file = try BundleFile(partial)
        try file.write(BundleHeader(organisation: greeting.organisation, writer: greeting.replica).encoded)
        for start in stride(from: 0, to: offers.count, by: SyncLimits.originsPerFrameMax) {
            try file.write(SyncFrame.offer(Array(offers[start...].prefix(SyncLimits.originsPerFrameMax))).encoded)
        }
        var summary = BundleSummary()
        for offer in offers {
            for range in offer.ranges.ranges {
                var next = UInt64(range.lowerBound)
                while next <= UInt64(range.upperBound),
                    let payload = try payload(of: offer.origin, in: Sequence32(next)...range.upperBound)
                {
                    try file.write(SyncFrame.segment(payload).encoded)
                    summary.segments += 1
                    summary.changeSets += payload.changeSets
                    next = UInt64(payload.last) + 1
                }
            }
        }
        try file.write(SyncFrame.bye.encoded)
        summary.bytes = try file.finish()
        try Files.publish(partial, as: path)
        return summary
    }

    /// The checksum that ends a bundle of these bytes.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        return Array(hash.finalize())
    }

    /// What goes into a bundle, as offers that each fit a frame.
    private func bundled(everything: Bool) throws(StoreError) -> [OfferedOrigin] {
        try packTailIfNeeded(atLeast: ReplicaStore.packedAtOnce)
        return try syncing { state, journal throws(StoreError) in
            let lineage = everything ? nil : try state.lineage()
            var offers: [OfferedOrigin] = []
            for origin in try state.origins(own: journal.own()) {
                var ranges = try journal.held(origin)
                if lineage != nil { ranges = ranges.subtracting(try state.reachedHQ(origin)) }
                // What does not fit here is in the next bundle.
                ranges = ranges.prefix(ranges: SyncLimits.rangesPerFrameMax / SyncLimits.originsPerFrameMax)
                guard let last = ranges.last else { continue }
                offers.append(
                    OfferedOrigin(
                        origin: origin, ranges: ranges, hash: try chainHash(of: origin, at: last, journal)))
            }
            return offers
        }
    }

    private static func without(_ known: [OfferedOrigin], _ offers: [OfferedOrigin]) -> [OfferedOrigin] {
        offers.compactMap { offer in
            var rest = offer.ranges
            for other in known where other.origin == offer.origin { rest = rest.subtracting(other.ranges) }
            guard !rest.isEmpty else { return nil }
            return OfferedOrigin(
                origin: offer.origin, ranges: rest, hash: rest.last == offer.ranges.last ? offer.hash : nil)
        }
    }

    private func bundleContent(of path: String) throws(StoreError) -> [OfferedOrigin] {
        var content: [OfferedOrigin] = []
        try readBundle(path) { frame throws(StoreError) in
            if case .offer(let origins) = frame { content += origins }
        }
        return content
    }

    /// Takes a bundle in. Nothing of it is taken where the file is damaged or another organisation's.
    public func applyBundle(_ path: String) throws(StoreError) -> BundleSummary {
        var summary = BundleSummary()
        var offers: [OfferedOrigin] = []
        try readBundle(path) { frame throws(StoreError) in
            if case .offer(let origins) = frame { offers += origins }
        }
        var disputed = try disputes(offers)
        try meetOwnWork(offers)
        try readBundle(path) { frame throws(StoreError) in
            guard case .segment(let payload) = frame, !disputed.contains(payload.origin) else { return }
            let before = try held(payload.origin)
            let outcomes = try take([payload])
            summary.segments += 1
            summary.changeSets += payload.changeSets
            summary.bytes += payload.bytes.count
            summary.new += SequenceRanges(payload.range).subtracting(before).total
            for outcome in outcomes {
                guard let note = outcome.note else { continue }
                if !outcome.isDurable { summary.new -= SequenceRanges(payload.range).subtracting(before).total }
                summary.notes.append(note.reason)
            }
        }
        // A chain that was shorter here could only be compared now.
        for origin in try disputes(offers) where !disputed.contains(origin) { disputed.append(origin) }
        summary.disputed = disputed
        return summary
    }

    private func disputes(_ offers: [OfferedOrigin]) throws(StoreError) -> [ReplicaID] {
        try syncing { _, journal throws(StoreError) in
            var disputed: [ReplicaID] = []
            for offer in offers {
                guard let theirs = offer.hash, let last = offer.ranges.last,
                    let ours = try chainHash(of: offer.origin, at: last, journal), ours != theirs
                else { continue }
                disputed.append(offer.origin)
            }
            return disputed
        }
    }

    /// A bundle that knows more of this replica's own work than it does itself: an older state was put back here. It goes
    /// on under a new name, and what it lacks comes in as any other origin's.
    private func meetOwnWork(_ offers: [OfferedOrigin]) throws(StoreError) {
        try writing { writer throws(StoreError) in
            let own = writer.identity.replica
            let head = try writer.journal.ownHead().sequence
            guard offers.contains(where: { $0.origin == own && $0.ranges.last ?? 0 > head }) else { return }
            try writer.takeNewIncarnation(entersFeed: isHub)
            try writer.note(IdentityNote(.regressed))
        }
    }

    /// Reads a whole bundle twice: once for its checksum, then for its frames.
    private func readBundle(_ path: String, _ take: (SyncFrame) throws(StoreError) -> Void) throws(StoreError) {
        guard let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int else {
            throw .file(path: path, errno: ENOENT)
        }
        let end = size - BundleHeader.checksumBytes
        guard end >= BundleHeader.bytesCount else { throw .bundleDamaged(path: path, reason: "it is too short") }
        var hash = SHA256()
        var checksum: [UInt8] = []
        try Files.read(path) { piece, offset throws(StoreError) in
            let body = piece.prefix(max(0, end - offset))
            hash.update(data: body)
            checksum += piece.dropFirst(body.count)
        }
        guard checksum.elementsEqual(hash.finalize()) else {
            throw .bundleDamaged(path: path, reason: "its checksum is another")
        }
        var reader = BundleReader()
        do {
            try Files.read(path) { piece, offset throws(StoreError) in
                do throws(DecodingFailure) { try reader.append(piece.prefix(max(0, end - offset))) } catch {
                    throw .bundleDamaged(path: path, reason: error.description)
                }
                if let header = reader.header, header.organisation.bytes != identity.organisation {
                    throw .bundleOfOthers(path: path)
                }
                while let frame = try next(&reader, path) { try take(frame) }
            }
        }
        guard reader.isComplete else { throw .bundleDamaged(path: path, reason: "it ends early") }
    }

    private func next(_ reader: inout BundleReader, _ path: String) throws(StoreError) -> SyncFrame? {
        do throws(DecodingFailure) { return try reader.next() } catch {
            throw .bundleDamaged(path: path, reason: error.description)
        }
    }
}

/// A file that is written once, with a checksum at its end.
private struct BundleFile {
    private let path: String
    private let descriptor: FileHandle
    private var hash = SHA256()
    private var count = 0

    init(_ path: String) throws(StoreError) {
        self.path = path
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw .file(path: path, errno: errno) }
        descriptor = handle
    }

    mutating func write(_ bytes: [UInt8]) throws(StoreError) {
        hash.update(data: bytes)
        try put(bytes)
    }

    private mutating func put(_ bytes: [UInt8]) throws(StoreError) {
        do { try descriptor.write(contentsOf: bytes) } catch { throw .file(path: path, errno: errno) }
        count += bytes.count
    }

    /// - Returns: the file's size.
    mutating func finish() throws(StoreError) -> Int {
        try put(Array(hash.finalize()))
        do {
            try descriptor.synchronize()
            try descriptor.close()
        } catch { throw .file(path: path, errno: errno) }
        return count
    }
}

extension Files {
    /// Reads a file piece by piece, each with where it begins.
    static func read(
        _ path: String, _ take: (Data, _ offset: Int) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw .file(path: path, errno: errno) }
        defer { try? handle.close() }
        var offset = 0
        while true {
            let piece: Data?
            do { piece = try handle.read(upToCount: 1 << 18) } catch { throw .file(path: path, errno: errno) }
            guard let piece, !piece.isEmpty else { return }
            try take(piece, offset)
            offset += piece.count
        }
    }

    /// Gives a finished file its name, which must be free, and makes both last.
    static func publish(_ partial: String, as path: String) throws(StoreError) {
        try sync(partial)
        // A link never takes the place of a file that came meanwhile.
        guard link(partial, path) == 0 else {
            throw errno == EEXIST ? .fileExists(path: path) : .file(path: path, errno: errno)
        }
        try syncFolder(of: path)
    }
}
