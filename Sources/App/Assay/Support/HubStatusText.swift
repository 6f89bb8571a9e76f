import HubServer
import HubWatching
import ReplicaStore

/// A hub's status in lines for people.
struct HubStatusText {
    private let status: HubStatus
    private let now: Int64
    private let limit: Int
    private static let labelColumns = 13

    init(_ status: HubStatus, now: Int64, limit: Int) {
        self.status = status
        self.now = now
        self.limit = limit
    }

    var lines: [String] {
        var lines = Layout.heading(status.hub.name) + entry("replica", status.hub.replica)
        if status.isRunning {
            let since = status.hub.since.map { ", since \(LocalTime.text($0))" } ?? ""
            let process = status.hub.process.map { ", process \($0)" } ?? ""
            lines += entry("runs", "at \(status.hub.listening ?? "an unknown address")\(since)\(process)", .good)
        } else {
            lines += entry("runs", "no: no hub runs on this store; what follows is what the store tells", .warning)
        }
        lines += uplink + store
        return status.isRunning ? lines + counts + sessions + away : lines
    }

    private func entry(_ label: String, _ text: String, _ role: Console.Role? = nil) -> [String] {
        let lines = Layout.entry(label, text, labelColumns: HubStatusText.labelColumns)
        guard let role, lines.count == 1, let line = lines.first else { return lines }
        let padding = String(line.prefix(HubStatusText.labelColumns))
        return [padding + Console.styled(String(line.dropFirst(HubStatusText.labelColumns)), role)]
    }

    // MARK: The hub above

    private var uplink: [String] {
        if status.hub.isHeadquarters { return entry("hub above", "none: this is headquarters") }
        guard let uplink = status.uplink else {
            return entry("hub above", status.isRunning ? "none: start it with --parent address:port" : "not known")
                + unsent
        }
        var lines = entry("hub above", link(uplink), uplink.state == .live ? .good : .warning)
        for failure in uplink.failures { lines += entry("", "\(failure.address): \(failure.reason)") }
        let receipt = uplink.lastReceiptAtHQ.map { "last heard of more there at \(time($0))" } ?? "nothing heard yet"
        if let missing = status.store?.notAtHQ {
            lines += entry("at HQ", (missing == 0 ? "all" : "\(missing) change sets not known there") + "; \(receipt)")
        }
        return lines + unsent
    }

    private var unsent: [String] {
        guard let count = status.store?.unsent else { return [] }
        return entry("unsent", count == 0 ? "none" : "\(count) change sets", count == 0 ? nil : .warning)
    }

    private func link(_ uplink: UplinkStatus) -> String {
        let hub = [uplink.hub, uplink.address.map { "at \($0)" }].compactMap { $0 }.joined(separator: " ")
        let bytes = "\(amount(uplink.bytesIn, "in")), \(amount(uplink.bytesOut, "out"))"
        let next = uplink.nextAttempt.map { ", next try \(time($0, seconds: true))" } ?? ""
        switch uplink.state {
        case .live: return "\(hub), live since \(time(uplink.since)); \(bytes)"
        case .syncing: return "\(hub), exchanging what is new; \(bytes)"
        case .connecting, .waiting: return "not connected since \(time(uplink.since)): \(attempts(uplink))\(next)"
        case .refused: return "refuses this hub since \(time(uplink.since)): \(attempts(uplink))\(next)"
        }
    }

    private func attempts(_ uplink: UplinkStatus) -> String {
        uplink.failuresInARow == 1 ? "1 attempt in vain" : "\(uplink.failuresInARow) attempts in vain"
    }

    // MARK: The store

    private var store: [String] {
        guard let store = status.store else {
            return entry("store", "cannot be read: \(status.storeFailure ?? "unknown"); assay doctor", .bad)
        }
        var lines = entry("waiting", store.parked == 0 ? "none" : "\(store.parked) change sets wait for others")
        lines += entry(
            "put aside", counted(store.quarantined, "change sets: assay doctor"), store.quarantined.isEmpty ? nil : .bad
        )
        lines += entry("wanted", store.wanted == 0 ? "none" : "\(store.wanted) documents, from the hub above")
        if store.orphans > 0 { lines += entry("orphans", "\(store.orphans) documents: assay salvage", .warning) }
        return lines + entry("repairs", counted(store.repairs, "documents"), store.repairs.isEmpty ? nil : .warning)
    }

