import ArgumentParser
import CredentialStore
import SyncTransport

/// The hubs that a command syncs with.
struct HubOptions: ParsableArguments {
    @Option(
        name: .customLong("hub"),
        help: "The hub, as address:port; again for others to fall back on, in order. Default: those of last time.")
    var given: [String] = []

    /// - Returns: nothing where none is known yet.
    func addresses(_ store: CredentialStore) throws -> [HubAddress] {
        try HubAddress.list(given.isEmpty ? store.hubAddresses() : given)
    }
}

extension HubAddress {
    /// More than any site has; each that is down may cost a connection's time.
    static let listMax = 8

    init(argument text: String) throws {
        guard let address = HubAddress(text) else {
            throw Failure(
                "bad-address", "\(text) is no address: write it as 127.0.0.1:7400 or [::1]:7400.", exit: Failure.usage)
        }
        self = address
    }

    /// Each once, in the order given.
    static func list(_ texts: [String]) throws -> [HubAddress] {
        var list: [HubAddress] = []
        for address in try texts.map(HubAddress.init(argument:)) where !list.contains(address) { list.append(address) }
        guard list.count <= listMax else {
            throw Failure("too-many-hubs", "At most \(listMax) hubs: name the ones that matter.", exit: Failure.usage)
        }
        return list
    }
}
