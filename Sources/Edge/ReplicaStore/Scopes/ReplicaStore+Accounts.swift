import SyncProtocol

/// What a store keeps an account of, for people.
public struct ScopeAccount: Hashable, Sendable {
    public let scope: ScopeName
    /// This replica wants it.
    public let isWanted: Bool
    /// It has a feed here, for replicas below.
    public let isServed: Bool
    /// The documents of it that are here.
    public let documents: Int
}

extension ReplicaStore {
    /// Every scope that this store wants or serves, in the order of names. O(documents of the scopes).
    public func scopeAccounts() throws(StoreError) -> [ScopeAccount] {
        try readingTables { tables, _ in
            let count = tables.lookup("SELECT count(*) FROM document_scope WHERE scope = ?")
            var accounts: [ScopeAccount] = []
            let tracked = try tables.scopes.tracked()
            if !tracked.contains(where: \.isOwn) {
                for scope in ReplicaStore.everything {
                    let documents = Int(try tables.documentCount(of: scope))
                    accounts.append(
                        ScopeAccount(scope: scope, isWanted: true, isServed: isHub, documents: documents))
                }
            }
            for scope in tracked.sorted(by: { $0.name < $1.name }) where scope.isOwn || scope.isServed {
                guard let name = ScopeName(scope.name) else { continue }
                count.bind(1, scope.number)
                defer { count.reset() }
                let documents = try count.step() ? Int(count.integer(0)) : 0
                accounts.append(
                    ScopeAccount(scope: name, isWanted: scope.isOwn, isServed: scope.isServed, documents: documents))
            }
            return accounts
        }
    }
}
