import ReplicaStore

extension CredentialStore {
    /// Folds away what nobody needs any more, once a day: see ``ReplicaStore/tidy(now:_:isHeadquarters:)``.
    /// - Returns: what went; nil where the last time was less than a day ago.
    public func tidyDaily(now: Int64, isHeadquarters: Bool) throws -> Tidied? {
        let last = try replica.setting("last-tidy").flatMap { Int64($0) }
        // A clock that was set back does not stop it.
        if let last, (0..<Retention.day).contains(now &- last) { return nil }
        let tidied = try replica.tidy(now: now, isHeadquarters: isHeadquarters)
        try replica.set("last-tidy", to: String(now))
        return tidied
    }
}
