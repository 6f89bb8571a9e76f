import CrashRigs
import FaultDisk
import Foundation
import ReplicaStore
import Testing

@Suite("Disks that fail and fill under a store")
struct FaultSweepTests {
    @Test(
        "A failing operation is refused with a code, loses nothing, and the store goes on when the disk is well",
        arguments: FaultSweep.Fault.all)
    func sweep(_ fault: FaultSweep.Fault) throws {
        // Every N is for the command; here each kind of fault begins at another place.
        let result = try FaultSweep(seed: 3).run(fault, stride: 29, from: Int(fault.operations.rawValue % 29))
        #expect(result.findings.isEmpty, "\(result.findings.joined(separator: "\n"))")
        #expect(result.faults > 0 || result.runs == 1)
    }

    @Test("On a full disk new work is refused, reading and syncing go on, and it heals when space returns")
    func full() throws {
        for room in stride(from: Int64(0), to: 200_000, by: 20_000) {
            let disk = FaultDisk(seed: 1)
            let workload = try Workload(seed: 7, disk: disk, durability: .full)
            for _ in 0..<20 { _ = try workload.next() }
            disk.setCapacity(disk.used + room)
            var refusal: StoreError?
            for _ in 0..<200 where refusal == nil {
                do throws(StoreError) { try workload.edit() } catch { refusal = error }
            }
            #expect(refusal?.code == "disk-full")
            let documents = try workload.store.allDocuments().count
            // A hub's word and its news are still taken.
            for _ in 0..<4 {
                try workload.take(.receipts)
                try workload.take(.feed)
            }
            #expect(disk.size("reserve") == nil)
            #expect(try workload.store.allDocuments().count >= documents)
            for _ in 0..<3 {
                let again = #expect(throws: StoreError.self) { try workload.edit() }
                #expect(again?.code == "disk-full")
            }
            #expect(try workload.store.check() == [])
            disk.setCapacity(nil)
            for _ in 0..<5 { try workload.edit() }
            #expect(disk.size("reserve") == 524_288)
            let contents = try StoreContents(of: workload.store)
            let left = disk.cut(seed: 1, .none)
            let folder = try RigFolder()
            let image = try ReplicaStore.open(in: folder.path, schema: RigSchema.schema, vfs: left.vfs)
            #expect(try StoreContents(of: image) == contents)
            try image.close()
        }
    }
}
