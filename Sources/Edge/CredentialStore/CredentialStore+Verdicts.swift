import ChangeSets
import Credentialing
import HybridTime
import Merging
import ReplicaStore

/// The engine's own records, sent wherever the document goes that they are about.
extension CredentialStore {
    /// Denies a change set.
    /// - Returns: the verdict's change set, saved, or why there is none.
    public func deny(
        _ subject: Dot, reason: String, actor: ActorIdentity, now: Int64
    ) throws(StoreError) -> Result<ChangeSet, ReplicaStore.DenialRefusal> {
        try replica.deny(
            subject, reason: reason, actor: actor.id, scopes: scopes(of: try replica.changeSet(subject)?.document),
            time: now)
    }

    /// Adopts the state of a document that no journal has whole.
    /// - Returns: the change set that carries it, saved, or why there is none.
    public func salvage(
        _ document: RecordName, reason: String, actor: ActorIdentity, now: Int64
    ) throws(StoreError) -> Result<ChangeSet, ReplicaStore.SalvageRefusal> {
        try replica.salvage(document, reason: reason, actor: actor.id, scopes: scopes(of: document), time: now)
    }

    private func scopes(of document: RecordName?) throws(StoreError) -> [String] {
        let scopes = try reading { records, _ in
            guard let document else { return [String]() }
            for kind in CredentialingSchema.schema.documents.compactMap(CredentialingSchema.root) {
                if let root = try records.record(document, kind) { return root.elements(CredentialingSchema.scopes) }
            }
            return []
        }
        return scopes.isEmpty ? [ScopeName.organisation] : scopes.sorted()
    }
}
