import Foundation
import HybridTime
import Merging
import Testing

@Suite("Random histories of replicas")
struct HistoryTests {
    /// 3,000 in an ordinary run; ASSAY_HISTORIES asks for more.
    private static let count = ProcessInfo.processInfo.environment["ASSAY_HISTORIES"].flatMap(Int.init) ?? 3_000

    /// What is wrong at the end of one history, if anything.
    private static func fault(_ seed: UInt64, _ options: HistoryOptions) -> String? {
        var history = History(seed: seed, options)
        if !options.forgedStamps {
            for effect in history.commits.map(\.plain) {
                for cause in history.commits.map(\.plain) where effect.deps[cause.origin] >= cause.sequence {
                    if cause.stamp >= effect.stamp { return "a stamp is not above that of its cause" }
                }
            }
        }
        history.heal()
        let wanted = Oracle.siblings(of: history.commits.map(\.plain))
        let greatest = history.commits.map(\.stamp).max() ?? .zero
        for peer in history.peers {
            if !peer.parked.isEmpty { return "a change set waits for ever" }
            let found = history.siblings(of: peer.state)
            if Set(found).count != found.count { return "a sibling twice" }
            if Set(found) != wanted {
                return "lost \(wanted.subtracting(found)), extra \(Set(found).subtracting(wanted))"
            }
            if peer.state != history.peers[0].state { return "replicas differ" }
            if peer.state.greatest != greatest { return "the greatest stamp is \(peer.state.greatest)" }
            if history.commits.contains(where: { !peer.state.context.covers($0.dot) }) { return "a dot is not covered" }
        }
        return nil
    }

    private static func faults(_ options: HistoryOptions, seeds: Range<Int>) -> [String] {
        seeds.lazy.compactMap { seed in fault(UInt64(seed), options).map { "seed \(seed): \($0)" } }.prefix(3).map {
            $0
        }
    }

    @Test("However operations and states travel, every replica ends with the siblings of the order-free oracle")
    func oracle() { #expect(HistoryTests.faults(HistoryOptions(), seeds: 0..<HistoryTests.count) == []) }

    @Test("Stamps that a forger took at will change who wins, never whether replicas agree")
    func forgedStamps() {
        let options = HistoryOptions(forgedStamps: true)
        #expect(HistoryTests.faults(options, seeds: 0..<HistoryTests.count / 2) == [])
    }

    @Test("The join of states is commutative, associative, idempotent and monotone")
    func lattice() {
        var faults: [String] = []
        var compared = 0
        for seed in 0..<UInt64(HistoryTests.count / 3) where faults.isEmpty {
            let history = History(seed: 1_000_000 + seed)
            var random = SplitMix64(seed)
            guard history.states.count >= 2 else { continue }
            let (a, b, c) = (
                random.pick(history.states), random.pick(history.states), random.pick(history.peers).state
            )
            compared += 1
            func joined(_ left: DocumentState, _ right: DocumentState) -> DocumentState {
                var result = left
                result.join(right)
                return result
            }
            let ab = joined(a, b)
            if ab != joined(b, a) { faults.append("seed \(seed): not commutative") }
            if joined(ab, c) != joined(a, joined(b, c)) { faults.append("seed \(seed): not associative") }
            if joined(a, a) != a { faults.append("seed \(seed): not idempotent") }
            if joined(ab, a) != ab || joined(a, ab) != ab { faults.append("seed \(seed): not an upper bound") }
            if !ab.context.covers(a.context) || !ab.context.covers(b.context) {
                faults.append("seed \(seed): not monotone")
            }
            if ab.greatest != max(a.greatest, b.greatest) { faults.append("seed \(seed): greatest") }
        }
        #expect(faults == [])
        #expect(compared > HistoryTests.count / 6)
    }

    @Test("A change set that is covered already changes nothing")
    func repeated() {
        for seed in 0..<200 as Range<UInt64> {
            var history = History(seed: 2_000_000 + seed)
            history.heal()
            for commit in history.commits {
                var state = history.peers[0].state
                let isNew = state.apply(commit.changes, dot: commit.dot, stamp: commit.stamp, seen: commit.seen)
                #expect(!isNew)
                #expect(state == history.peers[0].state)
            }
        }
    }

    @Test("The histories hold what they are meant to: conflicts, forms from before a sync, parked work, wild clocks")
    func coverage() {
        var (stale, siblings, parked, wild) = (0, 0, 0, 0)
        for seed in 0..<300 as Range<UInt64> {
            let history = History(seed: seed)
            stale += history.commits.count { $0.deps != $0.seen }
            parked += history.peers.count { !$0.parked.isEmpty }
            wild += history.peers.count { $0.skew.magnitude > 1_000_000 }
            siblings += history.peers.count { peer in peer.state.records.values.contains(where: \.hasSiblings) }
        }
        #expect(stale > 20)
        #expect(parked > 20)
        #expect(wild > 50)
        #expect(siblings > 20)
    }
}
