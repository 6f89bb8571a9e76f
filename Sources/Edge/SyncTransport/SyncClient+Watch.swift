import SyncProtocol

extension SyncClient {
    /// How a visit to one hub came to its end.
    fileprivate enum Visit {
        /// Before the link was live.
        case failed(SyncFailure)
        /// It was live.
        case lost(SyncFailure)
        /// It was live, and a hub that is preferred is back.
        case left(for: HubAddress)
        case cancelled
    }

    /// Stays live with the first hub that takes it, connects again whenever the connection is lost, and turns back to a
    /// hub that comes earlier in the list when that answers again; until its task is cancelled. Throws ``SyncFailure``
    /// only where a person has to do something first, and never with ``Configuration/outlastsRefusals``.
    public func watch() async throws {
        var visitors = configuration.hubs.map { Visitor(hub: $0, wantsLive: true) }
        var choice = HubChoice(configuration.hubs)
        var backoff = Backoff(configuration.retry)
        var comeBack = Interval(configuration.comeBack)
        while !Task.isCancelled {
            let visit = await visit(choice, &visitors[choice.index], comeBack.now)
            if choice.isReturn { comeBack.settle(came: visit.wasLive) }
            switch visit {
            case .cancelled: return
            case .left(let hub):
                tell(.returning(to: hub))
                choice.turn(to: hub)
            case .lost(let failure):
                tell(.failed(HubFailure(hub: choice.current, failure: failure)))
                backoff.reset()
                choice.restart()
                guard await wait(&backoff, failure) else { return }
            case .failed(let failure):
                let next = fail(&choice, failure)
                if case .hub = next { continue }
                let combined = choice.combined
                if next == .giveUp, !configuration.outlastsRefusals { throw combined }
                choice.restart()
                guard await wait(&backoff, combined) else { return }
            }
        }
    }

    /// - Returns: false where the task was cancelled meanwhile.
    private func wait(_ backoff: inout Backoff, _ failure: SyncFailure) async -> Bool {
        var random = SystemRandomNumberGenerator()
        let wait = backoff.next(using: &random)
        tell(.retrying(afterMilliseconds: Int64(wait / .milliseconds(1)), failure))
        do { try await Task.sleep(for: wait) } catch { return false }
        return true
    }

    /// Sessions with one hub until it is lost, or left for one that is preferred.
    private func visit(_ choice: HubChoice, _ visitor: inout Visitor, _ interval: Duration) async -> Visit {
        guard !choice.earlier.isEmpty else {
            visitor.leaving = nil
            return await sessions(&visitor)
        }
        let (leaving, leave) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        visitor.leaving = leaving
        return await withTaskGroup(of: HubAddress?.self) { group in
            group.addTask { await lookOut(for: choice.earlier, every: interval) { leave.yield() } }
            let visit = await sessions(&visitor)
            group.cancelAll()
            let found = await group.next() ?? nil
            if case .lost(.ended(.stopped)) = visit, let found { return .left(for: found) }
            return visit
        }
    }

    /// Says, once in a while, when one of these hubs is back.
    /// - Returns: the one that was there at the last look, when its task is cancelled.
    private func lookOut(
        for hubs: ArraySlice<HubAddress>, every interval: Duration, _ found: () -> Void
    ) async -> HubAddress? {
        var back: HubAddress?
        while true {
            do { try await Task.sleep(for: interval) } catch { return back }
            var seen: HubAddress?
            for hub in hubs where await answers(hub) {
                seen = hub
                break
            }
            if Task.isCancelled { return back }
            back = seen
            if back != nil { found() }
        }
    }

    private func sessions(_ visitor: inout Visitor) async -> Visit {
        var wasLive = false
        var attempt = 0
        while true {
            let (end, totals): (SessionEnd, SyncTotals)
            do { (end, totals) = try await session(&visitor) } catch let failure as SyncFailure {
                if Task.isCancelled { return .cancelled }
                return wasLive ? .lost(failure) : .failed(failure)
            } catch { return .cancelled }
            if Task.isCancelled { return .cancelled }
            if totals.phase == .live { (wasLive, attempt) = (true, 0) }
            attempt += 1
            if end.goesOnAtOnce, attempt < SyncClient.attemptsMax { continue }
            return wasLive ? .lost(.ended(end)) : .failed(.ended(end))
        }
    }

    /// How long to wait between two looks for a preferred hub: longer each time that turning to it came to nothing.
    private struct Interval {
        private var backoff: Backoff
        private(set) var now: Duration

        init(_ bounds: ClosedRange<Duration>) {
            backoff = Backoff(bounds)
            now = bounds.lowerBound
            settle(came: true)
        }

        mutating func settle(came: Bool) {
            var random = SystemRandomNumberGenerator()
            if came { backoff.reset() }
            now = backoff.next(using: &random)
        }
    }
}

extension SyncClient.Visit {
    fileprivate var wasLive: Bool {
        switch self {
        case .lost, .left: true
        case .failed, .cancelled: false
        }
    }
}
