import ByteCoding
import ChangeSets
import Foundation
import HybridTime
import Merging
import Testing
import WireSamples

@Suite("Vectors of the wire format")
struct VectorTests {
    private struct Valid: Codable {
        var name: String
        var hex: String
        var value: JSON
        /// Of canonical forms: the chain over the vectors in their order.
        var salt: String?
        var leaf: String?
        var head: String?
    }

    private struct Invalid: Codable, Equatable {
        var name: String
        var hex: String
        var code: String
    }

    private static let protocolFolder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Protocol")
    private static let salt = Salt(0x0706_0504_0302_0100, 0x0F0E_0D0C_0B0A_0908)

    /// Compares with the file; with ASSAY_WRITE_VECTORS=1 writes it first.
    private func load<Vector: Codable>(_ path: String, samples: [Vector]) throws -> [Vector] {
        let url = VectorTests.protocolFolder.appending(path: "vectors/" + path)
        if ProcessInfo.processInfo.environment["ASSAY_WRITE_VECTORS"] == "1" {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let lines = try samples.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
            try Data("[\n\(lines.joined(separator: ",\n"))\n]\n".utf8).write(to: url)
        }
        return try JSONDecoder().decode([Vector].self, from: Data(contentsOf: url))
    }

    private func decode(_ form: String, _ bytes: [UInt8]) throws(DecodingFailure) -> JSON {
        switch form {
        case "canonical": JSON(try CanonicalForm.read(bytes[...]))
        case "segments": .list(try SegmentCodec().decode(bytes[...]).changeSets.map { JSON($0) })
        default: .list(try SnapshotCodec().decode(bytes[...]).map { JSON($0) })
        }
    }

    private func samples(_ form: String) throws -> [Valid] {
        let samples =
            switch form {
            case "canonical": VectorSamples.validCanonical
            case "segments": VectorSamples.validSegments
            default: VectorSamples.validSnapshots
            }
        var head = Digest256.zero
        var chain = HashChain(SHA256.digesting)
        return try samples.map { sample in
            let value: JSON
            do throws(DecodingFailure) { value = try decode(form, sample.bytes) } catch {
                Issue.record("refused: \(sample.name)")
                throw error
            }
            var vector = Valid(name: sample.name, hex: Hex.text(sample.bytes), value: value)
            if form == "canonical" {
                let salted = ByteWriter.salt(VectorTests.salt)
                head = chain.head(after: head, try CanonicalForm.read(sample.bytes[...]), salt: VectorTests.salt).head
                vector.salt = Hex.text(salted)
                vector.leaf = SHA256.hash(salted + sample.bytes).description
                vector.head = head.description
            }
            return vector
        }
    }

