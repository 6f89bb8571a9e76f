import HybridTime

/// The name of an organisation: 16 bytes that its founding chose. Replicas of different organisations never exchange
/// anything but a `wrong-organisation` error.
public struct OrganisationID: Hashable, Sendable {
    /// Exactly ``SyncLimits/organisationBytes`` bytes.
    public let bytes: [UInt8]

    /// Nil where the count of bytes is not 16.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == SyncLimits.organisationBytes else { return nil }
        self.bytes = Array(bytes)
    }
}

extension OrganisationID: CustomStringConvertible {
    /// Thirty-two hexadecimal digits.
    public var description: String { hexadecimal(bytes) }
}

/// The hash of an origin's chain at one sequence: head(n) = SHA-256(head(n-1) ‖ leaf(n)).
public struct ChainHash: Hashable, Sendable {
    /// Exactly ``SyncLimits/hashBytes`` bytes.
    public let bytes: [UInt8]

    /// Nil where the count of bytes is not 32.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == SyncLimits.hashBytes else { return nil }
        self.bytes = Array(bytes)
    }
}

extension ChainHash: CustomStringConvertible {
    /// Sixty-four hexadecimal digits.
    public var description: String { hexadecimal(bytes) }
}

/// An origin's chain hash at a sequence: two replicas that know different hashes at one sequence have met a fork.
public struct ChainPoint: Hashable, Sendable {
    /// At least 1.
    public let sequence: Sequence32
    public let hash: ChainHash

    public init(sequence: Sequence32, hash: ChainHash) {
        self.sequence = sequence
        self.hash = hash
    }
}

/// One life of one hub's feeds. Cursors and receipts belong to it: a hub that was restored from a backup starts a new
/// epoch, and every cursor of the old one is void.
public struct HubLineage: Hashable, Sendable {
    public let hub: ReplicaID
    public let epoch: UInt64

    public init(hub: ReplicaID, epoch: UInt64) {
        self.hub = hub
        self.epoch = epoch
    }
}

/// The name of a scope: 1 to 128 bytes of UTF-8, such as `org` or `site/lisbon`.
public struct ScopeName: Hashable, Sendable {
    public let text: String

    /// Nil where the text is empty or longer than ``SyncLimits/scopeBytesMax``.
    public init?(_ text: String) {
        guard (1...SyncLimits.scopeBytesMax).contains(text.utf8.count) else { return nil }
        self.text = text
    }
}

extension ScopeName: CustomStringConvertible {
    public var description: String { text }
}

/// Lower-case hexadecimal digits, two for each byte.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes {
        if byte < 16 { text.append("0") }
        text.append(String(byte, radix: 16))
    }
    return text
}

/// The longest prefix of a text that fits into so many bytes of UTF-8 and cuts no character.
func clipped(_ text: String, utf8 limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var result = ""
    var count = 0
    for character in text {
        count += character.utf8.count
        if count > limit { break }
        result.append(character)
    }
    return result
}
