import ChangeSets
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import Testing

/// Documents that carry scopes.
enum Scoped {
    static let name = Field(20, "name", .text, .review)
    static let person = RecordKind(30, "scoped_person", [EngineRecords.scopes, name])
    static let at = Field(21, "at", .timestamp, .once)
    static let entry = RecordKind(31, "scoped_entry", isAppendOnly: true, [at])
    static let dossier = DocumentKind(30, "scoped_dossier", [person, entry])
    static let schema = Schema([dossier])
}

/// Regions hold their sites: `site/1a` and `site/1b` are in `region/1`.
struct RegionsHoldSites: MergeObserver {
    func merged(_ touched: [TouchedRecord], in transaction: StoreTransaction) {}

    func covers(_ scope: String, _ own: [String], _ records: RecordReader) -> Bool {
        guard scope.hasPrefix("site/"), let digit = scope.dropFirst(5).first else { return false }
        return own.contains("region/\(digit)")
    }
}

/// A replica in a tree, with the scopes that it was enrolled for.
struct ScopedNode {
    let label: String
    let store: ReplicaStore
    let folder: Folder
    let scopes: [String]
    var parent: Int?

    init(_ label: String, _ number: UInt64, scopes: [String], isHub: Bool, parent: Int?) throws {
        self.label = label
        self.scopes = scopes
        self.parent = parent
        folder = try Folder()
        store = try ReplicaStore.create(
            in: folder.path, schema: Scoped.schema, identity: Fixture.identity(number), isHub: isHub,
            durability: .none, observer: RegionsHoldSites())
        try store.subscribe(to: scopes.compactMap { ScopeName($0) })
    }

    var replica: ReplicaID { store.identity.replica }

    func wants(_ state: DocumentState) -> Bool {
        scopes.contains("org") || !Set(scopes).isDisjoint(with: state.scopes)
    }
}

extension ReplicaStore {
    /// Makes a dossier in these scopes.
    func makeScoped(_ name: String, _ scopes: [String]) throws -> RecordName {
        try write(
            .new, kind: Scoped.dossier,
            [
                RecordChange(
                    .pending(ordinal: 0), kind: Scoped.person.tag,
                    scopes.map { Write(EngineRecords.scopes.tag, .text($0), .add) }
                        + [Write(Scoped.name.tag, .text(name))])
            ]
        ).document
    }

    func rename(_ document: RecordName, _ name: String) throws {
        try write(
            .document(document), kind: Scoped.dossier,
            [RecordChange(document, kind: Scoped.person.tag, [Write(Scoped.name.tag, .text(name))])])
    }

    /// Adds scopes, or takes them away as far as they are seen here.
    func setScopes(_ document: RecordName, _ scopes: [String], _ kind: WriteKind) throws {
        try write(
            .document(document), kind: Scoped.dossier,
            [
                RecordChange(
                    document, kind: Scoped.person.tag,
                    scopes.map { Write(EngineRecords.scopes.tag, .text($0), kind) })
            ])
    }

    func holds(_ document: RecordName) throws -> Bool { try self.document(document) != nil }
}
