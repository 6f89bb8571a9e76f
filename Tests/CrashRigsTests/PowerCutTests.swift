import CrashRigs
import Testing

@Suite("Power cuts under a store")
struct PowerCutTests {
    private func rig(_ images: Int, _ change: (inout PowerCutRig.Options) -> Void = { _ in }) throws
        -> PowerCutRig.Result
    {
        var options = PowerCutRig.Options()
        options.images = images
        change(&options)
        return try PowerCutRig(options).run()
    }

    @Test("Whatever a power cut leaves holds all that was acknowledged, and nothing by half")
    func nothingLost() throws {
        let result = try rig(400) { $0.steps = 30 }
        #expect(result.isClean, "\(result.findings.joined(separator: "\n"))")
        #expect(result.images >= 400 && result.cutAgain > 20 && result.runs > 1)
    }

    @Test("Without fsync the same rig finds losses: the control")
    func control() throws {
        // The first hundred or so are of the moments in which the store is made.
        let result = try rig(320) { $0.durability = .none }
        #expect(result.lost > 0)
    }

    @Test("A disk that lies about its syncs is found out")
    func lies() throws {
        let result = try rig(320) { $0.lies = true }
        #expect(!result.isClean)
    }
}
