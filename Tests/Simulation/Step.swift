/// One decision of a run. Each has a seed of its own, so that taking one out leaves the others as they were.
public struct Step: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// A person at this node does one piece of work.
        case transaction(Int)
        /// The node calls its parent.
        case open(Int, isLive: Bool)
        /// So many small things happen on the network.
        case pump(Int)
        /// The node's next session breaks after so many bytes.
        case cutLater(Int, bytes: Int)
        /// The line of one of the node's sessions breaks now; the other side may not notice.
        case cut(Int, isHalf: Bool)
        /// One direction of one of the node's sessions stops.
        case stall(Int, isUp: Bool)
        /// The node's power goes and comes back, now or in the middle of its next commit.
        case crash(Int, isInCommit: Bool)
        /// The node's next commits fail.
        case fillDisk(Int, commits: Int)
        case setClock(Int, offset: Int64)
        case move(Int, to: Int)
        case destroy(Int)
        /// Time passes.
        case pass(milliseconds: Int64)
        /// Whatever can move does, and every checker looks.
        case rest
    }

    public let kind: Kind
    public let seed: UInt64

    public init(_ kind: Kind, seed: UInt64) {
        self.kind = kind
        self.seed = seed
    }

    /// The node that it is about.
    public var node: Int? {
        switch kind {
        case .transaction(let node), .open(let node, _), .cutLater(let node, _), .cut(let node, _),
            .stall(let node, _), .crash(let node, _), .fillDisk(let node, _), .setClock(let node, _),
            .move(let node, _),
            .destroy(let node):
            node
        case .pump, .pass, .rest: nil
        }
    }
}

extension Step: CustomStringConvertible {
    public var description: String { "\(kind)" }
}
