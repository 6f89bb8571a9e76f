import HubServer
import HybridTime
import NIOConcurrencyHelpers
import SyncProtocol
import SyncTestSupport
import Testing

@testable import SyncTransport

@Suite("A list of hubs", .timeLimit(.minutes(1)))
struct HubListTests {
    private static let (first, second) = (HubAddress(host: "a", port: 1), HubAddress(host: "b", port: 2))
    private static let away = SyncFailure.unreachable(host: "a", port: 1, reason: "away")
    private static let refused = SyncFailure.ended(.refusedByPeer(SyncError(.wrongOrganisation, "another")))

    @Test("Each hub is tried once a round, in order; one that only a person can mend does not stop the others")
    func order() {
        var choice = HubChoice([HubListTests.first, HubListTests.second])
        #expect(choice.current == HubListTests.first && choice.earlier.isEmpty)
        #expect(choice.failed(HubListTests.refused) == .hub(1))
        #expect(choice.current == HubListTests.second && choice.earlier == [HubListTests.first])
        #expect(choice.failed(HubListTests.away) == .wait)
        choice.restart()
        #expect(choice.failed(HubListTests.refused) == .hub(1))
        #expect(choice.failed(HubListTests.refused) == .giveUp)
        #expect(choice.combined.description.contains("a:1") && choice.combined.description.contains("b:2"))
    }

    @Test("Who turns back in vain goes on to the others before waiting; a failing store of its own is no hub's fault")
    func turningBack() {
        let third = HubAddress(host: "c", port: 3)
        var choice = HubChoice([HubListTests.first, HubListTests.second, third])
        choice.turn(to: HubListTests.second)
        #expect(choice.isReturn)
        #expect(choice.failed(HubListTests.away) == .hub(2))
        #expect(!choice.isReturn)
        #expect(choice.failed(HubListTests.away) == .hub(0))
        #expect(choice.failed(HubListTests.away) == .wait)
        choice.restart()
        #expect(choice.failed(.ended(.storageFailed(StorageFailure("disk")))) == .wait)
    }

    @Test(
        "Addresses are read with and without brackets, and nothing else is taken for one",
        arguments: [
            ("127.0.0.1:7400", "127.0.0.1:7400"), ("[::1]:7400", "[::1]:7400"), ("hub.example:1", "hub.example:1"),
            ("7400", nil), (":7400", nil), ("host:", nil), ("host:70000", nil), ("a b:1", nil), ("[]:1", nil),
        ])
    func addresses(text: String, expected: String?) {
        #expect(HubAddress(text)?.description == expected)
    }

    @Test("A replica that is still being filled does not leave its hub")
    func staysWhileFilled() async {
        let driver = ClientDriver(.init(wantsLive: true), hub: HubListTests.first, clock: { 0 }, notify: { _ in })
        await driver.start()
        await driver.leave()
        #expect(await driver.lastEnd == nil)
        await driver.handle(.stopRequested)
        #expect(await driver.lastEnd == .stopped)
    }

    private func client(
        _ store: SharedMemoryStore, _ ports: [Int], _ log: LogLines, notify: @escaping SyncClient.Observer
    ) -> SyncClient {
        var configuration = SyncClient.Configuration(hubs: ports.map { HubAddress(host: "127.0.0.1", port: $0) })
        configuration.retry = .milliseconds(10) ... .milliseconds(40)
        configuration.comeBack = .milliseconds(20) ... .milliseconds(80)
        return SyncClient(configuration: configuration, store: store, logger: log.logger, notify: notify)
    }

    @Test("One exchange passes over a hub that is away and one of another organisation, and says why")
    func passesOver() async throws {
        var desk = MemoryStore(1)
        desk.write(5)
        let store = SharedMemoryStore(desk)
        let nobody = Rig.privatePort()
        try await Rig.run(MemoryStore.hub(200, organisation: 8)) { other in
            try await Rig.run(.hub(100)) { rig in
                let failures = NIOLockedValueBox<[HubFailure]>([])
                let client = client(store, [nobody, other.port, rig.port], rig.log) { notice in
                    if case .failed(let failure) = notice { failures.withLockedValue { $0.append(failure) } }
                }
                let totals = try await client.syncOnce()
                #expect(totals.hub?.port == rig.port)
                #expect(totals.changeSetsPushed == 5)
                #expect(rig.store.snapshot.covered.count == 5)
                #expect(failures.withLockedValue { $0.map(\.failure.code) } == ["unreachable", "wrong-organisation"])
                #expect(failures.withLockedValue { $0.map(\.hub.port) } == [nobody, other.port])
            }
        }
        let alone = client(store, [nobody, nobody + 1], LogLines()) { _ in }
        let failure = await #expect(throws: SyncFailure.self) { _ = try await alone.syncOnce() }
        #expect(failure?.isTransient == true)
        #expect(failure?.description.contains("none of 2 hubs") == true)
    }

