import ArgumentParser
import Simulation

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

@main
struct SimulateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Runs whole organisations under seeds, with faults, and checks that nothing is lost.",
        discussion: """
            A site-day is one exam site working one day: 7 to 32 transactions at its desks, the sessions of its replicas \
            with their hubs, and whatever faults the seed draws. A failing seed is made short and printed.

            Example:
                swift run -c release simulate --seed 1 --runs 1000 --store memory
            """)

    @Option(help: "The first seed.") var seed: UInt64 = 1
    @Option(help: "How many seeds, one after the other.") var runs = 1
    @Option(help: "Which store: memory, sqlite or both.") var store = SwarmOptions.Store.memory
    @Flag(inversion: .prefixedNo, help: "Replicas hold only what is in their scopes; drawn where nothing is said.")
    var scopes: Bool?
    @Option(help: "Days of each run; the seed draws 1 to 4 where nothing is said.") var days: Int?
    @Option(help: "Stop after so many seconds.") var seconds: Int?
    @Flag(help: "Print what happens, step by step.") var trace = false
    @Flag(help: "Print one JSON object at the end.") var json = false
    @Flag(help: "Do not make a failing run short.") var noShrink = false

    func validate() throws {
        guard scopes != true || store == .sqlite else {
            throw ValidationError("The store in memory holds everything: add --store sqlite.")
        }
    }

    func run() throws {
        var total = Statistics()
        let start = ContinuousClock.now
        let cpuStart = clock()
        var told = start
        for number in 0..<UInt64(max(0, runs)) {
            if let seconds, ContinuousClock.now - start > .seconds(seconds) { break }
            let options = SwarmOptions(seed: seed &+ number, store: store, days: days, scopes: scopes)
            if runs == 1, !json { print(options.description) }
            let outcome = Simulator.run(options, keepsTrace: trace)
            for line in outcome.trace { print(line) }
            total.add(outcome.statistics)
            if let violation = outcome.violation { try failed(options, violation) }
            if runs == 1, !json { print("trace \(String(outcome.digest, radix: 16))") }
            if ContinuousClock.now - told > .seconds(10) {
                told = .now
                let line = "\(total.runs) runs, \(total.siteDays) site-days\n"
                _ = write(STDERR_FILENO, line, line.utf8.count)
            }
        }
        let cpu = Double(clock() - cpuStart) / Double(CLOCKS_PER_SEC)
        report(total, cpu: cpu, wall: (ContinuousClock.now - start) / .seconds(1))
    }

    private func report(_ total: Statistics, cpu: Double, wall: Double) {
        let rate = Int(Double(total.siteDays) / max(cpu, 0.001))
        if json {
            let faults = Statistics.Fault.allCases.map { "\"\($0)\":\(total[$0])" }.joined(separator: ",")
            print(
                """
                {"runs":\(total.runs),"siteDays":\(total.siteDays),"siteDaysPerCoreSecond":\(rate),\
                "transactions":\(total.transactions),"changeSets":\(total.changeSets),"sessions":\(total.sessions),\
                "bytes":\(total.bytes),"faults":{\(faults)}}
                """)
        } else {
            print(total.description)
            print("\(rate) site-days a second and core: \(cpu) s of processor time, \(wall) s in all")
        }
    }

    /// Says what failed, makes it short, and prints the short run with the command that repeats it.
    private func failed(_ options: SwarmOptions, _ violation: Violation) throws {
        if runs > 1 || json { print(options.description) }
        print("FAILED: \(violation)")
        if !noShrink {
            let steps = Planner.steps(options)
            let (short, count) = Shrinker.shrink(options, steps, violation)
            let outcome = Simulator.run(options, steps: short, keepsTrace: true)
            print("made short, from \(steps.count) steps to \(short.count) in \(count) runs:")
            for step in short { print("  \(step), seed \(step.seed)") }
            for line in outcome.trace { print("    \(line)") }
            print("  \(outcome.violation.map { "\($0)" } ?? "it no longer fails")")
        }
        let daysOption = days.map { " --days \($0)" } ?? ""
        let scopesOption = scopes.map { $0 ? " --scopes" : " --no-scopes" } ?? ""
        print(
            "repeat: swift run -c release simulate --seed \(options.seed) --store \(store.rawValue)"
                + daysOption + scopesOption)
        throw ExitCode(1)
    }
}

extension SwarmOptions.Store: ExpressibleByArgument {}
