import Foundation
import Simulation
import Testing

@Suite("Organisations under a seed")
struct OrganisationTests {
    @Test("Headquarters and two desks agree with the oracle, and then have nothing more to say", arguments: 1...4)
    func thinnest(seed: Int) {
        let outcome = Simulator.run(SwarmOptions(thinnest: UInt64(seed)))
        #expect(outcome.violation == nil)
        #expect(outcome.statistics.changeSets > 20)
        #expect(outcome.statistics.roundsMost == 1)
    }

    @Test("Organisations under every fault lose nothing and converge", arguments: 17...36)
    func swarm(seed: Int) {
        let options = SwarmOptions(seed: UInt64(seed))
        let outcome = Simulator.run(options)
        #expect(outcome.violation == nil, "\(options.description)")
    }

    @Test("The same over SQLite on a disk that fails, beside memory as a second opinion", arguments: 1...2)
    func bothStores(seed: Int) {
        let options = SwarmOptions(seed: UInt64(seed), store: .both, days: 1)
        let outcome = Simulator.run(options)
        #expect(outcome.violation == nil, "\(options.description)")
    }

    @Test("Replicas that hold only their scopes: nobody keeps a document or lacks one, after every fault")
    func scopes() {
        var total = Statistics()
        for seed in [2, 5, 6, 9] {
            let options = SwarmOptions(seed: UInt64(seed), store: .sqlite, days: 2, scopes: true)
            let outcome = Simulator.run(options)
            #expect(outcome.violation == nil, "\(options.description)")
            total.add(outcome.statistics)
        }
        #expect(total.grants > 20)
        #expect(total.revokes > 5)
    }

    @Test("The faults really happen")
    func faultsHappen() {
        var total = Statistics()
        for seed in 1...16 { total.add(Simulator.run(SwarmOptions(seed: UInt64(seed))).statistics) }
        for fault in Statistics.Fault.allCases where fault != .behind && fault != .hubDestroyed {
            #expect(total[fault] > 0, "\(fault)")
        }
        #expect(total.completed > total.sessions / 2)
    }

    @Test("One seed gives one trace, in another process too")
    func repeatable() throws {
        let options = SwarmOptions(seed: 7)
        let here = Simulator.run(options)
        let arguments = ["--seed", "7"]
        for _ in 0..<2 {
            let output = try run("simulate", arguments)
            #expect(output.contains("trace \(String(here.digest, radix: 16))\n"))
        }
        #expect(Simulator.run(SwarmOptions(seed: 8)).digest != here.digest)
    }

    /// Runs a program that stands beside the tests.
    private func run(_ name: String, _ arguments: [String]) throws -> String {
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/debug")
        let program = try #require(
            [beside, Bundle.main.bundleURL, package].map { $0.appendingPathComponent(name) }
                .first { FileManager.default.isExecutableFile(atPath: $0.path) }, "\(name) is not built")
        let process = Process()
        let pipe = Pipe()
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }
}
