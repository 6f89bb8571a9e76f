import HybridTime
import Merging
import SyncProtocol
import SyncTestSupport

/// What is checked of scopes (invariant 8).
extension World {
    /// The scopes that a document is in by the naive merge of all that was ever saved.
    func finalScopes(_ name: RecordName) -> [String] {
        guard plan != nil else { return [] }
        if let known = agreedScopes[name] { return known }
        let found = Oracle(ledger.byDocument[name] ?? []).entries.compactMap { entry -> String? in
            guard entry.record == name, entry.field == EngineRecords.scopes.tag.raw, case .text(let text) = entry.value
            else { return nil }
            return text.string
        }
        if isHealed { agreedScopes[name] = found }
        return found
    }

    /// What a live child lacks or has too much of, measured by its hub.
    func checkScopedLevel(_ child: Node, _ hub: Node) throws {
        do throws(SimulatedFailure) {
            for state in try hub.store.allStates() {
                let context = child.store.context(of: state.name)
                if child.wants(state.scopes), !context.covers(state.context) {
                    throw SimulatedFailure.broken("\(state.name) is behind")
                }
                if !child.wants(state.scopes), !context.isEmpty, state.context.covers(context),
                    let mine = try child.store.state(of: state.name), !child.wants(mine.scopes)
                {
                    throw SimulatedFailure.broken("\(state.name) is in none of its scopes and did not go")
                }
            }
        } catch {
            throw Violation(
                .inScopeHeld,
                "node \(child.number) with hub \(hub.number), although its session is live and quiet: \(error)")
        }
    }

    /// At rest after healing nobody has a document outside of its scopes or asks about one, and both sides of every line
    /// have the same digests.
    func checkScopes(_ node: Node, _ contexts: [(RecordName, Context)]) throws {
        do throws(SimulatedFailure) {
            for (name, context) in contexts where !context.isEmpty && !node.wants(finalScopes(name)) {
                throw SimulatedFailure.broken("it has \(name), which is in \(finalScopes(name))")
            }
            let strays = try node.store.strayCount()
            guard strays == 0 else { throw SimulatedFailure.broken("it still asks about \(strays) documents") }
            guard let parent = node.parent else { return }
            for scope in node.scopes.compactMap({ ScopeName($0) }) {
                let (mine, theirs) = (try node.store.digest(of: scope), try nodes[parent].store.digest(of: scope))
                guard mine == theirs else { throw SimulatedFailure.broken("another digest of \(scope) than its hub") }
            }
        } catch { throw Violation(.inScopeHeld, "node \(node.number): \(error)") }
    }
}
