import Credentialing
import HybridTime
import Merging
import WireSamples

extension FuzzTarget {
    /// The input is what a decision of another replica says that it saw, or two of its people's names.
    static let decision = FuzzTarget("decision", inputBytesMax: 2_048, seeds: { decisions }) { input in
        guard input.first == 0 else { return try names(Array(input.dropFirst())) }
        let bytes = Array(input.dropFirst())
        guard let seen = SeenContexts(bytes) else { return .refused }
        // Another writer may list documents in another order; what is read is what is written.
        try BrokenLaw.check(SeenContexts(seen.bytes) == seen, "what a decision saw is not read back")
        for (name, context) in seen.contexts {
            try BrokenLaw.check(seen[name] == context, "a document's context")
            try BrokenLaw.check(RecordName(name.description) == name, "a name that its own text does not name")
        }
        return .accepted
    }

    private static func names(_ bytes: [UInt8]) throws -> FuzzVerdict {
        guard let text = String(validating: bytes, as: UTF8.self) else { return .refused }
        let parts = text.split(separator: "\n", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return .refused }
        let (left, right) = (
            NameFolding.key(given: parts[0], family: nil), NameFolding.key(given: nil, family: parts[1])
        )
        try BrokenLaw.check(NameFolding.key(given: left, family: nil) == left, "a key that folds further")
        try BrokenLaw.check(NameFolding.isNear(left, right) == NameFolding.isNear(right, left), "near on one side only")
        if let key = RuleKey(text) { try BrokenLaw.check(key.text == text, "a key of another text") }
        if let name = RecordName(text) { try BrokenLaw.check(name.description == text, "a name of another text") }
        return .accepted
    }

    private static let decisions: [[UInt8]] = {
        var seeds: [[UInt8]] = [
            "Zoë Ångström\nO’Brien", "ann louise smith\nann smith", "أحمد\nя", "\u{1E9E}\u{130}\nſt x",
        ]
        .map { [1] + Array($0.utf8) }
        for seed in 0..<6 as Range<UInt64> {
            var source = AnyChangeSets(seed: seed)
            let sets = source.run(count: 5)
            let contexts = Dictionary(sets.map { ($0.document, $0.deps) }, uniquingKeysWith: { first, _ in first })
            seeds.append([0] + SeenContexts(contexts).bytes)
        }
        return seeds
    }()
}
