import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport

/// What sessions want done, and the stores that do it.
extension World {
    func take(_ actions: [ReplicaAction], of connection: Connection) throws {
        for action in actions {
            switch action {
            case .send(let frame): connection.up.send(frame.encoded)
            case .load, .commit: connection.childWork.append(action)
            case .report: break
            case .close(let end): try childEnded(connection, end)
            }
        }
    }

    func take(_ actions: [HubAction], of connection: Connection) throws {
        for action in actions {
            switch action {
            case .send(let frame):
                try checkSent(frame, by: nodes[connection.hub])
                connection.down.send(frame.encoded)
            case .load(let load): connection.hubLoads.append(load)
            case .commit(let payload): nodes[connection.hub].queue.append((connection, payload))
            case .introduce: break
            case .acceptFullFrames: connection.upReader.frameBytesMax = SyncLimits.frameBytesMax
            case .reportFork(let fork):
                throw Violation(.oneHash, "node \(connection.hub) sees a fork of \(fork.origin) at \(fork.sequence)")
            case .reportRegression:
                throw Violation(.bounded, "node \(connection.hub) takes itself for one that was put back")
            case .close(let end): try hubEnded(connection, end)
            }
        }
    }

    private func childEnded(_ connection: Connection, _ end: SessionEnd) throws {
        trace.note(.childEnd, connection.number, detail: "\(end)")
        connection.childEnd = end
        connection.up.isClosed = true
        // Loads end with the session; commits that were handed over are still done.
        connection.childWork.removeAll { if case .load = $0 { true } else { false } }
        connection.down.lose()
        connection.down.isDrained = true
        if !isOutrun(end, nodes[connection.child]) {
            try judge(end, "child \(connection.child) of \(connection.hub)")
        }
        if end == .completed { statistics.completed += 1 }
    }

    /// Whether a hub seemed to know more of a device only because another session of the device had pushed meanwhile: the
    /// store looks at its head again before it settles anything, and the next session finds nothing.
    private func isOutrun(_ end: SessionEnd, _ node: Node) -> Bool {
        guard case .diverged(let divergence) = end, divergence.isPrefix, divergence.origin == node.store.replica,
            let last = try? node.store.held(divergence.origin).last
        else { return false }
        return last != divergence.head
    }

    private func hubEnded(_ connection: Connection, _ end: SessionEnd) throws {
        trace.note(.hubEnd, connection.number, detail: "\(end)")
        connection.hubEnd = end
        connection.down.isClosed = true
        connection.hubLoads = []
        connection.up.lose()
        connection.up.isDrained = true
        try judge(end, "hub \(connection.hub) of \(connection.child)")
    }

    /// Honest sessions end in a few ways only.
    private func judge(_ end: SessionEnd, _ who: String) throws {
        switch end {
        case .completed, .stopped, .peerLeft: break
        case .diverged(let divergence):
            throw Violation(.oneHash, "\(who): two histories of one origin: \(divergence)")
        case .peerLost: statistics.count(.peerLost)
        case .storageFailed: statistics.count(.storageFailed)
        case .refusedByPeer(let error) where error.code == .storageFailed: break
        // The child's first bytes were held up.
        case .refusedPeer(let error) where error.code == .helloTimeout: break
        case .refusedByPeer(let error) where error.code == .helloTimeout: break
        case .refusedPeer(let error), .refusedByPeer(let error):
            throw Violation(.bounded, "\(who): a session of honest peers was refused: \(error)")
        }
        if isHealed, end != .completed {
            throw Violation(.bounded, "\(who): a session ended with \(end) although nothing is broken")
        }
    }

    // MARK: The child's store

