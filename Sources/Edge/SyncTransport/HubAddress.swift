/// Where a hub listens.
public struct HubAddress: Hashable, Sendable {
    /// A name or a literal address, without brackets.
    public let host: String
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `address:port`, the address in brackets where it is IPv6.
    /// - Returns: nil where the text is no such pair.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains(where: { "[] \t\n".contains($0) }) else { return nil }
        self.init(host: String(host), port: Int(port))
    }
}

extension HubAddress: CustomStringConvertible {
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
