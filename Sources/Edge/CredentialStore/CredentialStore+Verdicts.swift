import ChangeSets
import Credentialing
import HybridTime
import Merging
import ReplicaStore

extension CredentialStore {
    /// Denies a change set; the verdict goes wherever the judged document goes.
    /// - Returns: the verdict's change set, saved, or why there is none.
    public func deny(
        _ subject: Dot, reason: String, actor: ActorIdentity, now: Int64
    ) throws(StoreError) -> Result<ChangeSet, ReplicaStore.DenialRefusal> {
        let document = try replica.changeSet(subject)?.document
        let scopes = try reading { records, _ in
            guard let document else { return [String]() }
            for kind in CredentialingSchema.schema.documents.compactMap(CredentialingSchema.root) {
                if let root = try records.record(document, kind) { return root.elements(CredentialingSchema.scopes) }
            }
            return []
        }
        return try replica.deny(
            subject, reason: reason, actor: actor.id,
            scopes: scopes.isEmpty ? [ScopeName.organisation] : scopes.sorted(), time: now)
    }
}
