import ChangeSets
import Credentialing
import GRDB
import HybridTime
import Merging
import ReplicaStore

/// A replica's store that holds Assay's own records: commands run on it, and rules after every merge.
public final class CredentialStore: Sendable {
    public let replica: ReplicaStore
    /// Why the store took a new name when it was opened; nil where it kept its own.
    public let renamed: IdentityNote?

    private init(_ replica: ReplicaStore) throws(StoreError) {
        self.replica = replica
        renamed = try replica.settle()
    }

    /// - Parameter vfs: SQLite's name of the file system that the database is on; nil for the system's.
    public static func create(
        in path: String, identity: Identity, isHub: Bool, vfs: String? = nil
    ) throws -> CredentialStore {
        try CredentialStore(
            ReplicaStore.create(
                in: path, schema: CredentialingSchema.schema, identity: identity, isHub: isHub, observer: CaseKeeper(),
                vfs: vfs))
    }

    /// - Parameter vfs: SQLite's name of the file system that the database is on; nil for the system's.
    public static func open(in path: String, vfs: String? = nil) throws -> CredentialStore {
        try CredentialStore(
            ReplicaStore.open(in: path, schema: CredentialingSchema.schema, observer: CaseKeeper(), vfs: vfs))
    }

    /// Why a command did not become a change set.
    public enum Failure: Error, CustomStringConvertible {
        case refused(CommandRefusal)
        case store(StoreError)

        public var code: String {
            switch self {
            case .refused(let refusal): refusal.code.rawValue
            case .store(let error): error.code
            }
        }

        public var description: String {
            switch self {
            case .refused(let refusal): refusal.text
            case .store(let error): error.description
            }
        }
    }

    /// Carries a command out: it looks and commits in one transaction, and what this returns is saved.
    @discardableResult
    public func perform(_ command: some Command, actor: ActorIdentity, now: Int64) throws(Failure) -> [ChangeSet] {
        let result: Result<[ChangeSet], CommandRefusal>
        do throws(StoreError) {
            result = try replica.transaction { transaction throws(StoreError) in
                let drafts: [Draft]
                do throws(CommandRefusal) {
                    drafts = try command.drafts(reading: StoredRecords(transaction.records), actor: actor, now: now)
                } catch { return .failure(error) }
                return .success(try transaction.commitWithCases(drafts, time: now))
            }
        } catch { throw .store(error) }
        do throws(CommandRefusal) { return try result.get() } catch { throw .refused(error) }
    }

    /// Reads records of one moment.
    public func reading<Result>(
        _ body: (StoredRecords, Database) throws -> Result
    ) throws(StoreError) -> Result {
        try replica.readingRecords { records, db in try body(StoredRecords(records), db) }
    }
}