    @Test("Every valid vector decodes to its value", arguments: ["canonical", "segments", "snapshots"])
    func valid(form: String) throws {
        let samples = try samples(form)
        let vectors: [Valid] = try load("valid/\(form).json", samples: samples)
        #expect(vectors.map(\.name) == samples.map(\.name))
        #expect(Set(vectors.map(\.name)).count == vectors.count)
        for (vector, sample) in zip(vectors, samples) {
            #expect(try decode(form, Hex.bytes(vector.hex)).bytes == vector.value.bytes, "\(vector.name)")
            #expect(vector.salt == sample.salt && vector.leaf == sample.leaf && vector.head == sample.head)
            // Deflate may differ from one zlib to the next; canonical bytes may not.
            if form == "canonical" { #expect(vector.hex == sample.hex, "\(vector.name)") }
        }
    }

    @Test("Every canonical vector is what the change set encodes to")
    func canonical() throws {
        for sample in VectorSamples.validCanonical {
            var writer = ByteWriter()
            CanonicalForm.write(try CanonicalForm.read(sample.bytes[...]), to: &writer)
            #expect(writer.bytes == sample.bytes, "\(sample.name)")
        }
    }

    @Test("Every invalid vector is refused with its code", arguments: ["canonical", "segments", "snapshots"])
    func invalid(form: String) throws {
        let samples =
            switch form {
            case "canonical": VectorSamples.invalidCanonical
            case "segments": VectorSamples.invalidSegments
            default: VectorSamples.invalidSnapshots
            }
        let expected = samples.map { Invalid(name: $0.name, hex: Hex.text($0.bytes), code: $0.code.rawValue) }
        let vectors = try load("invalid/\(form).json", samples: expected)
        #expect(vectors.map(\.name) == expected.map(\.name))
        #expect(vectors.map(\.code) == expected.map(\.code))
        for vector in vectors {
            do throws(DecodingFailure) {
                _ = try decode(form, Hex.bytes(vector.hex))
                Issue.record("accepted: \(vector.name)")
            } catch {
                #expect(error.code.rawValue == vector.code, "\(vector.name): \(error)")
            }
        }
    }

    @Test("A canonical form of more than 2^19 bytes is refused before it is read, one of 2^19 is read")
    func canonicalSize() throws {
        func form(_ size: Int) -> [UInt8] {
            let rest = size - VectorSamples.canonical.with("writes", Forge.varint(9)).with("write", []).body.count
            var writes: [UInt8] = []
            for number in 0..<9 {
                let length = number < 8 ? 58_000 : rest - writes.count - 5
                writes += [5, 3] + Forge.varint(UInt64(length)) + [UInt8](repeating: 0, count: length)
            }
            return VectorSamples.canonical.with("writes", Forge.varint(9)).with("write", writes).body
        }
        #expect(form(1 << 19).count == 1 << 19)
        #expect(throws: Never.self) { try CanonicalForm.read(form(1 << 19)[...]) }
        #expect(throws: DecodingFailure.self) { try CanonicalForm.read(form(1 << 19 + 1)[...]) }
    }

    @Test("The preset dictionary is the protocol's, byte for byte, and stands in its text")
    func dictionary() throws {
        let folder = VectorTests.protocolFolder
        let file = try Data(contentsOf: folder.appending(path: "dictionary-1.txt"))
        #expect(Array(file) == PresetDictionary.bytes)
        let text = try String(contentsOf: folder.appending(path: "README.md"), encoding: .utf8)
        #expect(text.contains("\(file.count) bytes"))
        #expect(text.contains(SHA256.hash(Array(file)).description))
        var printed = ""
        for line in text.split(separator: "\n") where line.hasPrefix("    ") { printed += line.dropFirst(4) }
        #expect(printed.contains(String(decoding: file, as: UTF8.self)))
    }

    @Test("The limits that the protocol lists are those of the code")
    func limits() throws {
        let limits: [(String, Int)] = [
            ("ChangeSetLimits.segmentChangeSetsMax` | 4,096", ChangeSetLimits.segmentChangeSetsMax - 4_096),
            ("ChangeSetLimits.segmentDecodedBytesMax` | 2^20", ChangeSetLimits.segmentDecodedBytesMax - 1 << 20),
            ("ChangeSetLimits.segmentBytesMax` | 2^20 + 4,096", ChangeSetLimits.segmentBytesMax - 4_096 - 1 << 20),
            ("ChangeSetLimits.segmentWritesMax` | 2^18", ChangeSetLimits.segmentWritesMax - 1 << 18),
            ("ChangeSetLimits.segmentContentBytesMax` | 2^24", ChangeSetLimits.segmentContentBytesMax - 1 << 24),
            ("ChangeSetLimits.originsMax` | 2^16", ChangeSetLimits.originsMax - 1 << 16),
            ("ChangeSetLimits.contextColumnEntriesMax` | 2^18", ChangeSetLimits.contextColumnEntriesMax - 1 << 18),
            ("ChangeSetLimits.contextEntriesMax` | 1,024", ChangeSetLimits.contextEntriesMax - 1_024),
            (
                "ChangeSetLimits.changeSetCanonicalBytesMax` | 2^19",
                ChangeSetLimits.changeSetCanonicalBytesMax - 1 << 19
            ),
            ("ChangeSetLimits.changeSetRecordsMax` | 2,048", ChangeSetLimits.changeSetRecordsMax - 2_048),
            ("ChangeSetLimits.changeSetWritesMax` | 16,384", ChangeSetLimits.changeSetWritesMax - 16_384),
            ("ChangeSetLimits.textBytesMax` | 2^16", ChangeSetLimits.textBytesMax - 1 << 16),
            ("ChangeSetLimits.actorBytesMax` | 256", ChangeSetLimits.actorBytesMax - 256),
            ("ChangeSetLimits.intentBytesMax` | 64", ChangeSetLimits.intentBytesMax - 64),
            ("ChangeSetLimits.ordinalMax` | 2,047", Int(ChangeSetLimits.ordinalMax) - 2_047),
            ("ChangeSetLimits.kindMax` | 2^20", ChangeSetLimits.kindMax - 1 << 20),
            ("FieldTag.rawMax` | 2^20", Int(FieldTag.rawMax) - 1 << 20),
            ("Stamp.wallTimeMax` | 2^45 - 1", Int(Stamp.wallTimeMax) + 1 - 1 << 45),
            ("Stamp.greatest` | 2^46", Int(Stamp.greatest.milliseconds) - 1 << 46),
            ("SnapshotCodec.documentsMax` | 1,024", SnapshotCodec.documentsMax - 1_024),
            ("SnapshotCodec.itemsMax` | 2^19", SnapshotCodec.itemsMax - 1 << 19),
            ("SnapshotCodec.decodedBytesMax` | 2^23", SnapshotCodec.decodedBytesMax - 1 << 23),
            ("SnapshotCodec.contentBytesMax` | 2^26", SnapshotCodec.contentBytesMax - 1 << 26),
        ]
        let text = try String(contentsOf: VectorTests.protocolFolder.appending(path: "README.md"), encoding: .utf8)
        for (row, difference) in limits {
            #expect(difference == 0, "\(row)")
            #expect(text.contains("| `\(row) |"), "\(row)")
        }
    }
}

extension ByteWriter {
    /// A salt's bytes as they travel.
    fileprivate static func salt(_ salt: Salt) -> [UInt8] {
        var writer = ByteWriter()
        writer.fixed64(salt.high)
        writer.fixed64(salt.low)
        return writer.bytes
    }
}
