import ChangeSets
import Foundation
import HybridTime
import Merging
import ReplicaStore

/// Runs operations as local commits: each looks its rows up by UUID and commits in one transaction, as a command does.
struct Replay {
    let store: ReplicaStore

    func run(_ operation: Operation) throws {
        var failure: (any Error)?
        try store.transaction { transaction throws(StoreError) in
            do { try run(operation, in: transaction) } catch let error as StoreError { throw error } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func run(_ operation: Operation, in transaction: StoreTransaction) throws {
        var changes: [RecordChange] = []
        var document: RecordName?
        var made: [[UInt8]: (RecordName, RecordKind)] = [:]
        var ordinal: UInt16 = 1
        let registers = operation.intent == "register"
        for write in operation.writes {
            var writes: [Write] = []
            let name: RecordName
            if write.isInsert {
                name = .pending(ordinal: registers ? ordinal : ordinal - 1)
                ordinal += 1
                made[write.uuid] = (name, write.kind)
                if write.kind.tag == BenchSchema.result.tag {
                    let booking = try find(BenchSchema.booking, write.uuid, transaction)
                    document = booking.document
                    writes.append(Write(BenchSchema.result.fields[0].tag, .reference(booking.record)))
                    writes.sort { $0.field < $1.field }
                } else {
                    writes.append(Write(write.kind.fields[0].tag, .bytes(write.uuid)))
                }
            } else if write.kind.tag == BenchSchema.result.tag {
                let booking = try find(BenchSchema.booking, write.uuid, transaction)
                let result = try find(BenchSchema.result, reference: booking.record, transaction)
                (name, document) = (result.record, result.document)
            } else {
                let found = try find(write.kind, write.uuid, transaction)
                (name, document) = (found.record, found.document)
            }
            for (field, id) in write.references {
                if let (target, _) = made[id] {
                    writes.append(Write(field.tag, .reference(target)))
                } else {
                    let kind = field.name == "candidate_id" ? BenchSchema.candidate : BenchSchema.booking
                    let found = try find(kind, id, transaction)
                    document = found.document
                    writes.append(Write(field.tag, .reference(found.record)))
                }
            }
            for (field, value) in write.values { writes.append(Write(field.tag, value)) }
            writes.sort { $0.field < $1.field }
            changes.append(RecordChange(name, kind: write.kind.tag, writes))
        }
        let target: Draft.Target
        if registers {
            target = .new
        } else if let document {
            target = .document(document)
        } else {
            throw BenchFailure("an operation on no document")
        }
        let draft = Draft(
            target, documentKind: BenchSchema.document, actor: Text(operation.actor), intent: Text(operation.intent),
            changes: changes)
        try transaction.commit([draft], time: operation.time)
    }

    private func find(
        _ kind: RecordKind, _ uuid: [UInt8], _ transaction: StoreTransaction
    ) throws -> ReplicaStore.Found {
        guard let found = try transaction.find(kind, field: "uuid", equals: .bytes(uuid)) else {
            throw BenchFailure("no \(kind.name) \(uuidText(uuid))")
        }
        return found
    }

    private func find(
        _ kind: RecordKind, reference: RecordName, _ transaction: StoreTransaction
    ) throws -> ReplicaStore.Found {
        guard let found = try transaction.find(kind, field: "booking", equals: .reference(reference)) else {
            throw BenchFailure("no \(kind.name) of \(reference)")
        }
        return found
    }
}
