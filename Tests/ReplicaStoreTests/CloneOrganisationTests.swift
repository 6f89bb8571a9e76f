import Foundation
import Testing

/// Random histories of whole organisations with clones, over real stores and sessions.
@Suite("Clones of clones, with others at work on what they wrote")
struct CloneOrganisationTests {
    /// A longer run is a command: ASSAY_CLONE_SEEDS=1-3000 swift test --filter CloneOrganisationTests.
    static let seeds: ClosedRange<UInt64> = {
        let bounds = (ProcessInfo.processInfo.environment["ASSAY_CLONE_SEEDS"] ?? "").split(separator: "-")
            .compactMap { UInt64($0) }
        return bounds.count == 2 && bounds[0] <= bounds[1] ? bounds[0]...bounds[1] : 1...40
    }()

    static let keepsTrace = ProcessInfo.processInfo.environment["ASSAY_TRACE"] != nil

    @Test("Everything is everywhere, once, and follows what it followed")
    func histories() throws {
        var bad = 0
        var kinds: [String: Int] = [:]
        for seed in CloneOrganisationTests.seeds {
            var organisation = try CloneOrganisation(seed: seed)
            var faults: [String] = []
            if CloneOrganisationTests.keepsTrace { FileHandle.standardError.write(Data("begins \(seed)\n".utf8)) }
            do {
                for _ in 0..<Int.random(in: 6...40, using: &organisation.random) {
                    try organisation.step()
                }
                try organisation.heal()
                faults = try organisation.faults()
            } catch { faults = ["\(error)"] }
            guard !faults.isEmpty else { continue }
            bad += 1
            if CloneOrganisationTests.keepsTrace { for line in organisation.trace { print("   ", line) } }
            for fault in faults.prefix(CloneOrganisationTests.keepsTrace ? 40 : 3) { print("seed \(seed): \(fault)") }
            for fault in Set(
                faults.map { $0.hasSuffix(CloneOrganisation.lost) ? CloneOrganisation.lost : String($0.prefix(12)) })
            {
                kinds[fault, default: 0] += 1
            }
        }
        print("\(CloneOrganisationTests.seeds.count) organisations, \(bad) bad: \(kinds)")
        #expect(kinds.keys.allSatisfy { !$0.hasSuffix(CloneOrganisation.lost) })
        // About one in a hundred is known to end badly (ARCHITECTURE, "Open ends"); names are random, so it is not always
        // the same one. More than that is news.
        #expect(bad <= 2 + CloneOrganisationTests.seeds.count / 40)
    }

    private func expectSound(_ steps: (inout CloneOrganisation) throws -> Void) throws {
        var organisation = try CloneOrganisation(seed: 1)
        try steps(&organisation)
        try organisation.heal()
        #expect(try organisation.faults() == [])
    }

    @Test("A device that met both its own hub and its clone's comes to headquarters once")
    func metBoth() throws {
        try expectSound { organisation in
            try organisation.image(0)
            let clone = organisation.devices.count - 1
            try organisation.write(0)
            try organisation.write(clone)
            try organisation.sync(0, .one)
            try organisation.sync(clone, .two)
            try organisation.sync(0, .two)
            try organisation.sync(clone, .two)
            try organisation.sync(0, .two)
            try organisation.sync(clone, .two)
            try organisation.sync(0, .one)
            for hub in CloneOrganisation.Hub.allCases { try organisation.relay(hub) }
        }
    }

    @Test("A branch that goes on after its first part has come to a hub is one branch everywhere")
    func goesOn() throws {
        try expectSound { organisation in
            try organisation.write(0)
            try organisation.sync(0, .one)
            try organisation.write(0)
            try organisation.image(0)
            let clone = organisation.devices.count - 1
            try organisation.write(clone)
            try organisation.write(clone)
            try organisation.write(0)
        }
    }
}
