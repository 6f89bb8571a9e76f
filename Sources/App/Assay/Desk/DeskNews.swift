import Synchronization

/// Collects what happens by itself until the desk is ready to be told: any number of changes are one piece of news.
final class DeskNews: Sendable {
    enum Item: Sendable {
        /// Counts, the link or the clock.
        case status
        /// More is known to be at the hub or at headquarters.
        case receipts
        /// Others changed records.
        case records
        case stopped(Failure)
        /// In plain words, and nothing is to be done.
        case told(String)
    }

    struct Pending: Sendable {
        var records = false
        /// Why syncing stopped, the last few times.
        var stops: [Failure] = []
        var words: [String] = []
    }

    /// The least time between two pieces of news.
    static let pause = Duration.milliseconds(100)
    /// How many times longer than a reading the desk rests after it.
    static let restFactor = 3
    private static let stopsMax = 4

    /// Yields when there is news to take.
    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation
    private let pending = Mutex(Pending())

    init() { (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

    func post(_ item: Item) {
        pending.withLock { pending in
            switch item {
            case .status, .receipts: break
            case .records: pending.records = true
            case .stopped(let failure): if pending.stops.count < DeskNews.stopsMax { pending.stops.append(failure) }
            case .told(let text): if pending.words.count < DeskNews.stopsMax { pending.words.append(text) }
            }
        }
        signal.yield()
    }

    func take() -> Pending {
        pending.withLock { pending in
            let taken = pending
            pending = Pending()
            return taken
        }
    }
}
