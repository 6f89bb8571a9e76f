import ByteCoding
import HybridTime
import Merging

/// An origin's tamper-evident chain: leaf(n) = SHA-256(salt ‖ canonical(n)), head(n) = SHA-256(head(n-1) ‖ leaf(n)),
/// head(0) = 32 zero bytes. A body that was erased is bridged by its leaf.
public struct HashChain: Sendable {
    private let digesting: Digesting
    private var buffer = ByteWriter(reserving: 1_024)

    public init(_ digesting: Digesting) { self.digesting = digesting }

    /// The head after `set`, whose predecessor's head is `previous`.
    /// - Returns: the head and how many canonical bytes the change set has.
    public mutating func head(after previous: Digest256, _ set: ChangeSet, salt: Salt) -> (head: Digest256, size: Int) {
        buffer.removeAll()
        buffer.fixed64(salt.high)
        buffer.fixed64(salt.low)
        CanonicalForm.write(set, to: &buffer)
        let leaf = digesting(buffer.bytes)
        return (next(after: previous, leaf: leaf), buffer.count - 16)
    }

    /// The head behind `previous` where only the leaf is known.
    public func next(after previous: Digest256, leaf: Digest256) -> Digest256 {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 8) { words in
            func put(_ digest: Digest256, at index: Int) {
                words[index] = digest.words.0.bigEndian
                words[index + 1] = digest.words.1.bigEndian
                words[index + 2] = digest.words.2.bigEndian
                words[index + 3] = digest.words.3.bigEndian
            }
            put(previous, at: 0)
            put(leaf, at: 4)
            return digesting.sha256(UnsafeRawBufferPointer(words))
        }
    }

    /// The canonical bytes of the last change set given to ``head(after:_:salt:)``.
    public var canonical: ArraySlice<UInt8> { buffer.bytes[16...] }
}
