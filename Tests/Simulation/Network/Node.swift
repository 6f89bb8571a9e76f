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
    /// What it is enrolled for.
    let scopes: [String]
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

    init(number: Int, _ place: Organisation.Place, store: any SimulatedStore) {
        self.number = number
        kind = place.kind
        site = place.site
        scopes = place.scopes
        self.store = store
        parent = place.parent
    }

    var isHub: Bool { kind != .desk }

    /// Whether it may have a document of these scopes.
    func wants(_ scopes: [String]) -> Bool {
        self.scopes[0] == ScopePlan.everything || self.scopes.contains(where: scopes.contains)
    }
}
