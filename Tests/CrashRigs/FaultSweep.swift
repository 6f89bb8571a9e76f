import FaultDisk
import ReplicaStore

/// Lets the N-th operation of a disk fail, for every N, once or for ever, in the middle of a workload.
///
/// A step that cannot be done says so with a typed error and has done nothing; nothing that was acknowledged is lost;
/// and once the disk is well again the same store goes on, without being opened anew by anyone.
public struct FaultSweep: Sendable {
    public struct Fault: Sendable, CustomStringConvertible {
        public let operations: Operations
        public let isForEver: Bool
        /// Nil for the fitting I/O error.
        public let code: Int32?
        /// A failed sync drops what was pending, as Linux does.
        public let forgets: Bool

        public init(_ operations: Operations, isForEver: Bool, code: Int32? = nil, forgets: Bool = false) {
            self.operations = operations
            self.isForEver = isForEver
            self.code = code
            self.forgets = forgets
        }

        public var description: String {
            "\(operations.words)\(code.map { " with code \($0)" } ?? "") \(isForEver ? "for ever" : "once")"
                + (forgets ? ", forgetting" : "")
        }

        private static let sqliteFull: Int32 = 13

        /// Each kind of operation, once and for ever.
        public static let all: [Fault] =
            [.open, .delete, .access, .read, .write, .truncate, .sync, .size, .lock, .shmMap, .shmLock]
            .flatMap { [Fault($0, isForEver: false), Fault($0, isForEver: true)] }
            + [
                Fault(.write, isForEver: false, code: sqliteFull), Fault(.write, isForEver: true, code: sqliteFull),
                Fault(.sync, isForEver: false, forgets: true), Fault(.sync, isForEver: true, forgets: true),
            ]
    }

    public struct Result: Sendable {
        public var runs = 0
        /// Faults that the disk injected.
        public var faults = 0
        /// Steps that said that they could not be done.
        public var refusals = 0
        /// What was not as it should be, in words; the first few.
        public var findings: [String] = []

        public init() {}

        mutating func found(_ finding: String) { if findings.count < 20 { findings.append(finding) } }

        public mutating func add(_ other: Result) {
            runs += other.runs
            faults += other.faults
            refusals += other.refusals
            other.findings.forEach { found($0) }
        }
    }

    private let seed: UInt64
    private static let steps = 22

    public init(seed: UInt64) { self.seed = seed }

    /// Sweeps one fault over the operations of a workload.
    /// - Parameter stride: 1 for every N.
    public func run(_ fault: Fault, stride: Int = 1, from first: Int = 0) throws -> Result {
        var result = Result()
        var number = first
        while true {
            let before = result.faults
            try run(fault, number, into: &result)
            // Beyond the last operation of the workload nothing fails.
            if result.faults == before { return result }
            number += stride
        }
    }

    private func run(_ fault: Fault, _ number: Int, into result: inout Result) throws {
        let disk = FaultDisk(seed: seed, sectorBytes: 512)
        disk.setForgets(fault.forgets)
        let workload = try Workload(seed: seed, disk: disk, durability: .full)
        for _ in 0..<4 { _ = try workload.next() }
        result.runs += 1
        let place = "seed \(seed), \(fault), operation \(number)"
        disk.fail(fault.operations, after: number, forever: fault.isForEver, code: fault.code)
        for _ in 0..<FaultSweep.steps { try step(workload, place, &result) }
        result.faults += disk.faults
        disk.heal()
        for _ in 0..<8 {
            do { _ = try workload.next() } catch { result.found("\(place): healed, and yet: \(error)") }
        }
        try compare(workload, disk, place, &result)
        disk.powerOff()
    }

    /// One step on a failing disk: done, or refused whole.
    private func step(_ workload: Workload, _ place: String, _ result: inout Result) throws {
        let before = try workload.disk.sparing { try workload.contents() }
        let acknowledged = workload.promises.acknowledged
        do { _ = try workload.next() } catch let error as StoreError {
            result.refusals += 1
            if !["disk-io", "disk-full"].contains(error.code) {
                result.found("\(place): refused as \(error.code): \(error)")
            }
            let after = try workload.disk.sparing { try workload.contents() }
            if after != before {
                result.found("\(place): refused, and yet \(after.differences(from: before)) changed")
            }
            if workload.promises.acknowledged != acknowledged { result.found("\(place): acknowledged and refused") }
        } catch { result.found("\(place): an error without a code: \(error)") }
    }

    /// In the end all that was acknowledged is there: in the store, and in what a power cut leaves of it.
    private func compare(
        _ workload: Workload, _ disk: FaultDisk, _ place: String, _ result: inout Result
    ) throws {
        let contents = try StoreContents(of: workload.store)
        let left = disk.cut(seed: seed, .none)
        let folder = try RigFolder()
        let image = try ReplicaStore.open(in: folder.path, schema: RigSchema.schema, vfs: left.vfs)
        for (name, store) in [("the store", workload.store), ("what a power cut leaves", image)] {
            if try StoreContents(of: store) != contents { result.found("\(place): \(name) differs") }
            for finding in try store.check() {
                result.found("\(place), \(name): \(finding.code), \(finding.place): \(finding.reason)")
            }
        }
        for broken in workload.promises.broken(by: contents, acknowledged: workload.promises.acknowledged) {
            result.found("\(place): \(broken)")
        }
        left.powerOff()
        try? image.close()
    }
}
