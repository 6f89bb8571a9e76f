/// What a decoder of foreign bytes made of an input.
public enum FuzzVerdict: Sendable, Equatable {
    /// It was taken, and every law that the target knows held.
    case accepted
    /// It was refused with a typed failure.
    case refused
}

/// A law that an input broke: a fault of ours. The other kind of fault is a trap, which ends the process.
public struct BrokenLaw: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }

    static func check(_ holds: Bool, _ law: @autoclosure () -> String) throws(BrokenLaw) {
        if !holds { throw BrokenLaw(law()) }
    }
}

/// One decoder that sees foreign bytes, with the laws that must hold whatever the bytes are. libFuzzer, the corpus tests
/// and the in-process mutator all run these same bodies.
public struct FuzzTarget: Sendable {
    public let name: String
    /// Longer inputs are not tried: what matters shows in short ones, and they are faster.
    public let inputBytesMax: Int
    /// Inputs to start from: what honest writers make, and the protocol's vectors.
    public let seeds: @Sendable () throws -> [[UInt8]]
    /// Runs one input. Throws a ``BrokenLaw``.
    public let run: @Sendable ([UInt8]) throws -> FuzzVerdict

    init(
        _ name: String, inputBytesMax: Int = 4_096, seeds: @escaping @Sendable () throws -> [[UInt8]],
        run: @escaping @Sendable ([UInt8]) throws -> FuzzVerdict
    ) {
        self.name = name
        self.inputBytesMax = inputBytesMax
        self.seeds = seeds
        self.run = run
    }

    public static let all: [FuzzTarget] = [
        .frame, .stream, .canonical, .segment, .snapshot, .envelope, .child, .hub, .clock, .store, .csv, .rows,
        .mapping, .display, .decision,
    ]

    public static func named(_ name: String) -> FuzzTarget? { all.first { $0.name == name } }
}
