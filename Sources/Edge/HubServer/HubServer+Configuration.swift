import HubLogic
import Metrics
import NIOCore
import SyncProtocol
import SyncTransport

extension HubServer {
    /// Where a hub listens and what it allows.
    public struct Configuration: Sendable {
        /// A loopback address unless ``insecure`` is set.
        public var host: String
        /// 0 lets the system choose; ``HubServer/boundPort`` says which.
        public var port: Int
        /// Allows to listen on a network although sessions are not encrypted yet.
        public var insecure = false
        /// How many sessions may be open at once; others are told `hub-busy`.
        public var sessionsMax = 1_024
        /// How much one child may have under way towards us.
        public var windowBytes = SyncLimits.windowBytesMin
        /// What one group commit may hold.
        public var commitBytesMax = 4 * 1_048_576
        public var commitSegmentsMax = 256
        /// What may wait for the writer from all sessions together; beyond it, peers are not read until it shrinks.
        public var queueBytesMax = 32 * 1_048_576
        public var heartbeat: Duration = .milliseconds(SyncTimes.heartbeatMilliseconds)
        /// How long a peer may take to read the last frames, and sessions to end at shutdown.
        public var grace: Duration = .seconds(2)
        /// The hub's own parent, which it stays live with.
        public var parent: SyncClient.Configuration?
        public var clock: @Sendable () -> Int64 = WallClock.milliseconds
        /// Where the hub counts.
        public var metrics: any MetricsFactory = NOOPMetricsHandler.instance

        public init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }
    }
}

/// Why a hub cannot run.
public enum HubServerError: Error, Equatable, Sendable {
    /// The address is reachable from a network and sessions are not encrypted yet.
    case addressNotLoopback(String)
}

extension HubServerError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .addressNotLoopback(let host):
            "\(host) is not a loopback address, and sessions are not encrypted before TLS lands: people's data would "
                + "cross the network in the clear; listen on 127.0.0.1 behind a tunnel, or set insecure for a test"
        }
    }
}

/// Whether only this machine can reach an address: 127.0.0.0/8, ::1 or the name `localhost`.
package func isLoopback(_ host: String) -> Bool {
    if host == "localhost" { return true }
    guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
    switch address {
    case .v4(let v4): return v4.address.sin_addr.s_addr.littleEndian & 0xFF == 127
    case .v6: return address.ipAddress == "::1"
    case .unixDomainSocket: return true
    }
}
