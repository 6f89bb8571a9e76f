import HubServer
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import PrometheusMetrics
import ServiceLifecycle
import SyncTransport

/// Serves a hub's metrics over HTTP at `/metrics`, on a loopback address alone: whoever collects from elsewhere runs an
/// agent on this machine.
public final class MetricsEndpoint: Service {
    private static let scrapersMax = 16

    private let address: HubAddress
    /// The address that it listens on.
    public var host: String { address.host }
    private let observer: HubObserver
    private let logger: Logger
    private let open = Admission(MetricsEndpoint.scrapersMax)
    private let port = FirstValue<Int>()

    /// - Parameter address: port 0 lets the system choose. Throws ``MetricsEndpointError`` where it can be reached from a
    ///   network.
    public init(_ address: HubAddress, _ observer: HubObserver, _ logger: Logger) throws(MetricsEndpointError) {
        guard isLoopback(address.host) else { throw .addressNotLoopback(address.host) }
        self.address = address
        self.observer = observer
        self.logger = logger
    }

    /// The port that it listens on; waits until it does. Throws what kept it from listening.
    public var boundPort: Int {
        get async throws { try await port.value }
    }

    public func run() async throws {
        do {
            let channel = try await bootstrap().bind(host: address.host, port: address.port).get()
            port.set(.success(channel.localAddress?.port ?? address.port))
            logger.log(
                .info, .metricsListening, "metrics are served",
                ["address": "\(address.host)", "port": "\(channel.localAddress?.port ?? 0)"])
            await untilGracefulShutdown()
            try? await channel.close()
        } catch {
            port.set(.failure(error))
            throw error
        }
    }

    private func bootstrap() -> ServerBootstrap {
        let (observer, open) = (observer, open)
        return ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                guard open.enter(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(
                        MetricsHandler { Array(await observer.metrics().utf8) })
                }
            }
    }
}

/// Why metrics cannot be served.
public enum MetricsEndpointError: Error, Equatable, Sendable {
    case addressNotLoopback(String)
}

extension MetricsEndpointError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .addressNotLoopback(let host):
            "\(host) is not a loopback address: metrics are for this machine alone, as nobody signs in; serve them on "
                + "127.0.0.1 and let an agent here collect them"
        }
    }
}

/// One request, one answer, and the connection closes.
private final class MetricsHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let text: @Sendable () async -> [UInt8]
    private var head: HTTPRequestHead?

    init(_ text: @escaping @Sendable () async -> [UInt8]) { self.text = text }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        let late = channel.eventLoop.scheduleTask(in: askingTime) { channel.close(promise: nil) }
        channel.closeFuture.whenComplete { _ in late.cancel() }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context.channel)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ channel: any Channel) {
        let path = head.uri.split(separator: "?", maxSplits: 1).first ?? ""
        let wantsBody = head.method != .HEAD
        guard path == "/metrics" else {
            return MetricsHandler.send(.notFound, Array("see /metrics\n".utf8), wantsBody, channel)
        }
        guard head.method == .GET || head.method == .HEAD else {
            return MetricsHandler.send(.methodNotAllowed, [], wantsBody, channel)
        }
        MetricsHandler.tell(text, wantsBody, channel)
    }

    private static func tell(
        _ text: @escaping @Sendable () async -> [UInt8], _ wantsBody: Bool, _ channel: any Channel
    ) {
        Task { send(.ok, await text(), wantsBody, channel) }
    }

    private static func send(
        _ status: HTTPResponseStatus, _ body: [UInt8], _ wantsBody: Bool, _ channel: any Channel
    ) {
        let headers: HTTPHeaders = [
            "Content-Type": ExpositionText.contentType, "Content-Length": String(body.count), "Connection": "close",
        ]
        channel.write(
            HTTPServerResponsePart.head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)),
            promise: nil)
        if wantsBody {
            channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil)
        }
        channel.writeAndFlush(HTTPServerResponsePart.end(nil)).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
