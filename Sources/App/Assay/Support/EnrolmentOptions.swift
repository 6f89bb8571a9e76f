import ArgumentParser
import CredentialStore
import ReplicaStore
import SyncProtocol

/// Which part of the organisation's data a store is to hold.
struct EnrolmentOptions: ParsableArguments {
    @Option(help: "Hold what belongs to the site with this code, and what is common; may be repeated.")
    var site: [String] = []
    @Option(help: "Hold what belongs to this region and its sites, and what is common; may be repeated.")
    var region: [String] = []

    var enrolment: Enrolment { Enrolment(sites: site, regions: region) }

    /// The scopes that these options name.
    func scopes() throws -> [ScopeName] {
        guard let scopes = enrolment.scopes else {
            throw Failure(
                "bad-scope", "A site's code and a region's name take 1 to 120 bytes: look at the schedule.",
                exit: Failure.usage)
        }
        guard scopes.count <= SyncLimits.scopesMax else {
            throw Failure(
                "too-many-scopes", "A store holds at most \(SyncLimits.scopesMax) scopes: take the region.",
                exit: Failure.usage)
        }
        return scopes
    }
}

extension Enrolment {
    /// For example `site ALD and what is common`.
    var inWords: String {
        guard !isEverything else { return "everything" }
        let places = regions.map { "region \($0)" } + sites.map { "site \($0)" }
        return places.joined(separator: ", ") + " and what is common"
    }
}

extension StoreOptions {
    /// What is not found in a store that holds a part of the data may be elsewhere: its refusal says so.
    static func explained(_ error: any Error, _ store: CredentialStore) -> any Error {
        let failure = Failure(any: error)
        guard missing.contains(failure.code), let enrolment = try? store.enrolment(), !enrolment.isEverything else {
            return error
        }
        let hint = " This store holds \(enrolment.inWords): what belongs elsewhere is not here. Ask headquarters."
        var lines = failure.message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines[0] += hint
        return Failure(failure.code, lines.joined(separator: "\n"), exit: failure.exit)
    }

    private static let missing: Set<String> = [
        "candidate-not-found", "session-not-found", "not-known", "seat-unknown", "component-unknown",
        "unknown-document",
    ]
}
