import ReplicaStore

/// What a store remembers of its surroundings: local, never replicated.
extension CredentialStore {
    public func isHeadquarters() throws(StoreError) -> Bool { try replica.setting("headquarters") == "1" }

    public func setHeadquarters(_ value: Bool) throws(StoreError) {
        try replica.set("headquarters", to: value ? "1" : "0")
    }

    /// The hubs to sync with, each as address:port, in the order in which they are tried; empty for none.
    public func hubAddresses() throws(StoreError) -> [String] {
        if let list = try replica.setting("hub-addresses") { return list.split(separator: "\n").map(String.init) }
        return try hubAddress().map { [$0] } ?? []
    }

    public func setHubAddresses(_ addresses: [String]) throws(StoreError) {
        if try hubAddresses() != addresses {
            try replica.set("hub-addresses", to: addresses.joined(separator: "\n"))
        }
    }

    /// The hub that was synced with last, as address:port.
    public func hubAddress() throws(StoreError) -> String? { try replica.setting("hub-address") }

    public func setHubAddress(_ address: String) throws(StoreError) {
        if try hubAddress() != address { try replica.set("hub-address", to: address) }
    }

    /// How far the hub's clock is ahead of this device's, in milliseconds, when they last met.
    public func clockSkew() throws(StoreError) -> Int64? {
        // A magnitude is taken of it: never the least number, whatever a file holds.
        try replica.setting("clock-skew").flatMap { Int64($0) }.map { max($0, -.max) }
    }

    public func setClockSkew(_ milliseconds: Int64, at now: ClockReading = .now()) throws(StoreError) {
        try replica.set("clock-skew", to: String(milliseconds))
        try replica.set("clock", to: TrustedClock(skew: milliseconds, met: now).text)
        try replica.set("last-sync", to: String(now.device))
    }

    /// The time to work with, in milliseconds since 1970: the device's clock, corrected by what its hub last told of it.
    public func time(_ now: ClockReading = .now()) throws(StoreError) -> Int64 {
        try replica.setting("clock").flatMap { TrustedClock($0) }?.time(now) ?? now.device
    }

    /// When this device last met its hub, in milliseconds since 1970.
    public func lastSync() throws(StoreError) -> Int64? { try replica.setting("last-sync").flatMap { Int64($0) } }
}
