import ByteCoding

/// SHA-256 (FIPS 180-4, section 6.2) for tests alone: slow, short, and independent of the library that ships.
enum SHA256 {
    private static let primes: [UInt64] = {
        var primes: [UInt64] = []
        var next: UInt64 = 2
        while primes.count < 64 {
            if primes.allSatisfy({ next % $0 != 0 }) { primes.append(next) }
            next += 1
        }
        return primes
    }()

    /// The first 32 bits of the fractional part of a root, by bisection over integers: the greatest x with
    /// x^degree <= prime * 2^(32 * degree).
    private static func fraction(_ prime: UInt64, degree: Int) -> UInt32 {
        var low = 0.0
        var high = Double(prime)
        for _ in 0..<100 {
            let middle = (low + high) / 2
            let power = degree == 2 ? middle * middle : middle * middle * middle
            if power <= Double(prime) { low = middle } else { high = middle }
        }
        return UInt32((low - low.rounded(.down)) * 4_294_967_296)
    }

    private static let constants = primes.map { fraction($0, degree: 3) }
    private static let initial = primes.prefix(8).map { fraction($0, degree: 2) }

    static func hash(_ message: [UInt8]) -> Digest256 {
        var padded = message + [0x80]
        while padded.count % 64 != 56 { padded.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            padded.append(UInt8(UInt64(message.count * 8) >> shift & 0xFF))
        }
        var state = initial
        for start in stride(from: 0, to: padded.count, by: 64) { compress(&state, padded[start..<start + 64]) }
        let words = stride(from: 0, to: 8, by: 2).map { UInt64(state[$0]) << 32 | UInt64(state[$0 + 1]) }
        return Digest256(words: (words[0], words[1], words[2], words[3]))
    }

    private static func compress(_ state: inout [UInt32], _ block: ArraySlice<UInt8>) {
        func turned(_ value: UInt32, _ count: UInt32) -> UInt32 { value >> count | value << (32 - count) }
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
            block[index..<index + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            let first = turned(early, 7) ^ turned(early, 18) ^ early >> 3
            let second = turned(late, 17) ^ turned(late, 19) ^ late >> 10
            words.append(words[index - 16] &+ first &+ words[index - 7] &+ second)
        }
        var v = state
        for index in 0..<64 {
            let sum1 = turned(v[4], 6) ^ turned(v[4], 11) ^ turned(v[4], 25)
            let choice = v[4] & v[5] ^ ~v[4] & v[6]
            let one = v[7] &+ sum1 &+ choice &+ constants[index] &+ words[index]
            let sum0 = turned(v[0], 2) ^ turned(v[0], 13) ^ turned(v[0], 22)
            let two = sum0 &+ (v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2])
            v = [one &+ two, v[0], v[1], v[2], v[3] &+ one, v[4], v[5], v[6]]
        }
        for index in 0..<8 { state[index] = state[index] &+ v[index] }
    }

    static let digesting = Digesting { hash(Array($0)) }
}
