import ByteCoding
import HubLogic
import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

@Suite("What a session refuses")
struct RefusalTests {
    private func code(_ end: SessionEnd?) -> SyncErrorCode? {
        switch end {
        case .refusedPeer(let error), .refusedByPeer(let error): error.code
        case .peerLost(let code): code
        default: nil
        }
    }

    @Test("A replica of another organisation is told so and gets nothing")
    func wrongOrganisation() {
        var hub = MemoryStore.hub(100)
        var desk = MemoryStore(1, organisation: 8)
        desk.write(3)
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(code(link.childEnd) == .wrongOrganisation)
        #expect(code(link.hubEnd) == .wrongOrganisation)
        #expect(link.framesDown.map(\.name) == ["error"])
        #expect(hub.covered.isEmpty)
    }

    @Test("The greatest common version is chosen, and without one nothing goes on")
    func versions() {
        let hub = MemoryStore.hub(100)
        var hello = Samples.hello
        hello.organisation = hub.organisation
        hello.versions = [1, 7, 900]
        var session = HubSession(identity: hub.identity)
        _ = session.receive(.received(.hello(hello)))
        let query = StandingQuery(replica: hello.replica, head: 42, subscriptions: hello.subscriptions)
        let actions = session.receive(.loaded(.standing(hub.standing(query), clock: 0)))
        #expect(actions.contains { if case .send(.welcome(let welcome)) = $0 { welcome.version == 1 } else { false } })
        hello.versions = [2, 7]
        var other = HubSession(identity: hub.identity)
        #expect(
            other.receive(.received(.hello(hello))).contains {
                if case .close(.refusedPeer(let error)) = $0 { error.code == .unknownVersion } else { false }
            })
    }

    @Test("A cloned device is found by its chain, whichever of the two is ahead", arguments: [2, 5, 8])
    func fork(own: Int) {
        var hub = MemoryStore.hub(100)
        var original = MemoryStore(1)
        original.write(5)
        ConvergenceTests.sync(&original, &hub)
        var clone = MemoryStore(1)
        clone.salt = 1
        clone.write(own)
        let link = ConvergenceTests.sync(&clone, &hub)
        #expect(
            link.childEnd
                == .diverged(
                    Divergence(
                        origin: original.replica, shared: 0, head: Sequence32(own), parentEnd: 5, isCertain: true,
                        parentHash: hub.hash(of: original.replica, at: 1))))
        #expect(link.reports.contains(.disputed(original.replica)))
        #expect(hub.held[original.replica]?.total == 5)
    }

    @Test("A restored device that is behind its own name is stopped before it writes on")
    func regressed() {
        var hub = MemoryStore.hub(100)
        var desk = MemoryStore(1)
        desk.write(3)
        var backup = desk
        desk.write(3)
        ConvergenceTests.sync(&desk, &hub)
        let end = ConvergenceTests.sync(&backup, &hub).childEnd
        #expect(
            end
                == .diverged(
                    Divergence(origin: desk.replica, shared: 3, head: 3, parentEnd: 6, isCertain: true)))
    }

    @Test("A fork of another origin is named, left out, and holds up nothing else")
    func foreignFork() {
        var hub = MemoryStore.hub(100)
        hub.adopt(ReplicaID(2), 1...5)
        var desk = MemoryStore(1, scopes: [])
        desk.salt = 1
        desk.adopt(ReplicaID(2), 1...5)
        desk.salt = 0
        desk.write(4)
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(
            link.childEnd
                == .diverged(
                    Divergence(
                        origin: ReplicaID(2), shared: 0, head: 5, parentEnd: 5, isCertain: true,
                        parentHash: hub.hash(of: ReplicaID(2), at: 1))))
        #expect(link.forks == [ReplicaID(2)])
        // It is looked into before anything is sent: other work may be built on it. Where it cannot be settled all else goes.
        #expect(hub.held[desk.replica] == nil)
        var next = Link(child: .init(unresolved: [ReplicaID(2)]), identity: hub.identity, seed: 1)
        next.run(&desk, &hub)
        #expect(hub.held[desk.replica]?.total == 4)
        #expect(desk.receipted[hub.lineage]?[ReplicaID(2)] == nil)
    }

    @Test("An unknown scope is refused alone")
    func unknownScope() {
        var hub = MemoryStore.hub(100)
        hub.adopt(ReplicaID(2), 1...3)
        var desk = MemoryStore(1, scopes: ["org", "site/nowhere"])
        desk.write(3)
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(link.childEnd == .completed)
        #expect(hub.held[desk.replica]?.total == 3)
        #expect(desk.covered.count == 6)
        #expect(
            link.reports.contains { if case .refused(let error) = $0 { error.code == .unknownScope } else { false } })
    }

    @Test("A quarantined segment is receipted and noted; a refused one is noted, and the others go on")
    func poison() {
        var (desk, hub) = ConvergenceTests.pair()
        hub.quarantined = [Dot(desk.replica, 7)]
        hub.refused = [Dot(desk.replica, 12)]
        let link = ConvergenceTests.sync(&desk, &hub)
        #expect(link.childEnd == .completed)
        #expect(hub.held[desk.replica]?.ranges == [1...10, 16...23])
        #expect(desk.receipted[hub.lineage]?[desk.replica]?.ranges == [1...10, 16...23])
        #expect(desk.notes.map(\.kind).sorted { $0.rawValue < $1.rawValue } == [.quarantined, .refused])
    }

    @Test("Frames out of place end the session with unexpected-frame")
    func outOfPlace() {
        let frames: [SyncFrame] = [
            .want([]), .feedEnd(scope: scope("org"), position: 1), .snapshotEnd(scope: scope("org")),
        ]
        for frame in frames {
            var (desk, hub) = ConvergenceTests.pair()
            var link = Link(child: .init(wantsLive: true), identity: hub.identity, seed: 5)
            link.run(&desk, &hub)
            if case .feedEnd = frame {
                link.tell(child: .received(.feedEnd(scope: scope("other"), position: 1)))
            } else {
                link.tell(child: .received(frame))
            }
            #expect(code(link.childEnd) == .unexpectedFrame)
        }
        var session = HubSession(identity: MemoryStore.hub(100).identity)
        let actions = session.receive(.received(.offer([])))
        #expect(
            actions.contains {
                if case .close(.refusedPeer(let error)) = $0 { error.code == .unexpectedFrame } else { false }
            })
    }

    @Test("A peer that sends more than its credit is cut off")
    func overdraft() throws {
        var (desk, hub) = ConvergenceTests.pair()
        var link = Link(child: .init(wantsLive: true), identity: hub.identity, seed: 5)
        link.run(&desk, &hub)
        let big = Array(repeating: UInt8(1), count: SyncLimits.segmentBytesMax)
        for sequence in 1...3 {
            let payload = SegmentPayload(
                origin: ReplicaID(9), first: UInt32(sequence), last: UInt32(sequence), bytes: big)
            link.tell(hub: .received(.segment(payload)))
            link.tell(
                child: .received(.feed(scope: scope("org"), position: 1_000 + UInt64(sequence), payload: payload)))
        }
        #expect(code(link.hubEnd) == .creditExceeded)
        #expect(code(link.childEnd) == .creditExceeded)
    }

    @Test("A silent peer is dead at the third heartbeat, a polite but idle one at the eighth")
    func heartbeats() {
        var (desk, hub) = ConvergenceTests.pair()
        let silence = Traffic(received: 0, sent: 0, unsent: 0, isInsideFrame: false)
        var link = Link(child: .init(wantsLive: true), identity: hub.identity, seed: 5)
        link.run(&desk, &hub)
        link.tell(child: .heartbeat(silence))
        link.tell(child: .heartbeat(silence))
        #expect(link.childEnd == nil)
        #expect(link.framesUp.suffix(2).map(\.name) == ["ping", "ping"])
        link.tell(child: .heartbeat(silence))
        #expect(code(link.childEnd) == .peerStalled)
        let trickle = Traffic(received: 10, sent: 0, unsent: 0, isInsideFrame: true)
        for _ in 0..<3 { link.tell(hub: .heartbeat(trickle)) }
        #expect(code(link.hubEnd) == .peerStalled)

        var waiting = ReplicaSession()
        _ = waiting.receive(.connected(clock: 0))
        _ = waiting.receive(.loaded(.greeting(desk.greeting())))
        let pongs = Traffic(received: 3, sent: 3, unsent: 0, isInsideFrame: false)
        for _ in 0..<7 { #expect(waiting.receive(.heartbeat(pongs)).isEmpty) }
        #expect(waiting.receive(.heartbeat(pongs)) == [.close(.peerLost(.peerStalled))])
    }

    private func scope(_ text: String) -> ScopeName {
        guard let scope = ScopeName(text) else { preconditionFailure("a scope's name") }
        return scope
    }
}
