import ByteCoding
import ChangeSets
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol
import SyncTestSupport

/// Runs organisations under seeds and says what went wrong.
public enum Simulator {
    /// The end of one run.
    public struct Outcome: Sendable {
        public let options: SwarmOptions
        public let violation: Violation?
        public let statistics: Statistics
        public let digest: UInt64
        public let trace: [String]
    }

    public static func run(_ options: SwarmOptions, keepsTrace: Bool = false) -> Outcome {
        run(options, steps: Planner.steps(options), keepsTrace: keepsTrace)
    }

    /// Runs these steps, then heals and checks.
    public static func run(_ options: SwarmOptions, steps: [Step], keepsTrace: Bool = false) -> Outcome {
        var violation: Violation?
        var statistics = Statistics()
        var trace = Trace(isKept: false)
        do {
            let world = try World(options, keepsTrace: keepsTrace, stores: StoreFactory(options))
            defer {
                statistics = world.statistics
                statistics.runs = 1
                trace = world.trace
            }
            for step in steps { try world.perform(step) }
            try world.heal()
        } catch let failure as Violation { violation = failure } catch {
            violation = Violation(.nothingLost, "\(error)")
        }
        return Outcome(
            options: options, violation: violation, statistics: statistics, digest: trace.digest, trace: trace.lines)
    }
}

/// Makes the stores of one run.
struct StoreFactory {
    private let options: SwarmOptions
    private let plan: ScopePlan?
    private let codecs = Codecs()

    init(_ options: SwarmOptions) {
        self.options = options
        plan = options.scopes ? ScopePlan(options) : nil
    }

    func make(number: Int, place: Organisation.Place) throws -> any SimulatedStore {
        let (isHub, isHeadquarters) = (place.kind != .desk, number == 0)
        let seed = options.seed &* 0x9E37_79B9 &+ UInt64(number) << 40
        guard let organisation = OrganisationID([UInt8](repeating: 7, count: 16)) else {
            throw SimulatedFailure.broken("sixteen bytes")
        }
        let replica = ReplicaID(0xA000 + UInt64(number))
        var configuration = MemoryReplica.Configuration(
            organisation: organisation, replica: replica, name: "node \(number)", isHub: isHub,
            isHeadquarters: isHeadquarters, schema: ExamSchema.schema)
        configuration.segmentChangeSetsMax = options.segmentChangeSetsMax
        configuration.chunkDocumentsMax = options.chunkDocumentsMax
        let codecs = codecs
        func memory(_ digesting: Digesting) -> MemoryReplica {
            MemoryReplica(configuration, codecs: codecs, digesting: digesting, salts: SeededRandom(seed))
        }
        if options.store == .memory { return memory(.quick) }
        let disk = try DiskReplica(
            DiskReplica.Configuration(
                identity: Identity(replica: replica, organisation: organisation.bytes, name: "node \(number)"),
                isHub: isHub, isHeadquarters: isHeadquarters, schema: ExamSchema.schema, scopes: place.scopes,
                observer: plan.map { RegionsHoldSites(plan: $0) }), seed: seed)
        return options.store == .sqlite ? disk : PairedReplica(disk) { memory(.cryptoSHA256) }
    }
}

extension Digesting {
    /// A digest for memory alone: quick, and good enough to tell histories apart that nobody forges.
    static let quick = Digesting { bytes in
        var lanes: (UInt64, UInt64, UInt64, UInt64) = (
            0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344, 0xA409_3822_299F_31D0, 0x082E_FA98_EC4E_6C89
        )
        var index = 0
        while index < bytes.count {
            var word: UInt64 = 0
            if index + 8 <= bytes.count {
                word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
            } else {
                for offset in index..<bytes.count { word = word << 8 | UInt64(bytes[offset]) }
            }
            index += 8
            lanes.0 = (lanes.0 ^ word) &* 0x9E37_79B9_7F4A_7C15
            lanes.1 = (lanes.1 &+ word) &* 0xC2B2_AE3D_27D4_EB4F ^ lanes.0 >> 31
            lanes.2 = (lanes.2 ^ lanes.1) &* 0x1656_67B1_9E37_79F9
            lanes.3 = lanes.3 &+ lanes.2 ^ lanes.0 >> 17
        }
        let length = UInt64(bytes.count)
        return Digest256(words: (lanes.0 ^ length, lanes.1, lanes.2, lanes.3 ^ lanes.1 >> 29))
    }
}
