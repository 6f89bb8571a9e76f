import CredentialStore
import Logging
import ServiceLifecycle
import SyncTransport

/// What a hub does by itself once a day: it folds away what nobody needs any more, and headquarters takes people from sites
/// after the retention.
struct DailyWork<Time: Clock>: Service where Time.Duration == Duration {
    let store: CredentialStore
    let logger: Logger
    let isHeadquarters: Bool
    /// What waits between two looks.
    let clock: Time
    /// The time of work, in milliseconds since 1970.
    let now: @Sendable () throws -> Int64

    static var interval: Duration { .seconds(3_600) }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if isHeadquarters { release() }
                tidy()
                do { try await clock.sleep(for: Self.interval) } catch { return }
            }
        }
    }

    private func release() {
        do {
            guard let count = try store.releaseDaily(now: try now()), count > 0 else { return }
            logger.log(.info, .peopleReleased, "people left sites after the retention", ["people": "\(count)"])
        } catch {
            logger.log(.warning, .releaseFailed, "people could not be taken from sites", ["reason": "\(error)"])
        }
    }

    private func tidy() {
        do {
            guard let tidied = try store.tidyDaily(now: try now(), isHeadquarters: isHeadquarters),
                tidied.feedEntries + tidied.changeSets > 0
            else { return }
            logger.log(
                .info, .tidied, "what nobody needs any more was folded away",
                ["feedEntries": "\(tidied.feedEntries)", "changeSets": "\(tidied.changeSets)"])
        } catch {
            logger.log(.warning, .tidyFailed, "what nobody needs any more stays", ["reason": "\(error)"])
        }
    }
}
