import Foundation
import FuzzTargets

// libFuzzer owns the command line, so the target comes in the environment: ASSAY_FUZZ_TARGET. With ASSAY_FUZZ_SEEDS the
// inputs to start from are written to that folder instead. Tools/fuzz sets both.

/// The one target of this process.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["ASSAY_FUZZ_TARGET"] ?? ""
    if let target = FuzzTarget.named(name) { return target }
    print("ASSAY_FUZZ_TARGET is one of: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
    exit(2)
}()

@_cdecl("LLVMFuzzerInitialize")
public func initialize(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>>>
) -> Int32 {
    let target = target
    guard let folder = ProcessInfo.processInfo.environment["ASSAY_FUZZ_SEEDS"] else { return 0 }
    do {
        for (number, seed) in try target.seeds().enumerated() where seed.count <= target.inputBytesMax {
            try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/seed-\(number)"))
        }
        print(target.inputBytesMax)
    } catch {
        print("The seeds cannot be written: \(error)")
        exit(1)
    }
    exit(0)
}

/// A trap or a broken law ends the process, and libFuzzer keeps the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    do { _ = try target.run(Array(UnsafeBufferPointer(start: start, count: count))) } catch {
        FileHandle.standardError.write(Data("\nBroken law: \(error)\n".utf8))
        preconditionFailure("a broken law")
    }
    return 0
}