    /// Loads and commits go to two workers of their own: which of them is done first is open.
    func childWork(_ connection: Connection, _ random: inout SeededRandom) throws {
        var index = 0
        if connection.childWork.count > 1, random.next() % 2 == 0 {
            let isLoad = { (action: ReplicaAction) in if case .load = action { true } else { false } }
            let first = isLoad(connection.childWork[0])
            index = connection.childWork.firstIndex { isLoad($0) != first } ?? 0
        }
        let action = connection.childWork.remove(at: index)
        let node = nodes[connection.child]
        switch action {
        case .load(let load):
            trace.note(.childLoad, connection.number)
            let answer: ReplicaLoaded
            do throws(SimulatedFailure) { answer = try node.store.answer(load) } catch {
                return try childFailed(connection, error)
            }
            if connection.childEnd == nil { try take(connection.childSession.receive(.loaded(answer)), of: connection) }
        case .commit(let commits):
            trace.note(.childCommit, connection.number, commits.count)
            for commit in commits { try checkCommit(commit, at: node, from: nodes[connection.hub]) }
            let outcomes: [SegmentOutcome]
            do throws(SimulatedFailure) { outcomes = try node.store.perform(commits) } catch {
                if error == .powerCut { return try crash(node) }
                try childFailed(connection, error)
                return try tellNews(of: node)
            }
            try checkOutcomes(outcomes, at: node)
            if connection.childEnd == nil {
                try take(connection.childSession.receive(.committed(outcomes)), of: connection)
            }
            try tellNews(of: node)
        default: break
        }
    }

    private func childFailed(_ connection: Connection, _ failure: SimulatedFailure) throws {
        guard case .disk(let message) = failure else {
            throw Violation(.nothingLost, "node \(connection.child): \(failure)")
        }
        guard connection.childEnd == nil else { return }
        try take(connection.childSession.receive(.storageFailed(StorageFailure(message))), of: connection)
    }

    // MARK: The hub's store

    func hubLoad(_ connection: Connection) throws {
        let load = connection.hubLoads.removeFirst()
        let node = nodes[connection.hub]
        trace.note(.hubLoad, connection.number)
        let answer: HubLoaded
        do throws(SimulatedFailure) { answer = try node.store.answer(load, clock: now + node.clockOffset) } catch {
            guard case .disk(let message) = error else {
                throw Violation(.nothingLost, "hub \(node.number): \(error)")
            }
            guard connection.hubEnd == nil else { return }
            return try take(connection.hubSession.receive(.storageFailed(StorageFailure(message))), of: connection)
        }
        if connection.hubEnd == nil { try take(connection.hubSession.receive(.loaded(answer)), of: connection) }
        try tellNews(of: node)
    }

    /// The hub's one writer takes some of what waits, of any session, in one commit.
    func hubCommit(_ hub: Node, _ random: inout SeededRandom) throws {
        let count = min(hub.queue.count, 1 + Int(random.next() % 4))
        let batch = Array(hub.queue.prefix(count))
        hub.queue.removeFirst(count)
        trace.note(.hubCommit, hub.number, count)
        var grouped: [(connection: Connection, outcomes: [SegmentOutcome])] = []
        do throws(SimulatedFailure) {
            let outcomes = try hub.store.take(batch.map(\.payload))
            for (entry, outcome) in zip(batch, outcomes) {
                if let index = grouped.firstIndex(where: { $0.connection === entry.connection }) {
                    grouped[index].outcomes.append(outcome)
                } else {
                    grouped.append((entry.connection, [outcome]))
                }
            }
        } catch {
            if error == .powerCut { return try crash(hub) }
            guard case .disk(let message) = error else {
                throw Violation(.nothingLost, "hub \(hub.number): \(error)")
            }
            // Those behind in the queue belong to sessions that end now.
            for entry in batch where entry.connection.hubEnd == nil {
                let actions = entry.connection.hubSession.receive(.storageFailed(StorageFailure(message)))
                try take(actions, of: entry.connection)
            }
            return
        }
        for (connection, outcomes) in grouped {
            try checkOutcomes(outcomes, at: hub)
            guard connection.hubEnd == nil else { continue }
            try take(connection.hubSession.receive(.committed(outcomes)), of: connection)
        }
        try tellNews(of: hub)
    }
}
