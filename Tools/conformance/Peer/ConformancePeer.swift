import ByteCoding
import ChangeSets
import Foundation
import SyncProtocol
import WireSamples

/// Our own implementation behind Tools/conformance/run: a question a line on the standard input, an answer a line on the
/// standard output, both JSON objects.
@main
struct ConformancePeer {
    struct Question: Decodable {
        let id: Int
        let form: String
        let hex: String
    }

    /// One of: refused with a code; not supported; decoded, with what it encodes to.
    struct Answer: Encodable {
        let id: Int
        var error: String?
        var unsupported: Bool?
        var value: JSON?
        var hex: String?
    }

    static func main() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        while let line = readLine(strippingNewline: true) {
            let question = try JSONDecoder().decode(Question.self, from: Data(line.utf8))
            let answer = try encoder.encode(ConformancePeer.answer(question))
            FileHandle.standardOutput.write(answer + Data([0x0A]))
        }
    }

    private static func answer(_ question: Question) -> Answer {
        var answer = Answer(id: question.id)
        do throws(DecodingFailure) {
            guard let (value, bytes) = try decoded(question.form, Hex.bytes(question.hex)) else {
                answer.unsupported = true
                return answer
            }
            answer.value = value
            answer.hex = Hex.text(bytes)
        } catch { answer.error = error.code.rawValue }
        return answer
    }

    /// The value as the vectors tell it, and the bytes that our own writer makes of it; nil for a form of other versions.
    private static func decoded(
        _ form: String, _ bytes: [UInt8]
    ) throws(DecodingFailure) -> (value: JSON, bytes: [UInt8])? {
        switch form {
        case "canonical":
            let set = try CanonicalForm.read(bytes[...])
            var writer = ByteWriter()
            CanonicalForm.write(set, to: &writer)
            return (JSON(set), writer.bytes)
        case "segment":
            let codec = SegmentCodec()
            let segment = try codec.decode(bytes[...])
            return (.list(segment.changeSets.map { JSON($0) }), codec.encode(segment))
        case "snapshot":
            let codec = SnapshotCodec()
            let states = try codec.decode(bytes[...])
            return (.list(states.map { JSON($0) }), codec.encode(states))
        case "frame":
            var accumulator = FrameAccumulator(frameBytesMax: SyncLimits.frameBytesMax)
            accumulator.append(bytes)
            guard let frame = try accumulator.next() else {
                throw DecodingFailure(.truncated, offset: bytes.count, "a frame")
            }
            return (.text(frame.name), frame.encoded)
        default: return nil
        }
    }
}
