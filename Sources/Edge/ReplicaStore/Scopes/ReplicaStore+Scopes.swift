import ByteCoding
import GRDB
import HybridTime
import Merging
import SyncProtocol

/// Which scopes this replica wants, and which it can serve.
extension ReplicaStore {
    /// The scope that every document is in, whatever it says of itself.
    public static let everything = [ScopeName("org")].compactMap { $0 }

    /// The scopes that this replica wants, as it was enrolled.
    public func subscriptions() throws(StoreError) -> [ScopeName] {
        try readingTables { tables, _ in try tables.subscriptions() }
    }

    /// Makes these the scopes that this replica wants. What it holds of others stays until its hub has all of it.
    /// - Parameter scopes: at least one; that of the whole organisation stands for every one.
    public func subscribe(to scopes: [ScopeName]) throws(StoreError) {
        let names = scopes.contains { ReplicaStore.everything.contains($0) } ? [] : scopes.map(\.text)
        try writing { writer throws(StoreError) in
            let before = try writer.scopes.own()
            guard before != (names.isEmpty ? nil : Set(names)) else { return }
            try writer.subscribe(to: names)
        }
        changes.post(.identityChanged)
    }

    /// The number of a scope that a replica below asks for, which is served from now on; nil where this hub does not hold
    /// all of it.
    func serve(_ scope: ScopeName) throws(StoreError) -> Int64? {
        let (known, isHeld) = try readingTables { tables, _ in
            let tracked = try tables.scopes.tracked()
            let known = tracked.first { $0.name == scope.text }
            let own = tracked.filter(\.isOwn).map(\.name)
            let isHeld =
                own.isEmpty || own.contains(scope.text)
                || observer?.covers(scope.text, own, tables.records) ?? false
            return (known, isHeld)
        }
        guard isHub, isHeld else { return nil }
        if let known, known.isServed { return known.number }
        return try writing { writer throws(StoreError) in
            guard try writer.scopes.tracked().count < ReplicaStore.trackedScopesMax else { return nil }
            return try writer.track(scope.text, isOwn: false, isServed: true)
        }
    }

    /// A peer names scopes: it must not fill the store with accounts of any number of them.
    static let trackedScopesMax = 8_192

    /// The names of all scopes that have a feed here.
    public func servedScopes() throws(StoreError) -> [ScopeName] {
        try readingTables { tables, _ in
            try tables.scopes.tracked().filter(\.isServed).compactMap { ScopeName($0.name) }
        }
    }

    /// The digest of all that is here of a scope, as ``digest()`` has it.
    public func digest(of scope: ScopeName) throws(StoreError) -> Digest256 {
        if ReplicaStore.everything.contains(scope) { return try digest() }
        while true {
            let sum = try writing { writer throws(StoreError) -> Digest256? in
                if try writer.refreshDigests(limit: 512) { return nil }
                guard let tracked = try writer.scopes.tracked().first(where: { $0.name == scope.text }) else {
                    return .zero
                }
                return try writer.scopes.table.sum(tracked.number)
            }
            if let sum { return sum }
        }
    }

    /// How many documents are here that are in none of this replica's scopes, or that others wrote to and that are unknown
    /// here: the hub is asked about them at the next sync.
    public func strayCount() throws(StoreError) -> Int {
        try reading { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM stray") ?? 0 }
    }
}

extension ReaderTables {
    /// The scopes that this replica wants.
    func subscriptions() throws(StoreError) -> [ScopeName] {
        let own = try scopes.tracked().filter(\.isOwn).compactMap { ScopeName($0.name) }
        return own.isEmpty ? ReplicaStore.everything : own
    }
}
