import ByteCoding
import HybridTime
import SyncProtocol

/// A child that found at rest that it does not hold what this hub holds.
extension HubSession {
    mutating func compared(_ name: ScopeName, _ ranges: [RangeDigest]) {
        guard isSubscribed(name), !isComparing, !ranges.isEmpty else { return refuseUnexpected("compare") }
        isComparing = true
        actions.append(.load(.compare(name, ranges)))
    }

    mutating func fetched(_ name: ScopeName, _ documents: [DocumentKey], _ creditBytes: Int) {
        guard isSubscribed(name), !isComparing, !documents.isEmpty else { return refuseUnexpected("fetch") }
        isComparing = true
        actions.append(
            .load(.states(name, documents, bytesMax: SyncLimits.chunkBytesMax, within: childScopes)))
        granted(creditBytes)
    }

    mutating func statesLoaded(_ name: ScopeName, _ answered: Int, _ bytes: [UInt8]) {
        isComparing = false
        put(
            .states(scope: name, answered: answered, bytes: bytes),
            cost: bytes.count + SyncLimits.payloadOverheadBytes)
        serve()
    }

    private func isSubscribed(_ name: ScopeName) -> Bool {
        child?.subscriptions.contains { $0.scope == name } ?? false
    }
}
