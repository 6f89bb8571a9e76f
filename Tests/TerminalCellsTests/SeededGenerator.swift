/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same run everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Scalars that have gone wrong on terminals: controls, overrides, joiners, marks, wide and unassigned ones.
let awkwardScalars: [Unicode.Scalar] = [
    "a", "Z", " ", "é", "\u{301}", "\u{302}", "\u{323}", "ü", "\t", "\n", "\r", "\u{1B}", "\u{7F}", "\u{9B}",
    "\u{202E}",
    "\u{202A}", "\u{2066}", "\u{2069}", "\u{200B}", "\u{200D}", "\u{200E}", "\u{FE0F}", "\u{1F3FD}", "👩", "🚀",
    "\u{1F1EF}",
    "\u{1F1F5}", "佐", "藤", "ｶ", "م", "ح", "\u{64B}", "क", "\u{94D}", "ष", "ि", "\u{1100}", "\u{1161}", "\u{11A8}", "각",
    "\u{AD}", "\u{34F}", "\u{FFFE}", "\u{E000}", "\u{2028}", "\u{E0041}", "\u{20E3}", "…", "─", "ไ", "\u{E33}",
    "\u{600}",
]

func awkwardText(_ generator: inout SeededGenerator, lengthMax: Int) -> String {
    var scalars = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...lengthMax, using: &generator) {
        scalars.append(awkwardScalars.randomElement(using: &generator) ?? "a")
    }
    return String(scalars)
}
