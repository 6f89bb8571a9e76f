import ByteCoding
import Foundation
import SyncProtocol
import Testing

@Suite("Vectors of the frames")
struct VectorTests {
    private struct Valid: Codable, Equatable {
        var name: String
        var frame: String
        var hex: String
    }

    private struct Invalid: Codable, Equatable {
        var name: String
        var hex: String
        var code: String
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Protocol/vectors")

    private func load<Vector: Decodable>(_ path: String) throws -> [Vector] {
        try JSONDecoder().decode([Vector].self, from: Data(contentsOf: VectorTests.folder.appending(path: path)))
    }

    private func bytes(_ hex: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Substring(hex)
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }

    private func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }

    /// With ASSAY_WRITE_VECTORS=1 the valid file is written from the samples instead of being compared with them.
    @Test("Every valid vector decodes to its frame and encodes to its bytes")
    func valid() throws {
        let expected = Samples.frames.map { Valid(name: $0.name, frame: $0.frame.name, hex: hex($0.frame.encoded)) }
        if ProcessInfo.processInfo.environment["ASSAY_WRITE_VECTORS"] == "1" {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(expected).write(to: VectorTests.folder.appending(path: "valid/frames.json"))
        }
        let vectors: [Valid] = try load("valid/frames.json")
        #expect(vectors == expected)
        for (vector, sample) in zip(vectors, Samples.frames) {
            var accumulator = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
            accumulator.append(bytes(vector.hex))
            #expect(try accumulator.next() == sample.frame, "\(vector.name)")
        }
    }

    @Test("Every invalid vector is refused with its code")
    func invalid() throws {
        let vectors: [Invalid] = try load("invalid/frames.json")
        #expect(vectors.count >= 30)
        for vector in vectors {
            var accumulator = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
            accumulator.append(bytes(vector.hex))
            do {
                let frame = try accumulator.next()
                Issue.record("\(vector.name): \(frame.map(\.name) ?? "waits for more")")
            } catch { #expect(error.code.rawValue == vector.code, "\(vector.name): \(error)") }
        }
    }
}
