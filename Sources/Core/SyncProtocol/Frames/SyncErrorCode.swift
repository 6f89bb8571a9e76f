/// The stable code of a session error: 1 to 32 lower-case letters and hyphens. Codes that this build does not know are
/// kept as they came.
public struct SyncErrorCode: RawRepresentable, Hashable, Sendable {
    public let rawValue: String

    /// Nil where the text is not 1 to 32 bytes of `a`-`z` and `-`.
    public init?(rawValue: String) {
        guard (1...SyncLimits.codeBytesMax).contains(rawValue.utf8.count),
            rawValue.utf8.allSatisfy({ (0x61...0x7A).contains($0) || $0 == 0x2D })
        else { return nil }
        self.rawValue = rawValue
    }

    private init(known: String) { rawValue = known }

    public static let wrongOrganisation = SyncErrorCode(known: "wrong-organisation")
    public static let unknownVersion = SyncErrorCode(known: "unknown-version")
    public static let forkSuspected = SyncErrorCode(known: "fork-suspected")
    public static let replicaRegressed = SyncErrorCode(known: "replica-regressed")
    public static let hubRegressed = SyncErrorCode(known: "hub-regressed")
    public static let malformedFrame = SyncErrorCode(known: "malformed-frame")
    public static let unexpectedFrame = SyncErrorCode(known: "unexpected-frame")
    public static let limitExceeded = SyncErrorCode(known: "limit-exceeded")
    public static let creditExceeded = SyncErrorCode(known: "credit-exceeded")
    public static let unknownScope = SyncErrorCode(known: "unknown-scope")
    /// Only in the notes of receipts.
    public static let quarantined = SyncErrorCode(known: "quarantined")
    public static let hubBusy = SyncErrorCode(known: "hub-busy")
    public static let shuttingDown = SyncErrorCode(known: "shutting-down")
    public static let storageFailed = SyncErrorCode(known: "storage-failed")
    public static let peerStalled = SyncErrorCode(known: "peer-stalled")
    public static let helloTimeout = SyncErrorCode(known: "hello-timeout")
}

extension SyncErrorCode: CustomStringConvertible {
    public var description: String { rawValue }
}

/// What one side tells the other when something is wrong.
public struct SyncError: Error, Hashable, Sendable {
    public let code: SyncErrorCode
    /// Whether the session ends here. Where not, only the subject is refused and all else goes on.
    public let endsSession: Bool
    /// A scope's name, an origin in hexadecimal, a frame type, or empty.
    public let subject: String
    /// One line for people that says what to do next.
    public let message: String

    /// Texts that are too long are cut at a character.
    public init(_ code: SyncErrorCode, endsSession: Bool = true, subject: String = "", _ message: String) {
        self.code = code
        self.endsSession = endsSession
        self.subject = clipped(subject, utf8: SyncLimits.subjectBytesMax)
        self.message = clipped(message, utf8: SyncLimits.messageBytesMax)
    }
}

extension SyncError: CustomStringConvertible {
    public var description: String {
        subject.isEmpty ? "\(code): \(message)" : "\(code) (\(subject)): \(message)"
    }
}
