import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SyncTransport

/// Answers whoever connects to the socket beside the store with the hub's status as JSON, and closes. A hub whose socket
/// cannot be had serves its children all the same.
public final class StatusSocket: Service {
    /// How many may ask at once.
    private static let askersMax = 16

    private let folder: String
    private let observer: HubObserver
    private let logger: Logger
    private let open = Admission(StatusSocket.askersMax)

    /// - Parameter folder: the store's.
    public init(in folder: String, _ observer: HubObserver, _ logger: Logger) {
        self.folder = folder
        self.observer = observer
        self.logger = logger
    }

    public func run() async throws {
        do {
            let socket = try LocalSocket.listen(in: folder)
            defer { LocalSocket.remove(in: folder, socket.file) }
            let channel = try await bootstrap().withBoundSocket(socket.descriptor).get()
            await untilGracefulShutdown()
            try? await channel.close()
        } catch LocalSocket.Failure.taken {
            logger.log(.warning, .statusSocketTaken, "another hub runs on this store")
            await untilGracefulShutdown()
        } catch {
            logger.log(.warning, .statusSocketFailed, "hub status cannot be asked for", ["reason": "\(error)"])
            await untilGracefulShutdown()
        }
    }

    private func bootstrap() -> ServerBootstrap {
        let (observer, open) = (observer, open)
        return ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                guard open.enter(channel) else { return channel.close() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AnswerOnce { Array(try JSONEncoder.stable.encode(try await observer.status())) })
                }
            }
    }

    // MARK: Asking

    /// Why a hub's answer could not be had although something listens.
    public enum AskingError: Error, Equatable, Sendable {
        case notAllowed(String)
        case noAnswer
        case unreadable(String)
    }

    /// What a hub may answer: ten thousand sessions take some 6 MiB.
    private static let answerBytesMax = 64 << 20
    private static let patienceSeconds = 10

    /// Asks the hub that runs on the store in a folder; blocks for at most ten seconds between two parts of its answer.
    /// - Returns: nil where none runs.
    public static func ask(in folder: String) throws(AskingError) -> HubStatus? {
        let connected: CInt?
        do { connected = try LocalSocket.connect(in: folder) } catch { throw .notAllowed(error.words) }
        guard let connected else { return nil }
        let file = FileHandle(fileDescriptor: connected, closeOnDealloc: true)
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        setsockopt(connected, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var answer = Data()
        while true {
            let part: Data?
            do { part = try file.read(upToCount: 1 << 16) } catch { throw .noAnswer }
            guard let part, !part.isEmpty else { break }
            answer += part
            guard answer.count <= answerBytesMax else { throw .unreadable("it is too long") }
        }
        guard !answer.isEmpty else { throw .noAnswer }
        do { return try JSONDecoder().decode(HubStatus.self, from: answer) } catch { throw .unreadable("\(error)") }
    }
}

extension LocalSocket.Failure {
    fileprivate var words: String {
        switch self {
        case .taken: "it is taken"
        case .system(let words): words
        }
    }
}

extension JSONEncoder {
    /// The same status gives the same bytes.
    public static var stable: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
