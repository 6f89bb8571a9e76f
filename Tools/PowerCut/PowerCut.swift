import ArgumentParser
import CrashRigs
import Foundation

@main
struct PowerCut: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "power-cut",
        abstract: "Cuts the power of a simulated disk under a store, and looks at what is left.",
        discussion: """
            Each image is a disk after a power cut at one moment of a workload: what was synced, and a seeded choice of
            what was not. It is opened and compared with the states before and after the step that was under way. In the
            end a control without fsync runs, which has to lose something: a rig that cannot fail proves nothing.

            Exit code 0: nothing lost, and the control lost. 1 otherwise.
            """)

    @Option(help: "How many images to open.") var images = 10_000
    @Option(help: "What the workloads and the cuts follow from.") var seed: UInt64 = 1
    @Option(help: "Images that are looked at at once.") var workers = max(
        1, ProcessInfo.processInfo.activeProcessorCount)
    @Option(help: "Images of the control.") var control = 300
    @Flag(help: "A planted fault: the disk says that it synced, and did not.") var lyingDisk = false
    @Flag(help: "Instead: let every operation of a workload fail, of each kind, once and for ever.") var faults = false
    @Option(help: "With --faults: only those whose name has this word, such as forgetting.") var only: String?
    @Flag(help: "The result as one line of JSON.") var json = false

    func run() throws { if faults { try sweep() } else { try cutPower() } }

    private func sweep() throws {
        var result = FaultSweep.Result()
        for fault in FaultSweep.Fault.all where only.map(fault.description.contains) ?? true {
            let one = try FaultSweep(seed: seed).run(fault)
            result.add(one)
            one.findings.prefix(3).forEach { note($0) }
            if !json {
                note("\(fault): \(one.runs) workloads, \(one.refusals) refusals, \(one.findings.count) findings")
            }
        }
        if json {
            print(
                """
                {"seed":\(seed),"workloads":\(result.runs),"faults":\(result.faults),"refusals":\(result.refusals),\
                "findings":\(result.findings.count)}
                """)
        } else {
            result.findings.forEach { print($0) }
            print(
                "\(result.runs) workloads, \(result.faults) faults, \(result.refusals) steps refused, ", terminator: "")
            print(result.findings.isEmpty ? "nothing lost" : "\(result.findings.count) findings")
        }
        if !result.findings.isEmpty { throw ExitCode(1) }
    }

    private func cutPower() throws {
        var options = PowerCutRig.Options()
        options.images = images
        options.seed = seed
        options.workers = workers
        options.lies = lyingDisk
        let start = ContinuousClock.now
        let isQuiet = json
        let rig = PowerCutRig(options) { result in
            guard !isQuiet, result.runs % 20 == 0 else { return }
            note("\(result.images) images, \(result.findings.count) findings")
        }
        let result = try rig.run()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        var unsafe = options
        unsafe.durability = .none
        unsafe.lies = false
        unsafe.images = control
        let lost = try PowerCutRig(unsafe).run()
        tell(result, lost, seconds)
        if !result.isClean || (control > 0 && lost.isClean) { throw ExitCode(1) }
    }

    private func tell(_ result: PowerCutRig.Result, _ control: PowerCutRig.Result, _ seconds: Double) {
        let rate = Double(result.images) / max(seconds, 0.001)
        if json {
            print(
                """
                {"seed":\(seed),"images":\(result.images),"moments":\(result.moments),"runs":\(result.runs),\
                "cutAgain":\(result.cutAgain),"lost":\(result.lost),"damaged":\(result.damaged),\
                "controlImages":\(control.images),"controlLost":\(control.lost + control.damaged),\
                "imagesPerSecond":\(Int(rate))}
                """)
            return
        }
        for finding in result.findings { print(finding) }
        print(
            """
            \(result.images) images of \(result.moments) moments in \(result.runs) workloads, \(result.cutAgain) cut again: \
            \(result.lost) lost something, \(result.damaged) damaged; \(Int(rate)) images a second
            control without fsync: \(control.lost + control.damaged) of \(control.images) images lost something
            """)
    }
}

/// Says at once how far it is.
private func note(_ line: String) { FileHandle.standardError.write(Data((line + "\n").utf8)) }
