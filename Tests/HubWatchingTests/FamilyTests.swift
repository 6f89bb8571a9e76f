import PrometheusMetrics
import Testing

import struct HubServer.SessionStatus
import struct ReplicaStore.StoreHealth

@testable import HubWatching

@Suite("A hub's figures")
struct FamilyTests {
    private func samples(_ feeds: [StoreHealth.Feed], _ sessions: [SessionStatus]) -> [MetricSample] {
        let health = StoreHealth(
            parked: 0, quarantined: [], wanted: 0, orphans: 0, repairs: [], unsent: 0, notAtHQ: 0, feeds: feeds)
        return HubFamilies.samples(health, sessions, nil, ProcessFigures(), since: 0)
    }

    private func value(_ samples: [MetricSample], _ family: MetricFamily, _ scope: String) -> Double? {
        samples.first { $0.family == family && $0.labels == [.init("scope", scope)] }?.value
    }

    @Test("The farthest session counts for a scope; one that is being filled lags, and is no number of entries")
    func lags() {
        var sessions: [SessionStatus] = []
        for behind in [0, 3, 7, nil] {
            var session = SessionStatus(session: sessions.count, address: "", since: 0)
            session.scopes = [.init(scope: "org", position: 1, behind: behind)]
            sessions.append(session)
        }
        let samples = samples([.init(scope: "org", end: 9)], sessions)
        #expect(value(samples, HubFamilies.lagMax, "org") == 7)
        #expect(value(samples, HubFamilies.lagging, "org") == 3)
        #expect(value(samples, HubFamilies.feedEnd, "org") == 9)
    }

    @Test("Of too many scopes those are told that lag most")
    func scopes() {
        let feeds = (1...500).map { StoreHealth.Feed(scope: "site/\($0)", end: 1) }
        var session = SessionStatus(session: 1, address: "", since: 0)
        session.scopes = [.init(scope: "site/499", position: 1, behind: 5)]
        let samples = samples(feeds, [session])
        #expect(samples.count { $0.family == HubFamilies.feedEnd } == HubFamilies.scopesMax)
        #expect(value(samples, HubFamilies.lagMax, "site/499") == 5)
    }

    @Test("Every sample has a declared family, and each name is declared once")
    func declared() {
        let names = HubFamilies.all.map(\.name)
        #expect(Set(names).count == names.count)
        for sample in samples([.init(scope: "org", end: 1)], []) { #expect(HubFamilies.all.contains(sample.family)) }
    }
}
