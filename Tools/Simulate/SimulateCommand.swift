import ArgumentParser
import Simulation

@main
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs whole organisations under seeds, with faults, and checks that nothing is lost.",
        discussion: """
            A site-day is one exam site working one day: 7 to 32 transactions at its desks, the sessions of its replicas \
            with their hubs, and whatever faults the seed draws. Example:

                swift run -c release simulate --seed 1 --runs 1000 --store memory
            """)

    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Option(help: "How many seeds, one after the other.") var runs = 1
    @Option(help: "Which store: memory, sqlite or both.") var store = SwarmOptions.Store.memory
    @Option(help: "Days of each run; the seed draws 1 to 4 where nothing is said.") var days: Int?
    @Flag(help: "Print what happens, step by step.") var trace = false

    func run() throws {
        var total = Statistics()
        let start = ContinuousClock.now
        for number in 0..<UInt64(max(0, runs)) {
            let options = SwarmOptions(seed: seed &+ number, store: store, days: days)
            if runs == 1 { print(options.description) }
            let outcome = Simulator.run(options, keepsTrace: trace)
            for line in outcome.trace { print(line) }
            total.add(outcome.statistics)
            if let violation = outcome.violation {
                try failed(options, violation)
            }
            if runs == 1 { print("trace \(String(outcome.digest, radix: 16))") }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print(total.description)
        print("\(Int(Double(total.siteDays) / max(seconds, 0.001))) site-days a second on one core, \(seconds) s")
    }
}

extension SimulateCommand {
    /// Says what failed, shrinks it, and prints the short run with the command that repeats it.
    private func failed(_ options: SwarmOptions, _ violation: Violation) throws {
        if runs > 1 { print(options.description) }
        print("FAILED: \(violation)")
        let steps = Planner.steps(options)
        let (short, count) = Shrinker.shrink(options, steps, violation)
        let outcome = Simulator.run(options, steps: short, keepsTrace: true)
        print("shrunk from \(steps.count) steps to \(short.count) in \(count) runs:")
        for line in outcome.trace { print("  \(line)") }
        print("  \(outcome.violation.map { "\($0)" } ?? "it no longer fails")")
        let daysOption = days.map { " --days \($0)" } ?? ""
        print("repeat: swift run -c release simulate --seed \(options.seed) --store \(store.rawValue)\(daysOption)")
        throw ExitCode(1)
    }
}

extension SwarmOptions.Store: ExpressibleByArgument {}
