import HubServer
import PrometheusMetrics
import ReplicaStore

/// The names of a hub's metrics. Labels are scopes, codes and states: nothing of any person, and no replica, of which
/// there may be ten thousand; `assay hub status` tells of each.
public enum HubFamilies {
    /// From the fsync of a fast disk to one that is failing, in seconds.
    private static let latencyBounds = [
        0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
    ]

    /// Scopes that are told one by one; a hub with more tells of those that lag most.
    static let scopesMax = 200

    static let open = MetricFamily("assay_hub_sessions", .gauge, "Sessions that are open, by phase.")
    static let start = MetricFamily("assay_hub_start_time_seconds", .gauge, "When the hub started, in Unix time.")
    static let feedEnd = MetricFamily(
        "assay_hub_feed_end", .gauge, "Position of the newest entry of a scope's feed; it may jump.")
    static let lagMax = MetricFamily(
        "assay_hub_lag_entries_max", .gauge,
        "Entries that the farthest of the open sessions has not been sent, by scope.")
    static let lagging = MetricFamily(
        "assay_hub_lagging_sessions", .gauge, "Open sessions that have not been sent all of a scope.")
    static let waiting = MetricFamily(
        "assay_hub_waiting_bytes", .gauge, "Bytes that wait to be read by children, of all sessions.")
    static let readable = MetricFamily(
        "assay_store_readable", .gauge, "0 where the store could not be read; its figures are then missing.")
    static let parked = MetricFamily("assay_store_parked", .gauge, "Change sets that wait for others.")
    static let quarantined = MetricFamily(
        "assay_store_quarantined", .gauge, "Change sets that were put aside, by code.")
    static let wanted = MetricFamily(
        "assay_store_wanted_documents", .gauge, "Documents whose state has to come from the hub above.")
    static let orphans = MetricFamily(
        "assay_store_orphan_documents", .gauge, "Documents that reach further than any journal that was asked.")
    static let repairs = MetricFamily(
        "assay_store_repairs_total", .counter, "Documents that were put right, by how; 0 where no disk failed.")
    static let unsent = MetricFamily(
        "assay_uplink_unsent_change_sets", .gauge, "Change sets here that the hub above has not receipted.")
    static let notAtHQ = MetricFamily(
        "assay_store_not_at_hq_change_sets", .gauge, "Change sets here that are not known to be at headquarters.")
    static let uplink = MetricFamily(
        "assay_uplink_state", .gauge, "1 for the state that the link with the hub above is in.")
    static let uplinkLive = MetricFamily("assay_uplink_live", .gauge, "1 while the link with the hub above is live.")
    static let uplinkReceipt = MetricFamily(
        "assay_uplink_last_hq_receipt_seconds", .gauge, "When more was last heard to be at headquarters, in Unix time.")
    static let uplinkFailures = MetricFamily(
        "assay_uplink_failures_in_a_row", .gauge, "Attempts since the link with the hub above was last live.")
    static let uplinkBytes = MetricFamily(
        "assay_uplink_bytes_total", .counter, "Bytes of the link with the hub above, by direction.")
    static let memory = MetricFamily("process_resident_memory_bytes", .gauge, "Memory of the process.")
    static let processor = MetricFamily("process_cpu_seconds_total", .counter, "Processor time of the process.")
    static let descriptors = MetricFamily("process_open_fds", .gauge, "Open file descriptors of the process.")

    private static let counted: [MetricFamily] = [
        MetricFamily(HubMetrics.Name.sessions, .counter, "Sessions that began."),
        MetricFamily(HubMetrics.Name.ends, .counter, "Sessions that ended, by how."),
        MetricFamily(HubMetrics.Name.refused, .counter, "Sessions that this hub ended because of the peer, by code."),
        MetricFamily(HubMetrics.Name.received, .counter, "Bytes that came from children."),
        MetricFamily(HubMetrics.Name.sent, .counter, "Bytes that were put up for children."),
        MetricFamily(HubMetrics.Name.commits, .counter, "Group commits of children's segments, by outcome."),
        MetricFamily(
            HubMetrics.Name.commitSeconds, .histogram(latencyBounds),
            "How long a group commit took, its one fsync included."),
        MetricFamily(HubMetrics.Name.segments, .counter, "Segments that children handed over, by outcome."),
        MetricFamily(HubMetrics.Name.changeSets, .counter, "Change sets in them, by outcome."),
        MetricFamily(HubMetrics.Name.uplinkAttempts, .counter, "Connections to hubs above that were tried."),
        MetricFamily(HubMetrics.Name.uplinkFailures, .counter, "Attempts that came to nothing, by reason."),
    ]

