import Merging
import ReplicaStore

/// The scopes of an organisation: sites within regions, what everyone has, and headquarters that has everything.
struct ScopePlan: Sendable {
    let regions: Int
    let sites: Int

    static let everything = "org"
    static let common = "common"

    init(_ options: SwarmOptions) {
        regions = options.regions
        sites = options.sites
    }

    func site(_ site: Int) -> String { "site/\(site)" }
    func region(_ region: Int) -> String { "region/\(region)" }

    /// What a place is enrolled for. Regions are the nodes after headquarters.
    func scopes(of place: Organisation.Place, number: Int) -> [String] {
        switch place.kind {
        case .headquarters: [ScopePlan.everything]
        case .region: [region(number - 1), ScopePlan.common]
        case .server, .desk: [site(place.site ?? 0), ScopePlan.common]
        }
    }

    /// A site with its region: whatever is in a site is in its region as well.
    func within(_ number: Int) -> [String] {
        (regions == 0 ? [] : [region(number % regions)]) + [site(number)]
    }

    /// A region with its sites: whatever leaves a region leaves its sites.
    func all(_ number: Int) -> [String] {
        [region(number)] + (0..<sites).filter { $0 % regions == number }.map(site)
    }
}

/// Tells the real store that regions hold their sites.
struct RegionsHoldSites: MergeObserver {
    let plan: ScopePlan

    func merged(_ touched: [TouchedRecord], in transaction: StoreTransaction) {}

    func covers(_ scope: String, _ own: [String], _ records: RecordReader) -> Bool {
        (0..<plan.sites).contains { plan.site($0) == scope && plan.within($0).contains(where: own.contains) }
    }
}
