/// What happened in a run: always as a digest, on demand also as lines.
struct Trace {
    private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var lines: [String] = []
    let isKept: Bool

    init(isKept: Bool) { self.isKept = isKept }

    mutating func mix(_ number: UInt64) {
        digest = (digest ^ number) &* 0x9E37_79B9_7F4A_7C15
        digest ^= digest >> 29
    }

    mutating func note(_ kind: Event, _ numbers: Int..., detail: @autoclosure () -> String = "") {
        mix(UInt64(kind.rawValue))
        for number in numbers { mix(UInt64(bitPattern: Int64(number))) }
        guard isKept else { return }
        lines.append("\(kind.text) \(numbers.map(String.init).joined(separator: " ")) \(detail())")
    }

    enum Event: UInt8 {
        case step = 1
        case saved, opened, up, down, childLoad, childCommit, hubLoad, hubCommit, childEnd, hubEnd, cut, crash, beat,
            rest

        var text: String { String(describing: self) }
    }
}
