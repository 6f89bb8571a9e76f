import Foundation
import Tabular
import Testing

/// The rows and failures of a CSV text, each as plain values.
struct Reading: Equatable {
    var header: [String] = []
    var rows: [[String]] = []
    var failures: [CSVRowFailure] = []
    var lines: [Int] = []

    init(_ text: String, _ options: CSVOptions = CSVOptions()) throws { try self.init(Array(text.utf8), options) }

    init(_ bytes: [UInt8], _ options: CSVOptions = CSVOptions()) throws {
        try self.init(CSVReader(bytes: bytes, options: options))
    }

    init(_ reader: CSVReader) throws {
        header = reader.header.names
        while let step = try reader.next() {
            switch step {
            case .row(let row):
                rows.append((0..<row.count).map { row[$0] })
                lines.append(row.line)
            case .failure(let failure): failures.append(failure)
            }
        }
    }
}

/// A folder that is removed with the value.
final class ScratchFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "assay-tabular-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}

/// The data that lies beside the clone and is never committed.
enum SharedData {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static var folder: String { root.deletingLastPathComponent().path + "/shared/data" }
    static var mappings: String { root.path + "/Tools/mappings" }
    static var isPresent: Bool { FileManager.default.fileExists(atPath: folder) }
    static let absence: Comment = "The folder ../shared/data is absent, so nothing was checked against it."
}
