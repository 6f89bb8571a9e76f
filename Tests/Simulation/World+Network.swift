import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport

/// Connections, and the small steps that move them.
extension World {
    enum Side { case child, hub, both }

    func open(_ node: Node, isLive: Bool) throws {
        guard let parent = node.parent, nodes[parent].isAlive else { return }
        // A device has one or two sessions at a time: its own and that of another process on the same store.
        guard node.connections.filter({ $0.child == node.number }).count < 2 else { return }
        sessionsOpened += 1
        statistics.sessions += 1
        let identity: HubIdentity
        do throws(SimulatedFailure) { identity = try nodes[parent].store.hubIdentity() } catch { return }
        let connection = Connection(
            number: sessionsOpened, child: node.number, hub: parent, isLive: isLive,
            windowBytes: SyncLimits.windowBytesMin, identity: identity)
        connection.cutAfter = pendingCuts.removeValue(forKey: node.number)
        connections.append(connection)
        node.connections.append(connection)
        nodes[parent].connections.append(connection)
        trace.note(.opened, connection.number, node.number, parent)
        try take(connection.childSession.receive(.connected(clock: now + node.clockOffset)), of: connection)
    }

    // MARK: Small steps

    func pump(_ count: Int, _ random: inout SeededRandom) throws {
        for _ in 0..<count {
            guard try microStep(&random) else { return }
        }
    }

    /// Runs until nothing moves any more.
    func settle(_ random: inout SeededRandom) throws {
        var left = 2_000_000
        while try microStep(&random) {
            left -= 1
            guard left > 0 else { throw Violation(.bounded, "the network never comes to rest") }
        }
    }

    /// - Returns: false where nothing can move.
    private func microStep(_ random: inout SeededRandom) throws -> Bool {
        guard !connections.isEmpty else { return false }
        let count = connections.count
        let start = Int(truncatingIfNeeded: random.next() >> 33) % count
        for offset in 0..<count {
            let connection = connections[(start + offset) % count]
            let hub = nodes[connection.hub]
            let hasQueue = hub.queue.contains { $0.connection === connection }
            guard connection.canMove || hasQueue else { continue }
            statistics.microSteps += 1
            try move(connection, hub, hasQueue, &random)
            retire(connection)
            return true
        }
        return false
    }

    private func move(_ connection: Connection, _ hub: Node, _ hasQueue: Bool, _ random: inout SeededRandom) throws {
        let choice = Int(truncatingIfNeeded: random.next() >> 40)
        for offset in 0..<5 {
            switch (choice + offset) % 5 {
            case 0 where connection.up.canDeliver: return try deliverUp(connection, &random)
            case 1 where connection.down.canDeliver: return try deliverDown(connection, &random)
            case 2 where !connection.childWork.isEmpty: return try childWork(connection, &random)
            case 3 where !connection.hubLoads.isEmpty: return try hubLoad(connection)
            case 4 where hasQueue: return try hubCommit(hub, &random)
            default: continue
            }
        }
    }

    private func piece(_ connection: Connection, _ queue: ByteQueue, _ random: inout SeededRandom) -> Int {
        var count = queue.count
        if options.isFragmented || random.next() % 8 == 0 { count = min(count, 1 + Int(random.next() % 600)) }
        if let cutAfter = connection.cutAfter { count = min(count, max(0, cutAfter - connection.bytes)) }
        return count
    }

    /// - Returns: false where the line broke instead.
    private func survives(_ connection: Connection) throws -> Bool {
        guard let cutAfter = connection.cutAfter, connection.bytes >= cutAfter else { return true }
        statistics.count(.cut)
        try breakLine(connection, .both)
        return false
    }

    private func deliverUp(_ connection: Connection, _ random: inout SeededRandom) throws {
        guard try survives(connection) else { return }
        let count = piece(connection, connection.up, &random)
        let bytes = connection.up.take(count)
        trace.note(.up, connection.number, count)
        connection.bytesUp += count
        connection.beatUp += count
        statistics.bytes += count
        if connection.hubEnd == nil, count > 0 {
            connection.upReader.append(bytes)
            do {
                while connection.hubEnd == nil, let frame = try connection.upReader.next() {
                    if connection.notesFrames { connection.framesUp.append(frame.name) }
                    try take(connection.hubSession.receive(.received(frame)), of: connection)
                }
            } catch let failure as Violation { throw failure } catch {
                throw Violation(.bounded, "what a child sent is no frame: \(error)")
            }
        }
        if connection.up.count == 0, connection.up.isClosed {
            connection.up.isDrained = true
            if connection.hubEnd == nil { try take(connection.hubSession.receive(.disconnected), of: connection) }
        }
    }

