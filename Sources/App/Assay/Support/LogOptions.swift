import ArgumentParser
import Foundation
import Logging

/// What a long-running command writes to its log, which is the standard error.
struct LogOptions: ParsableArguments {
    @Option(help: "What to log.") var logLevel: Logger.Level?

    /// - Parameter level: what is logged where nothing was asked for; nil for nothing.
    func logger(_ label: String, otherwise level: Logger.Level?) -> Logger {
        guard let level = logLevel ?? level else { return Logger(label: label) { _ in SwiftLogNoOpLogHandler() } }
        var logger = Logger(label: label) { LineLog($0) { line in Console.warn(line) } }
        logger.logLevel = level
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// One line for one event, whatever a peer calls itself: `time level label event=… key=value … message`. Keys are in
/// alphabetical order behind the event; a value with blanks or signs is quoted, and holds no control character.
struct LineLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    private let label: String
    private let write: @Sendable (String) -> Void

    init(_ label: String, _ write: @escaping @Sendable (String) -> Void) {
        self.label = label
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var all = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
        var line = "\(LineLog.now()) \(event.level.rawValue) \(label)"
        if let event = all.removeValue(forKey: "event") { line += " event=\(LineLog.value("\(event)"))" }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(LineLog.value("\(value)"))" }
        write(line + " message=\(LineLog.value("\(event.message)"))")
    }

    private static func now() -> String {
        Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    static func value(_ text: String) -> String {
        let plain = text.unicodeScalars.allSatisfy {
            $0.isASCII && $0.value > 0x20 && $0.value < 0x7F && !"\"=\\".unicodeScalars.contains($0)
        }
        guard text.isEmpty || !plain else { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case _ where scalar.properties.isLineBreakOrControl: quoted += "\\u{\(String(scalar.value, radix: 16))}"
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension Unicode.Scalar.Properties {
    /// Whatever moves the cursor, ends a line, or turns the direction of writing.
    fileprivate var isLineBreakOrControl: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: true
        default: false
        }
    }
}
