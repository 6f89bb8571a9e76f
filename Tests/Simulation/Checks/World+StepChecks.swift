import HubLogic
import HybridTime
import SyncProtocol

/// What is checked while a run goes on: nobody may ever say that something is durable which is not.
extension World {
    private func held(_ node: Node, _ origin: ReplicaID) throws -> SequenceRanges {
        do throws(SimulatedFailure) { return try node.store.held(origin) } catch {
            throw Violation(.nothingLost, "node \(node.number) cannot say what it holds: \(error)")
        }
    }

    /// Receipts and welcomes, as they leave the hub (invariant 9).
    func checkSent(_ frame: SyncFrame, by hub: Node) throws {
        switch frame {
        case .receipt(let receipt):
            for entry in receipt.entries {
                try checkDurable(entry, at: hub)
                if receipt.level == .atHQ { try checkDurable(entry, at: nodes[0]) }
                ledger.receiptedByHub[hub.store.replica, default: [:]][entry.origin, default: SequenceRanges()]
                    .formUnion(entry.ranges)
            }
        default: break
        }
    }

    private func checkDurable(_ entry: OriginRanges, at node: Node) throws {
        // What left a hub's scopes was taken out of its journal once those above it had it.
        let lacking: SequenceRanges
        do throws(SimulatedFailure) {
            lacking = entry.ranges.subtracting(try node.store.heldOrTrimmed(entry.origin))
        } catch { throw Violation(.nothingLost, "node \(node.number) cannot say what it holds: \(error)") }
        guard lacking.isEmpty else {
            throw Violation(
                .nothingLost, "\(lacking.ranges) of \(entry.origin) were receipted and node \(node.number) lacks them")
        }
    }

    /// What a child is about to write down about its hub.
    func checkCommit(_ commit: ReplicaCommit, at child: Node, from hub: Node) throws {
        guard case .receipts(let receipts) = commit else { return }
        guard receipts.lostByHub.isEmpty else {
            throw Violation(.nothingLost, "hub \(hub.number) lost \(receipts.lostByHub) that it had receipted")
        }
        for entry in receipts.atHub where hub.isAlive { try checkDurable(entry, at: hub) }
        for entry in receipts.atHQ { try checkDurable(entry, at: nodes[0]) }
    }

    /// Honest change sets are never refused or put aside.
    func checkOutcomes(_ outcomes: [SegmentOutcome], at node: Node) throws {
        for outcome in outcomes {
            switch outcome.verdict {
            case .stored, .duplicate: break
            case .quarantined, .refused:
                throw Violation(.nothingLost, "node \(node.number) did not take honest work: \(outcome)")
            }
        }
    }

    /// After a crash a hub has all that it ever receipted, and a replica all that it ever saved.
    func checkReceipts(of node: Node) throws {
        for (origin, ranges) in ledger.receiptedByHub[node.store.replica] ?? [:] {
            try checkDurable(OriginRanges(origin: origin, ranges: ranges), at: node)
        }
        let head = ledger.heads[node.store.replica] ?? 0
        let own = try held(node, node.store.replica)
        guard head == 0 || own.contains(1...head) else {
            throw Violation(.nothingLost, "node \(node.number) saved up to \(head) and has \(own.ranges) after a crash")
        }
    }
}
