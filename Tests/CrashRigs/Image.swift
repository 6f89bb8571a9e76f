import ChangeSets
import FaultDisk
import HybridTime
import Merging
import ReplicaStore
import Synchronization

/// What one power cut left.
struct Image: Sendable {
    let disk: FaultDisk
    let seed: UInt64
    /// The operation that had just begun; empty between two.
    let operation: Operations

    /// Opens it, and compares it with the moment that it was taken at.
    func check(_ moment: Moment, in folder: RigFolder) -> PowerCutRig.Result {
        var result = PowerCutRig.Result()
        result.images = 1
        let place = "\(moment.name), before \(operation.words), image \(seed)"
        do {
            let store = try ReplicaStore.open(in: folder.path, schema: RigSchema.schema, vfs: disk.vfs)
            let contents = try StoreContents(of: store)
            // Between two operations the step has returned, and its work has to be there.
            let isWhole = contents == moment.after || (!operation.isEmpty && contents == moment.before)
            let broken = moment.promises.broken(by: contents, acknowledged: moment.acknowledged)
            if !isWhole || !broken.isEmpty {
                result.lost = 1
                let tables = contents.differences(from: moment.before ?? moment.after).joined(separator: " ")
                result.findings.append("\(place): neither before nor after the step: \(tables); \(broken)")
            }
            let found = try store.check()
            if let first = found.first {
                result.damaged = 1
                result.findings.append("\(place): \(first.code), \(first.place): \(first.reason)")
            }
            if result.isClean, seed % 8 == 0 { try goOn(store, contents, place, folder, &result) }
            if seed % 3 == 0 { disk.powerOff() }
            try? store.close()
        } catch StoreError.notAStore where moment.before == nil && !operation.isEmpty {
            // It was being made, and `init` can be run again.
        } catch {
            result.damaged = 1
            result.findings.append("\(place): \(error)")
        }
        return result
    }

    /// Commits something, cuts the power again meanwhile, and looks at what that left.
    private func goOn(
        _ store: ReplicaStore, _ before: StoreContents, _ place: String, _ folder: RigFolder,
        _ result: inout PowerCutRig.Result
    ) throws {
        let later = LaterCut(disk, seed: seed, after: Int(seed / 8 % 12))
        let draft = Draft(
            .new, documentKind: RigSchema.dossier.tag, actor: "rig", intent: "after",
            changes: [
                RecordChange(
                    .pending(ordinal: 0), kind: RigSchema.person.tag, [Write(RigSchema.phone.tag, .text("after"))])
            ])
        try store.commit([draft], time: 1_800_000_000_000)
        disk.beforeEachChange(nil)
        let after = try StoreContents(of: store)
        let during = later.left
        let left = during ?? disk.cut(seed: seed)
        result.cutAgain = 1
        let other = try RigFolder()
        let again = try ReplicaStore.open(in: other.path, schema: RigSchema.schema, vfs: left.vfs)
        let contents = try StoreContents(of: again)
        if contents != after && (during == nil || contents != before) {
            result.lost = 1
            result.findings.append("\(place), cut again: neither before nor after a commit")
        }
        if let first = try again.check().first {
            result.damaged = 1
            result.findings.append("\(place), cut again: \(first.code), \(first.place): \(first.reason)")
        }
        left.powerOff()
        try? again.close()
    }
}

/// Cuts a disk's power once, at the n-th change from now.
private final class LaterCut: Sendable {
    private let state: Mutex<(countdown: Int, left: FaultDisk?)>

    init(_ disk: FaultDisk, seed: UInt64, after countdown: Int) {
        state = Mutex((countdown, nil))
        disk.beforeEachChange { [unowned self] _ in
            state.withLock { state in
                if state.countdown == 0 { state.left = disk.cut(seed: seed) }
                state.countdown -= 1
            }
        }
    }

    var left: FaultDisk? { state.withLock { $0.left } }
}

extension Operations {
    /// The name of a single kind.
    public var words: String {
        switch self {
        case .open: "open"
        case .delete: "delete"
        case .access: "access"
        case .read: "read"
        case .size: "size"
        case .lock: "lock"
        case .shmMap: "index-map"
        case .shmLock: "index-lock"
        case .write: "write"
        case .truncate: "truncate"
        case .sync: "sync"
        case []: "the next operation"
        default: "operation \(rawValue)"
        }
    }
}
