import Logging

/// What a log line tells of: `event` in its metadata. The words are stable, so that rules over logs may rest on them;
/// messages are for people and may change. `code` beside it is a session error's.
package enum LoggedEvent: String, CaseIterable, Sendable {
    // A hub as a whole.
    case hubListening = "hub-listening"
    case hubStopped = "hub-stopped"
    case hubRenamed = "hub-renamed"
    case acceptFailed = "accept-failed"
    case commitFailed = "commit-failed"
    case storeFailed = "store-failed"
    case metricsListening = "metrics-listening"
    case statusSocketTaken = "status-socket-taken"
    case statusSocketFailed = "status-socket-failed"
    case peopleReleased = "people-released"
    case releaseFailed = "release-failed"
    case tidied = "tidied"
    case tidyFailed = "tidy-failed"
    // One child's session; `session`, `peer`, and after the hello `replica`, `device` and `role` name it.
    case sessionBegan = "session-began"
    case sessionLive = "session-live"
    case sessionEnded = "session-ended"
    case sessionBroken = "session-broken"
    case scopePulled = "scope-pulled"
    case forkFound = "fork-found"
    case regressionTold = "regression-told"
    // The link with a hub above; `session` and `address` name it, and after the welcome `parent`.
    case linkConnecting = "link-connecting"
    case linkWelcomed = "link-welcomed"
    case linkLive = "link-live"
    case linkBroken = "link-broken"
    case linkEnded = "link-ended"
    case linkFailed = "link-failed"
    case linkRefused = "link-refused"
    case uplinkRefused = "uplink-refused"
    case linkRetrying = "link-retrying"
    case linkReturning = "link-returning"
    case pushed
    case pulled
    case restored
    case noted
    case scopeRefused = "scope-refused"
    case quarantined
    case differing
    case disputed
    case settled
}

extension Logger {
    /// One line about one event.
    package func log(
        _ level: Level, _ event: LoggedEvent, _ message: @autoclosure () -> Message,
        _ metadata: @autoclosure () -> Metadata = [:], file: String = #fileID, function: String = #function,
        line: UInt = #line
    ) {
        guard level >= logLevel else { return }
        var all = metadata()
        all["event"] = "\(event.rawValue)"
        log(level: level, message(), metadata: all, file: file, function: function, line: line)
    }
}
