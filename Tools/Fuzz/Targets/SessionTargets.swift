import ByteCoding
import HubLogic
import HybridTime
import SyncProtocol
import WireSamples

/// The steps of a session under a hostile peer: an input is a list of them.
///
///     step = op: u8  0…4: the peer's frame, length: u16 and type and body; 5: our storage answers; 6: a heartbeat;
///                    7: something else that may happen, by the next byte
enum SessionStep {
    case frame(SyncFrame)
    case storage(UInt8)
    case heartbeat(Traffic)
    case other(UInt8)

    static func next(_ input: inout FuzzInput) -> SessionStep? {
        while !input.isAtEnd {
            switch input.byte() & 7 {
            case 5: return .storage(input.byte())
            case 6:
                let bits = input.byte()
                return .heartbeat(
                    Traffic(
                        received: Int(bits & 3) * 700, sent: Int(bits >> 2 & 3) * 700, unsent: Int(bits >> 4 & 1),
                        isInsideFrame: bits & 32 != 0))
            case 7: return .other(input.byte())
            default:
                let body = input.take(input.word() & 0xFFF)
                // Bytes that are no frame end a session at once: that is one of the other things that may happen.
                if let frame = try? SyncFrame(decoding: body) { return .frame(frame) }
            }
        }
        return nil
    }

    /// The bytes of a step with a frame.
    static func bytes(_ frame: SyncFrame) -> [UInt8] {
        var reader = ByteReader(frame.encoded)
        guard let body = try? reader.block(limit: SyncLimits.frameBytesMax, "frame") else { return [] }
        return [0] + FuzzInput.word(body.count) + body
    }

    static let answer: [UInt8] = [5, 0]
}

/// Laws of what a machine sends, whatever came before.
struct SentFrames {
    /// What the peer has granted and payloads have not used up.
    private var credit = 0

    mutating func granted(_ bytes: Int) { credit += bytes }

    mutating func sent(_ frame: SyncFrame) throws(BrokenLaw) {
        var reader = ByteReader(frame.encoded)
        guard let body = try? reader.block(limit: SyncLimits.frameBytesMax, "frame"), reader.isAtEnd,
            let again = try? SyncFrame(decoding: body)
        else { throw BrokenLaw("it sends a \(frame.name) that no peer would take") }
        try BrokenLaw.check(again == frame, "it sends a \(frame.name) that its peer reads otherwise")
        switch frame {
        case .segment(let payload), .feed(_, _, let payload): credit -= payload.cost
        case .snapshotChunk(_, _, let chunk): credit -= chunk.cost
        case .states(_, _, let bytes), .grant(_, _, let bytes), .revoke(_, _, let bytes):
            credit -= bytes.count + SyncLimits.payloadOverheadBytes
        default: break
        }
        try BrokenLaw.check(credit >= 0, "it sends more than it was granted")
    }
}

extension FuzzTarget {
    static let child = FuzzTarget("child", seeds: { sessions().down }) { input in
        var parts = FuzzInput(input)
        var rig = ChildRig(options: parts.byte())
        try rig.start()
        while let step = SessionStep.next(&parts) { try rig.take(step) }
        try rig.settle()
        return rig.wasWelcomed ? .accepted : .refused
    }

    static let hub = FuzzTarget("hub", seeds: { sessions().up }) { input in
        var parts = FuzzInput(input)
        var rig = HubRig(options: parts.byte())
        while let step = SessionStep.next(&parts) { try rig.take(step) }
        try rig.settle()
        return rig.hasWelcomed ? .accepted : .refused
    }

    /// Whole honest sessions between the two rigs under several options, as each side would have seen them.
    private static func sessions() -> (up: [[UInt8]], down: [[UInt8]]) {
        var up: [[UInt8]] = []
        var down: [[UInt8]] = []
        for options in Array(0..<16 as Range<UInt8>) + [134, 135, 230] {
            let recorded = Recording.session(options)
            up.append([options] + recorded.up)
            down.append([options] + recorded.down)
        }
        return (up, down)
    }
}

/// Two rigs that talk to each other, to have sessions to start from.
private struct Recording {
    var up: [UInt8] = []
    var down: [UInt8] = []

    static func session(_ options: UInt8) -> Recording {
        var recording = Recording()
        var child = ChildRig(options: options)
        var hub = HubRig(options: options)
        do {
            try child.start()
            for _ in 0..<200 where !child.hasEnded || !hub.hasEnded {
                try child.take(.storage(0))
                recording.down += SessionStep.answer
                try hub.take(.storage(0))
                recording.up += SessionStep.answer
                for frame in child.takeSent() {
                    recording.up += SessionStep.bytes(frame)
                    try hub.take(.frame(frame))
                }
                for frame in hub.takeSent() {
                    recording.down += SessionStep.bytes(frame)
                    try child.take(.frame(frame))
                }
                if child.isQuiet, hub.isQuiet { break }
            }
        } catch { return Recording() }
        return recording
    }
}
