import CredentialStore
import Logging
import ServiceLifecycle
import SyncTransport

/// At headquarters' hub: takes people from sites after the retention, once a day.
struct DailyRelease<Time: Clock>: Service where Time.Duration == Duration {
    let store: CredentialStore
    let logger: Logger
    /// What waits between two looks.
    let clock: Time
    /// The time of work, in milliseconds since 1970.
    let now: @Sendable () throws -> Int64

    static var interval: Duration { .seconds(3_600) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                look()
                do { try await clock.sleep(for: Self.interval) } catch { return }
            }
        }
    }

    private func look() {
        do {
            guard let count = try store.releaseDaily(now: try now()), count > 0 else { return }
            logger.log(.info, .peopleReleased, "people left sites after the retention", ["people": "\(count)"])
        } catch {
            logger.log(.warning, .releaseFailed, "people could not be taken from sites", ["reason": "\(error)"])
        }
    }
}
