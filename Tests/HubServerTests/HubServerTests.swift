import HubServer
import HybridTime
import Logging
import ServiceLifecycle
import SyncProtocol
import SyncTestSupport
import SyncTransport
import Testing

@Suite("A hub on a socket", .timeLimit(.minutes(1)))
struct HubServerTests {
    private func desk(_ number: Int, writing count: Int) -> SharedMemoryStore {
        var store = MemoryStore(UInt64(number))
        store.write(count)
        return SharedMemoryStore(store)
    }

    @Test("Twenty replicas at once end with the same")
    func manyAtOnce() async throws {
        try await Rig.run(.hub(100)) { rig in
            let stores = (1...20).map { desk($0, writing: 40) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in stores { group.addTask { _ = try await rig.client(store).syncOnce() } }
                try await group.waitForAll()
            }
            for store in stores { _ = try await rig.client(store).syncOnce() }
            let expected = rig.store.snapshot.covered
            #expect(expected.count == 800)
            for store in stores { #expect(store.snapshot.covered == expected) }
            #expect(rig.store.snapshot.repeats == 0)
            let (commits, segments) = await rig.hub.commitCounts
            #expect(segments == 160)
            #expect(commits <= segments)
            #expect(await eventually { rig.hub.sessionCount == 0 })
        }
    }

    @Test("Random bytes at the port disturb nobody and are logged with a code")
    func noise() async throws {
        // Noise that begins an honest frame is silent from then on and ends at the hello's time; nobody else may meet it,
        // however busy the machine is.
        try await Rig.run(.hub(100), { $0.heartbeat = .seconds(6) }) { rig in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        var random = SeededRandom(UInt64(number))
                        let noise = (0..<2_000).map { _ in UInt8.random(in: 0...255, using: &random) }
                        // A length that is honest takes half of the noise past the first check.
                        let answer = try await rig.exchange(number % 2 == 0 ? noise : [40] + noise.prefix(40))
                        #expect(answer.count == 1)
                        guard case .error(let error) = answer.first else { return }
                        #expect(error.endsSession)
                        #expect(
                            [.malformedFrame, .limitExceeded, .unexpectedFrame, .helloTimeout].contains(error.code))
                    }
                }
                for number in 1...8 {
                    let store = desk(number, writing: 20)
                    group.addTask { _ = try await rig.client(store).syncOnce() }
                }
                try await group.waitForAll()
            }
            #expect(rig.store.snapshot.covered.count == 160)
            let refusals = rig.log.lines.filter { $0.message == "peer refused" }
            #expect(refusals.count == 30)
            #expect(refusals.allSatisfy { $0.level == .warning && $0.metadata["code"] != nil })
            #expect(refusals.allSatisfy { $0.metadata["peer"]?.contains("127.0.0.1") == true })
        }
    }

    @Test("A hello with any bit turned over disturbs nobody; who tells twice of what the hub lost is believed")
    func garbledHello() async throws {
        try await Rig.run(.hub(100)) { rig in
            let (watcher, other) = (desk(1, writing: 3), desk(2, writing: 3))
            let ends = Ends()
            let client = rig.client(watcher) { if case .ended(let end) = $0 { ends.add(end) } }
            let watching = Task { try await client.watch() }
            _ = try await rig.client(other).syncOnce()
            #expect(await eventually { watcher.snapshot.covered.count == 6 })
            let epoch = rig.store.snapshot.epoch
            var hello = Rig.hello(of: other.snapshot)
            let honest = SyncFrame.hello(hello).encoded
            var told = 0
            // All but the length, which would have the hub wait for more.
            for bit in 8 * 2..<honest.count * 8 {
                var bytes = honest
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                guard try await rig.tellsOfLoss(bytes) else { continue }
                told += 1
            }
            // Sixty-four bits of a name, and some of counts and positions.
            #expect(told > 64)
            #expect(rig.store.snapshot.epoch == epoch)
            #expect(ends.all.isEmpty)
            hello.receiptedAtHub = 9
            for time in 1...2 {
                #expect(try await rig.tellsOfLoss(SyncFrame.hello(hello).encoded))
                #expect((rig.store.snapshot.epoch != epoch) == (time == 2))
            }
            watching.cancel()
        }
    }

    @Test("Live replicas hear of each other's work")
    func live() async throws {
        try await Rig.run(.hub(100)) { rig in
            let stores = (1...3).map { desk($0, writing: 5) }
            let watching = stores.map { store in Task { try await rig.client(store).watch() } }
            #expect(await eventually { stores.allSatisfy { $0.snapshot.covered.count == 15 } })
            stores[0].change { $0.write(4) }
            #expect(await eventually { stores.allSatisfy { $0.snapshot.covered.count == 19 } })
            #expect(await eventually { stores[0].snapshot.atHQ[ReplicaID(1)]?.total == 9 })
            for task in watching { task.cancel() }
            for task in watching { try await task.value }
            #expect(await eventually { rig.hub.sessionCount == 0 })
        }
    }

    @Test("Where sessions are so many that not all hear at once, all hear in the end")
    func manyLive() async throws {
        try await Rig.run(.hub(100)) { rig in
            let stores = (1...70).map { desk($0, writing: 0) }
            let watching = stores.map { store in Task { try await rig.client(store).watch() } }
            #expect(await eventually { rig.hub.sessionCount == 70 })
            for round in 1...3 {
                // Another one each time: who writes is no longer the one who wrote before.
                stores[round].change { $0.write(2) }
                #expect(await eventually { stores.allSatisfy { $0.snapshot.covered.count == 2 * round } })
            }
            for task in watching { task.cancel() }
            for task in watching { try await task.value }
        }
    }

    @Test("A peer that gave much credit and does not read has one page in memory, and is dropped")
    func unread() async throws {
        var store = MemoryStore.hub(100)
        store.changeSetBytes = 20_000
        for replica in 10...59 as ClosedRange<UInt64> { store.adopt(ReplicaID(replica), 1...10) }
        let pageBytesMax = SyncLimits.feedLoadBytesMax + 10 * 20_100
        try await Rig.run(store, { $0.heartbeat = .milliseconds(200) }) { rig in
            var hello = Rig.hello(of: 5)
            let scope = try #require(ScopeName("org"))
            hello.subscriptions = [Subscription(scope: scope, cursor: .none)]
            let pull = SyncFrame.pull(scope: scope, cursor: .feed(0), creditBytes: SyncLimits.windowBytesMax)
            let most = Most()
            try await rig.unread(hello, pull) {
                #expect(
                    await eventually {
                        most.take(rig.hub.sessions.map(\.bytesWaiting).max() ?? 0)
                        return rig.log.lines.contains { $0.message == "peer lost" }
                    })
            }
            #expect((1...FrameOutbox.drainedBytesMax + pageBytesMax).contains(most.value), "\(rig.log.lines)")
        }
    }

    @Test("A site passes work up, receipts at HQ down, and news to its other desks, all live")
    func tree() async throws {
        try await Rig.run(.hub(300)) { hq in
            var parent = SyncClient.Configuration(host: "127.0.0.1", port: hq.port)
            parent.retry = .milliseconds(10) ... .milliseconds(40)
            let uplink = parent
            try await Rig.run(.hub(200, headquarters: false), { $0.parent = uplink }) { site in
                let stores = (1...2).map { desk($0, writing: 0) }
                let watching = stores.map { store in Task { try await site.client(store).watch() } }
                #expect(await eventually { site.hub.sessionCount == 2 && hq.hub.sessionCount == 1 })
                stores[0].change { $0.write(6) }
                #expect(await eventually { stores[0].snapshot.atHQ[ReplicaID(1)]?.total == 6 })
                #expect(await eventually { stores[1].snapshot.covered.count == 6 })
                #expect(hq.store.snapshot.covered.count == 6)
                hq.store.change { $0.adopt(ReplicaID(9), 1...3) }
                #expect(await eventually { stores.allSatisfy { $0.snapshot.covered.count == 9 } })
                for task in watching { task.cancel() }
            }
        }
    }

    @Test("A watcher comes back after the hub was gone")
    func reconnects() async throws {
        let store = desk(1, writing: 3)
        let port = Rig.privatePort()
        let hub = try await Rig.run(.hub(100), { $0.port = port }) { rig in
            _ = try await rig.client(store).syncOnce()
            return rig.store.snapshot
        }
        store.change { $0.write(2) }
        var configuration = SyncClient.Configuration(host: "127.0.0.1", port: port)
        configuration.retry = .milliseconds(10) ... .milliseconds(40)
        let retries = Counter()
        let client = SyncClient(configuration: configuration, store: store, logger: Logger(label: "test")) {
            if case .retrying = $0 { retries.increment() }
        }
        let watching = Task { try await client.watch() }
        #expect(await eventually { retries.value >= 2 })
        try await Rig.run(hub, { $0.port = port }) { rig in
            #expect(await eventually { rig.store.snapshot.covered.count == 5 })
            watching.cancel()
            try await watching.value
        }
    }

    @Test("Shutdown tells sessions why and frees the port")
    func shutdown() async throws {
        let log = LogLines()
        let store = SharedMemoryStore(.hub(100))
        var configuration = HubServer.Configuration()
        configuration.grace = .seconds(5)
        configuration.port = Rig.privatePort()
        let hub = try HubServer(configuration: configuration, store: store, logger: log.logger)
        let group = ServiceGroup(services: [hub], logger: log.logger)
        let running = Task { try await group.run() }
        let port = try await hub.boundPort
        let client = SyncClient(
            configuration: .init(host: "127.0.0.1", port: port), store: desk(1, writing: 3), logger: log.logger)
        let ends = Ends()
        let watcher = SyncClient(
            configuration: .init(host: "127.0.0.1", port: port), store: desk(2, writing: 3), logger: log.logger
        ) { if case .ended(let end) = $0 { ends.add(end) } }
        _ = try await client.syncOnce()
        let watching = Task { try await watcher.watch() }
        #expect(await eventually { store.snapshot.covered.count == 6 })
        await group.triggerGracefulShutdown()
        try await running.value
        #expect(await eventually { !ends.all.isEmpty })
        guard case .refusedByPeer(let error) = ends.all.first else {
            Issue.record("the session ended with \(ends.all)")
            return watching.cancel()
        }
        #expect(error.code == .shuttingDown)
        watching.cancel()
        await #expect(throws: SyncFailure.self) { _ = try await client.syncOnce() }
    }

    @Test("A network address is refused with the reason, unless it is asked for")
    func loopbackOnly() throws {
        let store = SharedMemoryStore(.hub(100))
        let logger = Logger(label: "test")
        for host in ["0.0.0.0", "192.168.1.4", "::", "hub.example"] {
            #expect(throws: HubServerError.addressNotLoopback(host)) {
                try HubServer(configuration: .init(host: host), store: store, logger: logger)
            }
        }
        for host in ["127.0.0.1", "127.9.9.9", "::1", "localhost"] {
            _ = try HubServer(configuration: .init(host: host), store: store, logger: logger)
        }
        var open = HubServer.Configuration(host: "0.0.0.0")
        open.insecure = true
        _ = try HubServer(configuration: open, store: store, logger: logger)
        #expect("\(HubServerError.addressNotLoopback("0.0.0.0"))".contains("not encrypted"))
    }

    @Test("A hub that is full says so")
    func busy() async throws {
        try await Rig.run(.hub(100), { $0.sessionsMax = 1 }) { rig in
            let first = desk(1, writing: 1)
            let watching = Task { try await rig.client(first).watch() }
            #expect(await eventually { rig.store.snapshot.covered.count == 1 })
            let second = desk(2, writing: 1)
            let failure = await #expect(throws: SyncFailure.self) { _ = try await rig.client(second).syncOnce() }
            guard case .ended(.refusedByPeer(let error)) = failure else {
                Issue.record("no refusal: \(String(describing: failure))")
                return
            }
            #expect(error.code == .hubBusy)
            #expect(failure?.isTransient == true)
            watching.cancel()
        }
    }

    @Test("A hub whose disk fails tells its children, keeps serving, and takes their work later")
    func failingStore() async throws {
        try await Rig.run(.hub(100)) { rig in
            let store = desk(1, writing: 4)
            rig.store.fail(with: StorageFailure("disk full"))
            let failure = await #expect(throws: SyncFailure.self) { _ = try await rig.client(store).syncOnce() }
            guard case .ended(.refusedByPeer(let error)) = failure else {
                Issue.record("no refusal: \(String(describing: failure))")
                return
            }
            #expect(error.code == .storageFailed)
            #expect(store.snapshot.receipted.isEmpty)
            rig.store.fail(with: nil)
            _ = try await rig.client(store).syncOnce()
            #expect(rig.store.snapshot.covered.count == 4)
        }
    }

    @Test("A peer that says nothing is dropped, and so is one that stops in the middle of a frame")
    func stalled() async throws {
        try await Rig.run(.hub(100), { $0.heartbeat = .milliseconds(100) }) { rig in
            let silent = try await rig.exchange([], waitingForClose: true)
            #expect(silent.map(\.name) == ["error"])
            var hello = SyncFrame.hello(Rig.hello(of: 5)).encoded
            hello += [60, 3, 1]
            let halted = try await rig.exchange(hello, waitingForClose: true)
            #expect(halted.first?.name == "welcome")
            let lost = rig.log.lines.filter { $0.message == "peer lost" }
            #expect(lost.count == 1)
            #expect(lost.first?.metadata["replica"] == "0000000000000005")
        }
    }

    @Test("Three hundred connections that say nothing keep nobody from syncing")
    func crowd() async throws {
        try await Rig.run(.hub(100)) { rig in
            try await withThrowingTaskGroup(of: Void.self) { silent in
                for _ in 0..<300 {
                    silent.addTask { _ = try? await rig.exchange([], waitingForClose: true) }
                }
                #expect(await eventually { rig.hub.sessionCount == 300 })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...10 {
                        let store = desk(number, writing: 20)
                        group.addTask { _ = try await rig.client(store).syncOnce() }
                    }
                    try await group.waitForAll()
                }
                #expect(rig.store.snapshot.covered.count == 200)
                silent.cancelAll()
            }
            #expect(await eventually { rig.hub.sessionCount == 0 })
        }
    }

    @Test("Cancelling stops a sync at once, in a session and while connecting")
    func cancellation() async throws {
        try await Rig.run(.hub(100)) { rig in
            let store = desk(1, writing: 1)
            let inSession = Task { try await rig.client(store).watch() }
            #expect(await eventually { rig.store.snapshot.covered.count == 1 })
            inSession.cancel()
            try await inSession.value
            // A documentation address (RFC 5737) answers nobody.
            let configuration = SyncClient.Configuration(host: "192.0.2.1", port: 9)
            let client = SyncClient(configuration: configuration, store: store, logger: rig.log.logger)
            let connecting = Task { try await client.syncOnce() }
            connecting.cancel()
            await #expect(throws: (any Error).self) { _ = try await connecting.value }
        }
    }

    @Test("A skew has a magnitude, whatever clock a hub tells")
    func wildClock() {
        for clock in [Int64.min, .min + 1, 0, .max] {
            for sent in [Int64.min, -1, 0, 1, .max] {
                let skew = ClockSkew(hubClock: clock, sentAt: sent, roundTripMilliseconds: .max)
                #expect(skew.milliseconds >= -.max)
            }
        }
    }

    @Test("The clock's skew is measured and told")
    func skew() async throws {
        try await Rig.run(.hub(100), { $0.clock = { WallClock.milliseconds() + 3_600_000 } }) { rig in
            let totals = try await rig.client(desk(1, writing: 1)).syncOnce()
            let skew = try #require(totals.skew)
            #expect(abs(skew.milliseconds - 3_600_000) <= skew.uncertaintyMilliseconds + 2)
            #expect(totals.hubName == "hub")
            #expect(totals.changeSetsPushed == 1)
            #expect(totals.bytesSent > 0 && totals.bytesReceived > 0)
        }
    }
}