    private func counted(_ counts: [StoreHealth.Counted], _ what: String) -> String {
        guard !counts.isEmpty else { return "none" }
        let total = counts.reduce(0) { $0 + $1.count }
        return "\(total) \(what) (" + counts.map { "\($0.code) \($0.count)" }.joined(separator: ", ") + ")"
    }

    // MARK: Since it started

    private var counts: [String] {
        guard let tally = status.tally else { return [] }
        let failed = tally.commitsFailed == 0 ? "" : ", \(tally.commitsFailed) failed"
        let taken = tally.changeSets.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
        let work = taken.isEmpty ? "no change sets" : "change sets: \(taken)"
        let lines = entry(
            "so far",
            "\(tally.sessions) sessions; \(tally.commits) commits\(failed), \(tally.segments) segments; \(work)")
        guard let last = tally.lastRefusal else { return lines + entry("refused", "nobody") }
        let codes = tally.refused.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let who = last.replica.isEmpty ? last.address : "\(last.replica.prefix(8)) at \(last.address)"
        return lines + entry("refused", "\(codes); last \(who) at \(time(last.at)), \(last.code)", .warning)
    }

    // MARK: Sessions

    private var sessions: [String] {
        let all = status.sessions
        let live = all.count { $0.phase == .live }
        var lines = entry("sessions", all.isEmpty ? "none" : "\(all.count) open, \(live) live")
        let sorted = all.sorted { (lag($0), $1.session) > (lag($1), $0.session) }
        for session in sorted.prefix(limit) { lines += self.lines(of: session) }
        if all.count > limit { lines.append("  and \(all.count - limit) more: --limit \(all.count)") }
        return lines
    }

    private var away: [String] {
        guard !status.away.isEmpty else { return [] }
        var lines = entry("away", "\(status.away.count) that were here since the hub started")
        for session in status.away.prefix(limit) { lines += self.lines(of: session) }
        if status.away.count > limit {
            lines.append("  and \(status.away.count - limit) more: --limit \(status.away.count)")
        }
        return lines
    }

    /// What is being filled lacks more than any number of entries.
    private func lag(_ session: SessionStatus) -> Int {
        session.scopes.reduce(0) { max($0, $1.behind ?? Int.max) }
    }

    private func lines(of session: SessionStatus) -> [String] {
        let replica = session.replica.isEmpty ? "unknown" : String(session.replica.prefix(8))
        let device = session.device.isEmpty ? "" : " \(session.device) (\(session.role))"
        let when =
            session.until.map { "left \(time($0)), \(session.end ?? "")" }
            ?? "\(session.phase.rawValue) since \(time(session.since))"
        let waiting = session.bytesWaiting > 0 ? ", \(amount(session.bytesWaiting, "waiting"))" : ""
        let bytes = "\(amount(session.bytesIn, "in")), \(amount(session.bytesOut, "out"))\(waiting)"
        return Layout.wrapped("  \(replica)\(device), session \(session.session) from \(session.address)", hanging: 12)
            + Layout.wrapped("            \(when); \(bytes); \(lags(session.scopes))", hanging: 12)
    }

    private func lags(_ scopes: [SessionStatus.Scope]) -> String {
        let behind = scopes.filter { $0.behind != 0 }
        guard !behind.isEmpty else { return scopes.isEmpty ? "no scope" : "has all of \(names(scopes.map(\.scope)))" }
        return names(
            behind.map { scope in
                scope.behind.map { "\(scope.scope) \($0) behind" } ?? "\(scope.scope) being filled"
            })
    }

    private func names(_ names: [String]) -> String {
        let shown = names.prefix(3).joined(separator: ", ")
        return names.count > 3 ? "\(shown) and \(names.count - 3) more scopes" : shown
    }

    /// A number, its unit and its way stay together.
    private func amount(_ bytes: Int, _ way: String) -> String {
        "\(ByteWords.amount(bytes)) \(way)".replacing(" ", with: "\u{A0}")
    }

    /// Of today, the time alone.
    private func time(_ milliseconds: Int64, seconds: Bool = false) -> String {
        let text = LocalTime.text(milliseconds, seconds: seconds)
        return LocalTime.day(milliseconds) == LocalTime.day(now) ? String(text.dropFirst(11)) : text
    }
}