    @Test("A watching site falls back when its hub is killed, returns when that is back, and loses nothing")
    func fallsBackAndReturns() async throws {
        let store = SharedMemoryStore(MemoryStore(1))
        store.change { $0.write(3) }
        let port = Rig.privatePort()
        let live = NIOLockedValueBox<[Int]>([])
        try await Rig.run(.hub(200)) { fallback in
            let client = client(store, [port, fallback.port], fallback.log) { notice in
                guard case .progress(let totals) = notice, totals.phase == .live, let hub = totals.hub else { return }
                live.withLockedValue { if $0.last != hub.port { $0.append(hub.port) } }
            }
            let (watching, state) = try await Rig.run(.hub(100), { $0.port = port }) { first in
                let watching = Task { try await client.watch() }
                #expect(await eventually { first.store.snapshot.covered.count == 3 })
                #expect(await eventually { live.withLockedValue { $0 } == [port] })
                return (watching, first.store.snapshot)
            }
            // The first hub is gone now.
            store.change { $0.write(4) }
            #expect(await eventually { fallback.store.snapshot.covered.count == 7 })
            #expect(await eventually { live.withLockedValue { $0 } == [port, fallback.port] })
            try await Rig.run(state, { $0.port = port }) { first in
                #expect(await eventually { live.withLockedValue { $0 } == [port, fallback.port, port] })
                store.change { $0.write(2) }
                #expect(await eventually { first.store.snapshot.covered.count == 9 })
                #expect(await eventually { fallback.hub.sessionCount == 0 })
                watching.cancel()
                try await watching.value
            }
            #expect(fallback.store.snapshot.covered.count == 7)
            let events = fallback.log.lines.compactMap { $0.metadata["event"] }
            #expect(events.contains("link-returning") && events.contains("link-live"))
        }
    }

    @Test("A hub that its parent refuses says so once, tries again, and is live when the parent takes it")
    func refusedByParent() async throws {
        let port = Rig.privatePort()
        var parent = SyncClient.Configuration(host: "127.0.0.1", port: port)
        parent.retry = .milliseconds(5) ... .milliseconds(20)
        let uplink = parent
        try await Rig.run(MemoryStore.hub(200, headquarters: false), { $0.parent = uplink }) { site in
            #expect(await eventually { site.hub.uplinkStatus?.state == .waiting })
            try await Rig.run(MemoryStore.hub(300, organisation: 8), { $0.port = port }) { _ in
                #expect(await eventually { site.hub.uplinkStatus?.state == .refused })
                let before = site.hub.uplinkStatus?.attempts ?? 0
                #expect(await eventually { (site.hub.uplinkStatus?.attempts ?? 0) >= before + 3 })
                #expect(site.hub.uplinkStatus?.failures.last?.code == "wrong-organisation")
                #expect(site.hub.uplinkStatus?.state == .refused)
            }
            let told = site.log.lines.filter { $0.level == .critical }
            #expect(told.count == 1)
            #expect(told.first?.metadata["code"] == "wrong-organisation")
            #expect(told.first?.metadata["event"] == "uplink-refused")
            try await Rig.run(.hub(300), { $0.port = port }) { hq in
                #expect(await eventually { site.hub.uplinkStatus?.state == .live })
                #expect(site.hub.uplinkStatus?.failures == [])
                site.store.change { $0.adopt(ReplicaID(9), 1...3) }
                #expect(await eventually { hq.store.snapshot.covered.count == 3 })
                #expect(await eventually { site.hub.uplinkStatus?.lastReceiptAtHQ != nil })
            }
        }
    }
}
