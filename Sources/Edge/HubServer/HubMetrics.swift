import Metrics
import NIOConcurrencyHelpers
import SyncProtocol
import SyncTransport

/// What a hub counts along its way, through swift-metrics. Labels are outcomes and codes of this program: nothing that a
/// peer may choose, and no person.
public struct HubMetrics: Sendable {
    /// The names under which it is counted.
    public enum Name {
        public static let sessions = "assay_hub_sessions_total"
        public static let ends = "assay_hub_session_ends_total"
        public static let refused = "assay_hub_refused_total"
        public static let received = "assay_hub_received_bytes_total"
        public static let sent = "assay_hub_sent_bytes_total"
        public static let commits = "assay_hub_commits_total"
        public static let commitSeconds = "assay_hub_commit_seconds"
        public static let segments = "assay_hub_segments_total"
        public static let changeSets = "assay_hub_change_sets_total"
        public static let uplinkAttempts = "assay_hub_uplink_attempts_total"
        public static let uplinkFailures = "assay_hub_uplink_failures_total"
    }

    private let factory: any MetricsFactory
    private let sessions: Counter
    private let receivedBytes: Counter
    private let sentBytes: Counter
    private let commits: Counter
    private let failedCommits: Counter
    private let commitTime: Timer
    private let attempts: Counter
    private let tallied = NIOLockedValueBox(HubTally())

    init(_ factory: any MetricsFactory) {
        self.factory = factory
        sessions = Counter(label: Name.sessions, factory: factory)
        receivedBytes = Counter(label: Name.received, factory: factory)
        sentBytes = Counter(label: Name.sent, factory: factory)
        commits = Counter(label: Name.commits, dimensions: [("outcome", "done")], factory: factory)
        failedCommits = Counter(label: Name.commits, dimensions: [("outcome", "failed")], factory: factory)
        commitTime = Timer(label: Name.commitSeconds, factory: factory)
        attempts = Counter(label: Name.uplinkAttempts, factory: factory)
    }

    var tally: HubTally { tallied.withLockedValue { $0 } }

    func began() {
        sessions.increment()
        tallied.withLockedValue { $0.sessions += 1 }
    }

    func received(_ bytes: Int) { receivedBytes.increment(by: bytes) }
    func sent(_ bytes: Int) { sentBytes.increment(by: bytes) }

    func ended(_ end: SessionEnd, _ session: SessionStatus, at now: Int64) {
        count(Name.ends, "end", end.code)
        let code: SyncErrorCode
        switch end {
        case .refusedPeer(let error): code = error.code
        case .peerLost(let lost): code = lost
        // What the peer says of us is its own choice of words, and is in the log alone.
        default: return
        }
        count(Name.refused, "code", code.rawValue)
        tallied.withLockedValue { tally in
            tally.refused[code.rawValue, default: 0] += 1
            tally.lastRefusal = .init(
                at: now, address: session.address, replica: session.replica, code: code.rawValue)
        }
    }

    func committed(_ outcomes: [SegmentOutcome], in duration: Duration) {
        commits.increment()
        commitTime.recordNanoseconds(Int64(duration / .nanoseconds(1)))
        for outcome in outcomes {
            count(Name.segments, "outcome", outcome.verdict.code)
            count(Name.changeSets, "outcome", outcome.verdict.code, by: outcome.range.count)
        }
        tallied.withLockedValue { tally in
            tally.commits += 1
            tally.segments += outcomes.count
            for outcome in outcomes { tally.changeSets[outcome.verdict.code, default: 0] += outcome.range.count }
        }
    }

    func commitFailed() {
        failedCommits.increment()
        tallied.withLockedValue { $0.commitsFailed += 1 }
    }

    func uplinkTried() { attempts.increment() }
    func uplinkFailed(_ failure: String) { count(Name.uplinkFailures, "reason", failure) }

    private func count(_ name: String, _ label: String, _ value: String, by amount: Int = 1) {
        Counter(label: name, dimensions: [(label, value)], factory: factory).increment(by: amount)
    }
}

extension SegmentOutcome.Verdict {
    fileprivate var code: String {
        switch self {
        case .stored: "stored"
        case .duplicate: "duplicate"
        case .quarantined: "quarantined"
        case .refused: "refused"
        }
    }
}
