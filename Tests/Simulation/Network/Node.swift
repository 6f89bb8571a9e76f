import HybridTime
import Merging
import SyncProtocol

/// One replica of the organisation: its store, its clock, its place in the tree, and what people have open there.
final class Node {
    enum Kind: String, Sendable { case headquarters, region, server, desk }

    let number: Int
    let kind: Kind
    /// The exam site that it stands at; nil above the sites.
    let site: Int?
    let store: any SimulatedStore
    var parent: Int?
    /// How far its clock is off, in milliseconds.
    var clockOffset: Int64 = 0
    /// Forms that a person has open: what of, and the context when it was read.
    var forms: [(document: RecordName, context: Context)] = []
    var isAlive = true
    var connections: [Connection] = []
    /// At a hub: segments that wait for the one writer, with the connection that they came by.
    var queue: [(connection: Connection, payload: SegmentPayload)] = []

    init(number: Int, kind: Kind, site: Int?, store: any SimulatedStore, parent: Int?) {
        self.number = number
        self.kind = kind
        self.site = site
        self.store = store
        self.parent = parent
    }

    var isHub: Bool { kind != .desk }
}
