import HybridTime
import SyncProtocol
import SyncTestSupport
import Testing

/// Each of these was written when a planted bug got past all others: most hubs find out for themselves.
@Suite("A child by itself")
struct ReplicaSessionTests {
    private let lineage = HubLineage(hub: ReplicaID(9), epoch: 3)

    /// What a child of ten change sets does with a hub's welcome, where all ten were receipted in that life of the hub.
    private func meet(
        _ change: (inout Welcome) -> Void, isKnown: Bool = true, wanted: [DocumentKey] = [], then: [ReplicaEvent] = [],
        cursor: PullCursor = .none, wantsLive: Bool = false
    ) throws -> [ReplicaAction] {
        let scope = try #require(ScopeName("org"))
        let memory = ParentMemory(subscriptions: [Subscription(scope: scope, cursor: cursor)], receiptedAtHub: 10)
        let greeting = Greeting(
            organisation: Samples.welcome.organisation, replica: ReplicaID(1), role: "desk", device: "Desk",
            head: ChainPoint(sequence: 10, hash: Samples.hash(0xAA)), lineage: isKnown ? lineage : nil, memory: memory,
            wanted: wanted)
        var welcome = Samples.welcome
        welcome.lineage = lineage
        welcome.held = SequenceRanges(1...10)
        welcome.heldAtHQ = SequenceRanges()
        welcome.shared = ChainPoint(sequence: 10, hash: Samples.hash(0xAA))
        welcome.scopes = [.known(end: 0, usable: false)]
        welcome.headquarters = nil
        change(&welcome)
        var session = ReplicaSession(configuration: .init(wantsLive: wantsLive))
        var actions = session.receive(.connected(clock: 0))
        actions += session.receive(.loaded(.greeting(greeting)))
        actions += session.receive(.received(.welcome(welcome)))
        return actions + then.flatMap { session.receive($0) }
    }

    private func goesOn(_ actions: [ReplicaAction]) -> Bool {
        actions.contains(.report(.phase(.pushing)))
    }

    @Test("A hub that knows another history under this one's name is pushed nothing")
    func otherHistory() throws {
        #expect(goesOn(try meet { _ in }))
        let other = try meet { $0.shared = ChainPoint(sequence: 10, hash: Samples.hash(0xBB)) }
        #expect(!goesOn(other))
        #expect(other.contains(.report(.disputed(ReplicaID(1)))))
    }

    @Test("What a hub receipted and does not hold any more is unsent again, and is told of")
    func lostByHub() throws {
        let actions = try meet { $0.held = SequenceRanges(1...7) }
        let lost = [OriginRanges(origin: ReplicaID(1), ranges: SequenceRanges(8...10))]
        #expect(actions.contains(.report(.hubRegressed(lost))))
        let commits = actions.flatMap { if case .commit(let commits) = $0 { commits } else { [ReplicaCommit]() } }
        #expect(commits.contains(.receipts(ReceiptCommit(lineage: lineage, lostByHub: lost))))
        // Of a hub that is met for the first time nothing was known.
        #expect(!(try meet({ $0.held = SequenceRanges(1...7) }, isKnown: false)).contains(.report(.hubRegressed(lost))))
    }

    @Test("Who wants documents of a hub that does not have the scope ends the session without them")
    func wantedOfNoScope() throws {
        let wanted = [try #require(DocumentKey([UInt8](repeating: 2, count: 14)))]
        let actions = try meet(
            { $0.scopes = [.unknown] }, wanted: wanted, then: [.loaded(.unsent([])), .committed([])])
        #expect(actions.contains(.close(.completed)))
    }

    @Test("What comes while the own digest is read ends the comparison: the digest may be from before or after it")
    func newsWhileDigesting() throws {
        let scope = try #require(ScopeName("org"))
        func comparison(_ news: [ReplicaEvent], end: FeedPosition) throws -> [ReplicaAction] {
            let start: [ReplicaEvent] = [
                .loaded(.unsent([])), .committed([]), .received(.feedEnd(scope: scope, position: 5)),
            ]
            let all = KeyRange.all
            let differences = SyncFrame.differences(
                scope: scope, position: end, parts: [.narrower(RangeDigest(all, Samples.digest))])
            return try meet(
                { $0.scopes = [.differs(end: 5)] },
                then: start + news + [.loaded(.scopeDigest(Samples.digest)), .received(differences)],
                cursor: .feed(5), wantsLive: true)
        }
        func isJudged(_ actions: [ReplicaAction]) -> Bool {
            actions.contains { if case .load(.findings) = $0 { true } else { false } }
        }
        #expect(isJudged(try comparison([], end: 5)))
        let news: [ReplicaEvent] = [.received(.feedEnd(scope: scope, position: 6)), .committed([])]
        #expect(!isJudged(try comparison(news, end: 6)))
    }
}
