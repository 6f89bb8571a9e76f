/// Which of its hubs a replica turns to: the first of the list that takes it. One that failed is followed by the next at
/// once, and by a wait where it was the last; a link that was live and is lost is looked for from the top again.
struct HubChoice {
    /// What to do after a visit.
    enum Next: Equatable {
        case hub(Int)
        /// Nobody took it: wait, then begin at the top.
        case wait
        /// Nobody took it, and a person has to do something first.
        case giveUp
    }

    let hubs: [HubAddress]
    /// Why the hubs before ``index`` did not take it this time round, in the order of the list.
    private(set) var failures: [HubFailure] = []
    private(set) var index = 0
    /// Whether the present hub was turned to although another one had taken it.
    private(set) var isReturn = false

    init(_ hubs: [HubAddress]) {
        precondition(!hubs.isEmpty, "at least one hub")
        self.hubs = hubs
    }

    var current: HubAddress { hubs[index] }

    /// Those that are to be preferred to the present one.
    var earlier: ArraySlice<HubAddress> { hubs[..<index] }

    /// The present hub did not take it, or lost it before all was exchanged.
    mutating func failed(_ failure: SyncFailure) -> Next {
        failures.append(HubFailure(hub: current, failure: failure))
        isReturn = false
        // Another hub changes nothing where this device's own store failed.
        guard failures.count == hubs.count || failure.isOfThisDevice else {
            index = (index + 1) % hubs.count
            return .hub(index)
        }
        let mayHelp = failures.contains { $0.failure.isTransient }
        return mayHelp ? .wait : .giveUp
    }

    /// All failed, as one failure.
    var combined: SyncFailure {
        failures.count == 1 ? failures[0].failure : .nobodyTook(failures)
    }

    /// Begins at the top.
    mutating func restart() {
        index = 0
        failures = []
        isReturn = false
    }

    /// Turns to an earlier hub that answers again, and to the others after it.
    mutating func turn(to hub: HubAddress) {
        restart()
        index = hubs.firstIndex(of: hub) ?? 0
        isReturn = true
    }
}

/// Why one hub of a list did not take a replica.
public struct HubFailure: Hashable, Sendable {
    public let hub: HubAddress
    public let failure: SyncFailure
}
