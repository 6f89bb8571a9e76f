import Foundation
import ReplicaStore
import Synchronization

/// How far a store has come that is being filled from a hub: said once a second, to whoever watches.
final class FillingProgress: Sendable {
    /// One moment of it.
    struct Standing: Hashable {
        /// Documents that are here, and those that the hub has.
        let documents: Int
        let of: Int
        let bytes: Int
        /// Nil before there is anything to judge by.
        let secondsLeft: Int?

        /// - Parameters:
        ///   - gained: how many documents came since it began.
        ///   - seconds: how long that took.
        init(documents: Int, of total: Int, bytes: Int, gained: Int, seconds: Double) {
            self.documents = documents
            of = total
            self.bytes = bytes
            // Nobody counts on more than a month, and a count that a hub made up must not overflow.
            let left = gained > 0 ? Double(max(0, total - documents)) * seconds / Double(gained) : -1
            secondsLeft = left >= 0 ? Int(min(left, 2_592_000).rounded(.up)) : nil
        }

        var inWords: String {
            let time = secondsLeft.map { $0 < 120 ? ", about \($0) s to go" : ", about \(($0 + 59) / 60) min to go" }
            return "filling: \(documents) of \(of) documents, \((bytes + 1_023) / 1_024) KB\(time ?? "")"
        }

        var json: JSONValue {
            [
                "documents": JSONValue(documents), "of": JSONValue(of), "bytes": JSONValue(bytes),
                "secondsLeft": secondsLeft.map { JSONValue($0) } ?? .null,
            ]
        }
    }

    private struct Begun {
        let documents: Int
        let at: ContinuousClock.Instant
        var said: ContinuousClock.Instant
        var bytes = 0
    }

    private let store: ReplicaStore
    private let begun = Mutex<Begun?>(nil)
    private static let pause = Duration.seconds(1)

    init(_ store: ReplicaStore) { self.store = store }

    /// A chunk came. Returns what to say of it, or nil where something was said just now.
    /// - Parameters:
    ///   - total: how many documents the hub has.
    ///   - bytes: how many the chunk has.
    func came(_ total: UInt64, bytes: Int) -> Standing? {
        let now = ContinuousClock.now
        let before = begun.withLock { begun -> Begun? in
            guard begun != nil else { return nil }
            begun?.bytes += bytes
            guard let known = begun, now - known.said >= FillingProgress.pause else { return begun }
            begun?.said = now
            return known
        }
        if let before, now - before.said < FillingProgress.pause { return nil }
        // What is on the disk counts, not what is under way.
        guard let here = try? store.documentCount() else { return nil }
        let first = before ?? Begun(documents: here, at: now, said: now, bytes: bytes)
        if before == nil { begun.withLock { $0 = first } }
        return Standing(
            documents: here, of: max(Int(clamping: total), here), bytes: first.bytes, gained: here - first.documents,
            seconds: (now - first.at) / .seconds(1))
    }
}