    /// All of them, in the order in which they are told.
    public static let all =
        counted + [
            open, start, feedEnd, lagMax, lagging, waiting, readable, parked, quarantined, wanted, orphans, repairs,
            unsent,
            notAtHQ,
            uplink, uplinkLive, uplinkReceipt, uplinkFailures, uplinkBytes, memory, processor, descriptors,
        ]

    /// What is read at the moment of asking.
    static func samples(
        _ health: StoreHealth?, _ sessions: [SessionStatus], _ uplink: UplinkStatus?, _ process: ProcessFigures,
        since: Int64
    ) -> [MetricSample] {
        var samples = [
            MetricSample(start, Double(since) / 1_000), MetricSample(readable, health == nil ? 0 : 1),
            MetricSample(waiting, Double(sessions.reduce(0) { $0 + $1.bytesWaiting })),
            MetricSample(memory, Double(process.residentBytes)), MetricSample(processor, process.processorSeconds),
            MetricSample(descriptors, Double(process.descriptors)),
        ]
        for phase in SessionStatus.Phase.allCases where phase != .ended {
            let count = sessions.count { $0.phase == phase }
            samples.append(MetricSample(open, Double(count), [.init("phase", phase.rawValue)]))
        }
        if let uplink { samples += self.samples(uplink) }
        return samples + (health.map { self.samples($0) + lags($0.feeds, sessions) } ?? [])
    }

    private static func samples(_ health: StoreHealth) -> [MetricSample] {
        [
            MetricSample(parked, Double(health.parked)), MetricSample(wanted, Double(health.wanted)),
            MetricSample(orphans, Double(health.orphans)), MetricSample(unsent, Double(health.unsent)),
            MetricSample(notAtHQ, Double(health.notAtHQ)),
        ] + health.quarantined.map { MetricSample(quarantined, Double($0.count), [.init("code", $0.code)]) }
            + health.repairs.map { MetricSample(repairs, Double($0.count), [.init("how", $0.code)]) }
    }

    private static func lags(_ feeds: [StoreHealth.Feed], _ sessions: [SessionStatus]) -> [MetricSample] {
        var most: [String: Int] = [:]
        var behind: [String: Int] = [:]
        for place in sessions.flatMap(\.scopes) {
            // What is being filled from nothing lacks all, and is no number of entries.
            guard let count = place.behind else {
                behind[place.scope, default: 0] += 1
                continue
            }
            most[place.scope] = max(most[place.scope, default: 0], count)
            if count > 0 { behind[place.scope, default: 0] += 1 }
        }
        let told = feeds.sorted {
            (behind[$0.scope] ?? 0, most[$0.scope] ?? 0) > (behind[$1.scope] ?? 0, most[$1.scope] ?? 0)
        }
        return told.prefix(scopesMax).flatMap { feed in
            let scope = [MetricSample.Label("scope", feed.scope)]
            return [
                MetricSample(feedEnd, Double(feed.end), scope),
                MetricSample(lagMax, Double(most[feed.scope] ?? 0), scope),
                MetricSample(lagging, Double(behind[feed.scope] ?? 0), scope),
            ]
        }
    }

    private static func samples(_ status: UplinkStatus) -> [MetricSample] {
        var samples = UplinkStatus.State.allCases.map {
            MetricSample(uplink, $0 == status.state ? 1 : 0, [.init("state", $0.rawValue)])
        }
        samples += [
            MetricSample(uplinkLive, status.state == .live ? 1 : 0),
            MetricSample(uplinkFailures, Double(status.failuresInARow)),
            MetricSample(uplinkBytes, Double(status.bytesIn), [.init("direction", "in")]),
            MetricSample(uplinkBytes, Double(status.bytesOut), [.init("direction", "out")]),
        ]
        if let last = status.lastReceiptAtHQ { samples.append(MetricSample(uplinkReceipt, Double(last) / 1_000)) }
        return samples
    }
}
