import NIOConcurrencyHelpers

/// The sessions that are open at a hub, and the last one of each child that has left, as far as memory is bounded.
final class SessionBook: Sendable {
    private struct State {
        var next = 0
        var open: [Int: SessionMeter] = [:]
        /// By replica.
        var away: [String: SessionStatus] = [:]
    }

    /// How many children are remembered after they left; the ones that left first are forgotten.
    private static let awayMax = 2_048

    private let state = NIOLockedValueBox(State())

    func nextNumber() -> Int {
        state.withLockedValue { state in
            state.next += 1
            return state.next
        }
    }

    func add(_ meter: SessionMeter) { state.withLockedValue { $0.open[meter.number] = meter } }

    func remove(_ meter: SessionMeter) {
        let last = meter.status
        state.withLockedValue { state in
            state.open[meter.number] = nil
            guard !last.replica.isEmpty else { return }
            state.away[last.replica] = last
            guard state.away.count > SessionBook.awayMax,
                let oldest = state.away.values.min(by: { ($0.until ?? 0) < ($1.until ?? 0) })
            else { return }
            state.away[oldest.replica] = nil
        }
    }

    /// In the order in which they began.
    var open: [SessionStatus] {
        state.withLockedValue { Array($0.open.values) }.map(\.status).sorted { $0.session < $1.session }
    }

    /// The last session of each child that has none now, the one that left last first.
    var away: [SessionStatus] {
        let present = Set(open.map(\.replica))
        return state.withLockedValue { Array($0.away.values) }.filter { !present.contains($0.replica) }
            .sorted { ($0.until ?? 0, $0.session) > ($1.until ?? 0, $1.session) }
    }
}
