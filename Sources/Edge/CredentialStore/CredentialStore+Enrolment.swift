import Credentialing
import HybridTime
import Merging
import ReplicaStore
import SyncProtocol

/// What a store was enrolled for.
public struct Enrolment: Equatable, Sendable {
    /// The codes of sites and the names of regions, ascending; both empty for everything.
    public let sites: [String]
    public let regions: [String]

    public static let everything = Enrolment(sites: [], regions: [])

    public init(sites: [String], regions: [String]) {
        self.sites = Set(sites).sorted()
        self.regions = Set(regions).sorted()
    }

    init(_ scopes: [SyncProtocol.ScopeName]) {
        func places(_ isOne: (String) -> Bool) -> [String] {
            scopes.map(\.text).filter(isOne).compactMap(Credentialing.ScopeName.place)
        }
        self.init(
            sites: places(Credentialing.ScopeName.isSite), regions: places(Credentialing.ScopeName.isRegion))
    }

    public var isEverything: Bool { sites.isEmpty && regions.isEmpty }

    /// The scopes that the store then wants; nil where a name is empty or too long to be one.
    public var scopes: [SyncProtocol.ScopeName]? {
        guard !isEverything else { return ReplicaStore.everything }
        let names =
            [Credentialing.ScopeName.common] + regions.map(Credentialing.ScopeName.region)
            + sites.map(Credentialing.ScopeName.site)
        let scopes = names.compactMap { SyncProtocol.ScopeName($0) }
        return scopes.count == names.count && !(sites + regions).contains("") ? scopes : nil
    }
}

extension CredentialStore {
    public func enrolment() throws(StoreError) -> Enrolment { Enrolment(try replica.subscriptions()) }

    /// The scopes that a dossier begun at this store gets, so that it stays here: those of its site, with its region.
    public func deskScopes() throws(StoreError) -> [String] {
        let own = try enrolment()
        let regions = own.regions.map(Credentialing.ScopeName.region)
        return try reading { records, _ in
            try regions
                + own.sites.flatMap { code in
                    let sites = try records.records(Site.kind, where: Site.code, equals: .text(code))
                    return [Credentialing.ScopeName.site(code)]
                        + sites.compactMap { $0.text(Site.region).map(Credentialing.ScopeName.region) }
                }
        }
    }
}
