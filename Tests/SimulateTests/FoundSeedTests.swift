import Simulation
import Testing

/// Runs that once failed, cut down to what made them fail.
@Suite("Seeds that found something")
struct FoundSeedTests {
    @Test("Two sessions of one desk at once do not make its hub look as if it had forgotten", arguments: 0..<60)
    func twoSessions(seed: Int) {
        let steps = [
            Step(.transaction(1), seed: 1), Step(.open(1, isLive: true), seed: 2),
            Step(.open(1, isLive: false), seed: 3),
            Step(.pass(milliseconds: 60_000), seed: UInt64(seed)),
        ]
        #expect(Simulator.run(SwarmOptions(thinnest: 1), steps: steps).violation == nil)
    }
}
