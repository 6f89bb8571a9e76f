import ChangeSets
import HybridTime
import Merging

/// Documents come to be in scopes, are booked into sites, cancelled and moved, by whoever has them.
extension Workload {
    /// The writes that put a new document into scopes: mostly those of whoever makes it.
    mutating func birth() -> [Write] {
        guard let plan else { return [] }
        switch (node.kind, below(20)) {
        case (.desk, 2...), (.server, 2...): return writes(plan.within(node.site ?? 0), .add)
        case (.region, 2...): return writes([plan.region(node.number - 1)], .add)
        case (.headquarters, 18...): return []
        case (_, 0): return writes([ScopePlan.common], .add)
        // Somebody registers here for another site, and will not keep it.
        default: return writes(someScopes(plan), .add)
        }
    }

    /// Books a document into a site, cancels it there or moves it.
    mutating func place(_ plan: ScopePlan) -> [Draft]? {
        guard let document = known(), let kind = ledger.byDocument[document]?.first?.documentKind,
            let root = ExamSchema.documents.first(where: { $0.tag == kind })
        else { return nil }
        let intent: String
        var changes: [Write]
        switch below(8) {
        case 0..<4:
            intent = "book"
            changes = writes(someScopes(plan), .add)
        case 4..<7:
            intent = "cancel"
            changes = writes(leftScopes(plan), .remove)
        default:
            intent = "move"
            let from = below(plan.sites)
            changes = writes([plan.site(from)], .remove)
            let target = below(plan.sites)
            if target != from { changes += writes(plan.within(target), .add) }
        }
        return [
            draft(
                .document(document), root, intent, [RecordChange(document, kind: root.records[0].tag, changes)])
        ]
    }

    private mutating func known() -> RecordName? {
        for _ in 0..<4 {
            guard !ledger.documents.isEmpty else { return nil }
            let name = ledger.documents[below(ledger.documents.count)]
            if !node.store.context(of: name).isEmpty { return name }
        }
        return nil
    }

    /// A site with its region, a region, or what everyone has.
    private mutating func someScopes(_ plan: ScopePlan) -> [String] {
        switch below(8) {
        case 0: [ScopePlan.common]
        case 1 where plan.regions > 0: [plan.region(below(plan.regions))]
        default: plan.within(below(plan.sites))
        }
    }

    /// A site alone, a region with its sites, or what everyone has.
    private mutating func leftScopes(_ plan: ScopePlan) -> [String] {
        switch below(6) {
        case 0: [ScopePlan.common]
        case 1 where plan.regions > 0: plan.all(below(plan.regions))
        default: [plan.site(below(plan.sites))]
        }
    }

    private func writes(_ scopes: [String], _ kind: WriteKind) -> [Write] {
        scopes.map { Write(EngineRecords.scopes.tag, .text($0), kind) }
    }
}
