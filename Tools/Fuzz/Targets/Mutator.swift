import WireSamples

/// Makes mutants without libFuzzer: the same seed gives the same mutants, so an ordinary test can run them.
public struct Mutator: Sendable {
    private var random: SplitMix64
    private let corpus: [[UInt8]]
    private let inputBytesMax: Int

    /// - Parameter corpus: what to start from; not empty.
    public init(seed: UInt64, corpus: [[UInt8]], inputBytesMax: Int) {
        precondition(!corpus.isEmpty, "a mutator starts from something")
        random = SplitMix64(seed)
        self.corpus = corpus
        self.inputBytesMax = inputBytesMax
    }

    private static let edges: [UInt8] = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x10, 0x14, 0x04, 0x20]
    private static let greatest: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]

    /// One input of the corpus with one to four edits of the kinds that reach far.
    public mutating func next() -> [UInt8] {
        var bytes = random.pick(corpus)
        for _ in 0..<(1 + random.below(4)) where !bytes.isEmpty { edit(&bytes) }
        return Array(bytes.prefix(inputBytesMax))
    }

    private mutating func edit(_ bytes: inout [UInt8]) {
        let place = random.below(bytes.count)
        switch random.below(9) {
        case 0: bytes[place] ^= 1 << UInt8(random.below(8))
        case 1: bytes[place] = random.pick(Mutator.edges)
        case 2: bytes[place] = bytes[place] &+ 1
        case 3: bytes[place] = bytes[place] &- 1
        case 4: bytes.insert(UInt8(random.below(256)), at: place)
        case 5: bytes.remove(at: place)
        case 6: bytes.insert(contentsOf: Mutator.greatest, at: place)
        case 7:
            // The rest of another input, so that what two of them reach comes together.
            let other = random.pick(corpus)
            if !other.isEmpty { bytes.replaceSubrange(place..., with: other[random.below(other.count)...]) }
        default:
            let from = random.below(bytes.count)
            let slice = bytes[from..<min(bytes.count, from + 1 + random.below(16))]
            bytes.replaceSubrange(place..<min(bytes.count, place + slice.count), with: slice)
        }
    }
}
