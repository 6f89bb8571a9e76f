import ByteCoding
import ChangeSets
import HybridTime
import Merging

extension ReplicaStore {
    /// Commits drafts as one transaction and one group; when it returns, they are saved.
    ///
    /// - Parameters:
    ///   - time: the device's wall clock, in milliseconds since 1970.
    ///   - salts: gives the salts of documents that are made; a simulation repeats its own.
    /// - Throws: ``StoreError``; nothing of the group is then saved.
    @discardableResult
    public func commit(
        _ drafts: [Draft], time: Int64, salts: @escaping () -> Salt = Salt.random
    ) throws(StoreError) -> [ChangeSet] {
        try transaction(salts: salts) { transaction throws(StoreError) in try transaction.commit(drafts, time: time) }
    }

    /// Runs `body` as one transaction that reads and commits: nobody else writes between its look and its commit.
    public func transaction<Result>(
        _ body: (StoreTransaction) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try transaction(salts: Salt.random, body)
    }

    private func transaction<Result>(
        salts: @escaping () -> Salt, _ body: (StoreTransaction) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        let (result, committed) = try writing(isNewWork: true) { writer throws(StoreError) in
            let transaction = StoreTransaction(writer, salts: salts)
            let result = try body(transaction)
            // A commit that failed has left part of its work in the tables, whatever the body made of the error.
            if let failure = transaction.failure { throw failure }
            return (result, transaction.hasCommitted)
        }
        if committed { changes.post(.committed) }
        return result
    }

    /// Runs `body` as ``transaction(_:)`` does and then takes back all that it did: what would a commit make of it, rules
    /// included? Nobody else writes meanwhile.
    public func rehearsal<Result>(
        _ body: (StoreTransaction) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        try rehearsing { writer throws(StoreError) in try body(StoreTransaction(writer, salts: Salt.random)) }
    }

    /// Puts a received segment into the journal and the state, durably.
    /// - Parameters:
    ///   - name: what its change sets go by, where that is a branch's name and not the one that they were written under.
    ///   - first: the number of the first of them under that name.
    public func apply(
        _ segment: [UInt8], as name: ReplicaID? = nil, from first: Sequence32? = nil
    ) throws(StoreError) -> Result<ApplyOutcome, DecodingFailure> {
        let result = try writing { writer throws(StoreError) in
            try writer.apply(segment, as: name, from: first, entersFeed: isHub)
        }
        if case .success = result { changes.post(.applied) }
        return result
    }
}

extension Salt {
    /// Sixteen bytes that nobody can guess.
    @Sendable public static func random() -> Salt {
        Salt(UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    }
}
