import ByteCoding
import HybridTime
import Merging

/// Where histories of one origin part: after a change set of it, told apart by the chain's head there.
public struct ForkPlace: Hashable, Sendable {
    /// The name under which the change sets on both sides were written.
    public let origin: ReplicaID
    /// The last sequence that the histories share, as it was written; 0 where they share none.
    public let after: Sequence32
    /// The chain's head there; zero where they share none.
    public let head: Digest256

    public init(_ origin: ReplicaID, after: Sequence32, _ head: Digest256) {
        self.origin = origin
        self.after = after
        self.head = head
    }

    /// The name of the document that holds what is known of this place: everyone who finds it writes to one.
    public func document(_ digesting: Digesting) -> RecordName {
        var writer = ByteWriter()
        writer.text("assay fork 1")
        write(to: &writer)
        return RecordName(hashed: digesting(writer.bytes))
    }

    func write(to writer: inout ByteWriter) {
        writer.fixed64(origin.bits)
        writer.varint(UInt64(after))
        writer.raw(head.bytes)
    }

    init(_ reader: inout ByteReader) throws(DecodingFailure) {
        origin = try reader.origin()
        after = try reader.sequence(from: 0)
        guard let head = Digest256(Array(try reader.raw(32))) else { throw reader.failure(.truncated, "a head") }
        self.head = head
    }
}

/// One thing that is known of a fork. Facts are only ever added; whoever knows the same ones gives everything the same
/// names (Protocol, "Forks").
public struct ForkFact: Hashable, Sendable {
    public enum Statement: Hashable, Sendable {
        /// This name ends at the place: change sets after it bear the names of branches.
        case ends(ReplicaID)
        /// A branch goes on from the place, under the name that its first change set's head gives it.
        case branch(ReplicaID)
        /// An author's change sets, from one on, mean this branch where they name what comes after the place.
        case reading(Reading)
        /// A replica held this branch alone when it heard of the fork: so did whoever has state from it alone.
        case view(of: ReplicaID, ReplicaID)
    }

    /// From which change set of an author on, and which branch is meant.
    public struct Reading: Hashable, Sendable {
        /// As it was written.
        public let first: Dot
        /// The first 64 bits of the author's chain's head there, for authors fork as well; 0 where it was not known.
        public let head: UInt64
        public let branch: ReplicaID

        public init(from first: Dot, head: UInt64, _ branch: ReplicaID) {
            self.first = first
            self.head = head
            self.branch = branch
        }
    }

    public let place: ForkPlace
    public let statement: Statement

    public init(_ place: ForkPlace, _ statement: Statement) {
        self.place = place
        self.statement = statement
    }

    /// How a fact stands in a record.
    public var bytes: [UInt8] {
        var writer = ByteWriter(reserving: 80)
        place.write(to: &writer)
        switch statement {
        case .ends(let name):
            writer.byte(1)
            writer.fixed64(name.bits)
        case .branch(let name):
            writer.byte(2)
            writer.fixed64(name.bits)
        case .reading(let reading):
            writer.byte(3)
            writer.fixed64(reading.first.origin.bits)
            writer.varint(UInt64(reading.first.sequence))
            writer.fixed64(reading.head)
            writer.fixed64(reading.branch.bits)
        case .view(let replica, let branch):
            writer.byte(4)
            writer.fixed64(replica.bits)
            writer.fixed64(branch.bits)
        }
        return writer.bytes
    }

    public init(_ bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        place = try ForkPlace(&reader)
        switch try reader.byte() {
        case 1: statement = .ends(try reader.origin())
        case 2: statement = .branch(try reader.origin())
        case 3:
            let first = Dot(try reader.origin(), try reader.sequence(from: 1))
            statement = .reading(Reading(from: first, head: try reader.fixed64(), try reader.origin()))
        case 4:
            let replica = try reader.origin()
            statement = .view(of: replica, try reader.origin())
        default: throw reader.failure(.invalidValue, "what is said of a fork")
        }
        try reader.finish("a fact of a fork")
    }
}

extension ByteReader {
    fileprivate mutating func origin() throws(DecodingFailure) -> ReplicaID {
        let bits = try fixed64()
        guard bits != 0 else { throw failure(.invalidValue, "an origin of zero") }
        return ReplicaID(bits)
    }

    fileprivate mutating func sequence(from least: Sequence32) throws(DecodingFailure) -> Sequence32 {
        guard let sequence = Sequence32(exactly: try varint()), sequence >= least else {
            throw failure(.invalidValue, "a sequence")
        }
        return sequence
    }
}

extension ReplicaID {
    /// The name of the branch whose first change set has this head.
    public init(branchFrom head: Digest256) { self.init(head.words.0 != 0 ? head.words.0 : head.words.1 | 1) }
}
