import Foundation
import Testing
import WireSamples

/// The Wireshark dissector over the frames of the vectors, wherever tshark is installed.
@Suite("Wireshark dissector")
struct DissectorTests {
    private static let tshark = ["/usr/bin/tshark", "/usr/local/bin/tshark"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    private static func littleEndian(_ value: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    private static func bigEndian(_ value: Int, _ bytes: Int) -> [UInt8] { littleEndian(value, bytes).reversed() }

    /// A capture of one TCP stream in pieces of so many bytes, without checksums (pcap with raw IP packets, type 101).
    private static func capture(_ stream: [UInt8], piece: Int) -> Data {
        var file = littleEndian(0xA1B2_C3D4, 4) + [2, 0, 4, 0] + [UInt8](repeating: 0, count: 8)
        file += littleEndian(65_535, 4) + littleEndian(101, 4)
        for start in stride(from: 0, to: stream.count, by: piece) {
            let part = stream[start..<min(stream.count, start + piece)]
            var packet: [UInt8] = [0x45, 0] + bigEndian(40 + part.count, 2) + [0, 0, 0, 0, 64, 6, 0, 0]
            packet += [127, 0, 0, 1, 127, 0, 0, 1] + bigEndian(40_000, 2) + bigEndian(7_400, 2)
            packet += bigEndian(1_000 + start, 4) + [0, 0, 0, 1, 0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0] + part
            file += [UInt8](repeating: 0, count: 8) + littleEndian(packet.count, 4) + littleEndian(packet.count, 4)
            file += packet
        }
        return Data(file)
    }

    /// The lines of tshark with these fields.
    private static func read(_ capture: Data, _ arguments: [String]) async throws -> [String] {
        let path = NSTemporaryDirectory() + "assay-dissector-\(UInt64.random(in: .min ... .max)).pcap"
        try capture.write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let process = Process()
        process.executableURL = URL(filePath: try #require(tshark))
        let script = Vectors.root.appending(path: "Tools/wireshark/assay.lua").path
        process.arguments = ["-X", "lua_script:\(script)", "-r", path, "-T", "fields"] + arguments
        let (_, text) = try await ChildProcess.run(process, withErrors: false)
        return text.split(separator: "\n").map(String.init)
    }

    @Test(
        "Every frame of the vectors is named, however TCP cut it, and none is malformed", .enabled(if: tshark != nil),
        arguments: [3, 64, 1_400])
    func frames(piece: Int) async throws {
        let vectors = try Vectors.valid(.frames).map { Hex.bytes($0.hex) }
        // The type stands behind the length, which has one byte up to 127 and two above.
        let types = vectors.map { $0[0] < 0x80 ? $0[1] : $0[2] }
        let capture = DissectorTests.capture(vectors.flatMap { $0 }, piece: piece)
        let named = try await DissectorTests.read(capture, ["-Y", "assay", "-e", "assay.type"])
            .flatMap { $0.split(separator: ",") }
        #expect(named.compactMap { UInt8($0) } == types)
        let broken = try await DissectorTests.read(
            capture, ["-Y", "assay.malformed || _ws.malformed || _ws.lua.error", "-e", "frame.number"])
        #expect(broken == [])
    }

    @Test("A frame that is malformed is shown as malformed", .enabled(if: tshark != nil))
    func malformed() async throws {
        // Those whose fault stands in a structure that the dissector follows: ends, lengths and trailing bytes.
        let names = ["bye with a body", "type 18, not assigned", "empty frame"]
        for vector in try Vectors.invalid(.frames) where names.contains(vector.name) {
            let capture = DissectorTests.capture(Hex.bytes(vector.hex), piece: 1_400)
            let broken = try await DissectorTests.read(capture, ["-Y", "assay.malformed", "-e", "frame.number"])
            #expect(broken == ["1"], "\(vector.name)")
        }
    }
}
