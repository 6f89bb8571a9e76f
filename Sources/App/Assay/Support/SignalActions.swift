import Foundation

/// What is done when signals come, instead of what the system would do; for as long as it is not cancelled.
final class SignalActions {
    /// Those by which people and service managers end a program.
    static let ends = [SIGINT, SIGTERM]

    private var sources: [any DispatchSourceSignal] = []

    func on(_ number: Int32, _ body: @escaping @Sendable () -> Void) {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: body)
        source.resume()
        sources.append(source)
    }

    func cancel() { for source in sources { source.cancel() } }
}
