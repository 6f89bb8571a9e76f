/// One direction of a connection: bytes that were sent and have not arrived.
struct ByteQueue {
    private var bytes: [UInt8] = []
    private var start = 0
    /// Nothing more will be sent; the other side learns of it after the last byte.
    var isClosed = false
    /// Bytes neither arrive nor get lost: a peer that has stopped reading, or a line that is dead one way.
    var isStalled = false
    /// The closing was noticed by the receiver.
    var isDrained = false

    var count: Int { bytes.count - start }
    var canDeliver: Bool { !isStalled && !isDrained && (count > 0 || isClosed) }

    mutating func send(_ more: [UInt8]) { if !isClosed { bytes += more } }

    mutating func take(_ wanted: Int) -> ArraySlice<UInt8> {
        let end = min(start + wanted, bytes.count)
        let piece = bytes[start..<end]
        start = end
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: true)
            start = 0
        }
        return piece
    }

    /// The line breaks: what is under way is lost.
    mutating func lose() {
        bytes.removeAll()
        start = 0
        isClosed = true
    }
}