    private func deliverDown(_ connection: Connection, _ random: inout SeededRandom) throws {
        guard try survives(connection) else { return }
        let count = piece(connection, connection.down, &random)
        let bytes = connection.down.take(count)
        trace.note(.down, connection.number, count)
        connection.bytesDown += count
        connection.beatDown += count
        statistics.bytes += count
        if connection.childEnd == nil, count > 0 {
            connection.downReader.append(bytes)
            do {
                while connection.childEnd == nil, let frame = try connection.downReader.next() {
                    if case .grant = frame { statistics.grants += 1 }
                    if case .revoke = frame { statistics.revokes += 1 }
                    if connection.notesFrames { connection.framesDown.append(frame.name) }
                    try take(connection.childSession.receive(.received(frame)), of: connection)
                }
            } catch let failure as Violation { throw failure } catch {
                throw Violation(.bounded, "what a hub sent is no frame: \(error)")
            }
        }
        if connection.down.count == 0, connection.down.isClosed {
            connection.down.isDrained = true
            if connection.childEnd == nil { try take(connection.childSession.receive(.disconnected), of: connection) }
        }
    }

    /// Forgets a connection that is over on both sides.
    private func retire(_ connection: Connection) {
        guard connection.hasEnded, connection.childWork.isEmpty,
            !nodes[connection.hub].queue.contains(where: { $0.connection === connection })
        else { return }
        connections.removeAll { $0 === connection }
        nodes[connection.child].connections.removeAll { $0 === connection }
        nodes[connection.hub].connections.removeAll { $0 === connection }
    }

    // MARK: Faults of lines

    func cutOne(_ node: Node, isHalf: Bool, _ random: inout SeededRandom) throws {
        guard let connection = node.connections.randomElement(using: &random) else { return }
        statistics.count(isHalf ? .halfOpen : .cut)
        try breakLine(connection, isHalf ? (Bool.random(using: &random) ? .child : .hub) : .both)
    }

    /// - Parameter noticed: who learns of it now. The other side waits for bytes that never come.
    func breakLine(_ connection: Connection, _ noticed: Side) throws {
        trace.note(.cut, connection.number)
        connection.up.lose()
        connection.down.lose()
        connection.up.isDrained = true
        connection.down.isDrained = true
        if noticed != .hub, connection.childEnd == nil {
            try take(connection.childSession.receive(.disconnected), of: connection)
        }
        if noticed != .child, connection.hubEnd == nil {
            try take(connection.hubSession.receive(.disconnected), of: connection)
        }
        retire(connection)
    }

    func stall(_ node: Node, isUp: Bool) {
        guard let connection = node.connections.first(where: { $0.child == node.number }) else { return }
        statistics.count(.stall)
        if isUp { connection.up.isStalled = true } else { connection.down.isStalled = true }
    }

    /// One heartbeat of both sides.
    func beat(_ connection: Connection) throws {
        trace.note(.beat, connection.number)
        let (up, down) = (connection.beatUp, connection.beatDown)
        (connection.beatUp, connection.beatDown) = (0, 0)
        if connection.childEnd == nil {
            let traffic = Traffic(
                received: down, sent: up, unsent: connection.up.count,
                isInsideFrame: connection.downReader.isInsideFrame)
            try take(connection.childSession.receive(.heartbeat(traffic)), of: connection)
        }
        if connection.hubEnd == nil {
            let traffic = Traffic(
                received: up, sent: down, unsent: connection.down.count,
                isInsideFrame: connection.upReader.isInsideFrame)
            try take(connection.hubSession.receive(.heartbeat(traffic)), of: connection)
        }
        retire(connection)
    }

    /// The power goes at one node. A commit that was under way may have come to its end or not.
    func crash(_ node: Node) throws {
        statistics.count(.crash)
        trace.note(.crash, node.number)
        node.queue = []
        for connection in node.connections {
            if connection.child == node.number {
                connection.childWork = []
                connection.childEnd = connection.childEnd ?? .peerLeft
                connection.down.lose()
                connection.down.isDrained = true
                connection.up.isClosed = true
            } else {
                connection.hubLoads = []
                connection.hubEnd = connection.hubEnd ?? .peerLeft
                connection.up.lose()
                connection.up.isDrained = true
                connection.down.isClosed = true
            }
            retire(connection)
        }
        node.forms = []
        node.store.cutInNextCommit = false
        do throws(SimulatedFailure) { try node.store.crash() } catch {
            throw Violation(.nothingLost, "node \(node.number) does not open after a crash: \(error)")
        }
        _ = node.store.takeNews()
        try adoptUnheard(of: node)
        try checkReceipts(of: node)
    }

    /// What was durable when the power went although nobody had heard so: saved after all, and whole.
    private func adoptUnheard(of node: Node) throws {
        let origin = node.store.replica
        let known = ledger.heads[origin] ?? 0
        do throws(SimulatedFailure) {
            let end = try node.store.held(origin).last ?? 0
            guard end > known else { return }
            statistics.count(.commitInDoubt)
            let sets = try node.store.journal(origin, (known + 1)...end)
            guard sets.count == Int(end - known), sets.first?.group == known + 1 else {
                throw SimulatedFailure.broken("half of a group is there after a crash")
            }
            do { for set in sets { try saved(set, at: node) } } catch let violation as Violation {
                throw SimulatedFailure.broken("\(violation)")
            } catch {}
        } catch { throw Violation(.nothingLost, "node \(node.number): \(error)") }
    }
}
