/// Makes a failing run short: takes steps out for as long as it still fails in the same way.
public enum Shrinker {
    /// Delta debugging (Zeller & Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002), first by whole
    /// nodes and then by runs of steps of falling length.
    /// - Returns: the steps that are left, and how many runs it took.
    public static func shrink(
        _ options: SwarmOptions, _ steps: [Step], _ violation: Violation, runsMax: Int = 3_000
    ) -> (steps: [Step], runs: Int) {
        var best = steps
        var runs = 0
        func fails(_ candidate: [Step]) -> Bool {
            runs += 1
            return Simulator.run(options, steps: candidate).violation?.invariant == violation.invariant
        }
        for node in Set(steps.compactMap(\.node)).sorted() {
            let candidate = best.filter { $0.node != node }
            if candidate.count < best.count, fails(candidate) { best = candidate }
        }
        var length = max(1, best.count / 2)
        while runs < runsMax {
            var start = 0
            var progressed = false
            while start < best.count, runs < runsMax {
                let end = min(start + length, best.count)
                let candidate = Array(best[..<start] + best[end...])
                if fails(candidate) {
                    best = candidate
                    progressed = true
                } else {
                    start = end
                }
            }
            if length == 1, !progressed { break }
            if !progressed || length > best.count { length = max(1, length / 2) }
        }
        return (best, runs)
    }
}
