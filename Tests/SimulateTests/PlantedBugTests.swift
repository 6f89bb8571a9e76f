import Foundation
import Testing

/// Tools/planted-bugs plants bugs at places that it knows by their text.
@Suite("Planted bugs")
struct PlantedBugTests {
    private static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// A paragraph's fields; lines that start with four blanks go on with the one before.
    private static func fields(_ paragraph: String) -> [String: String] {
        var fields: [String: String] = [:]
        var last = ""
        for line in paragraph.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("    ") {
                fields[last]? += "\n" + line.dropFirst(4)
            } else if let colon = line.firstRange(of: ":") {
                last = String(line[..<colon.lowerBound])
                fields[last] = String(line[colon.upperBound...].drop { $0 == " " })
            }
        }
        return fields
    }

    @Test("The place of every planted bug is in the sources once, and there are at least forty")
    func places() throws {
        let folder = PlantedBugTests.package.appendingPathComponent("Tools/planted")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".txt") }
        var count = 0
        for name in files.sorted() {
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            for paragraph in text.components(separatedBy: "\n\n") where paragraph.contains("bug: ") {
                let bug = PlantedBugTests.fields(paragraph)
                let file = try #require(bug["in"], "\(paragraph)")
                let at = try #require(bug["at"], "\(paragraph)")
                let source = try String(
                    contentsOf: PlantedBugTests.package.appendingPathComponent(file), encoding: .utf8)
                let place = at.replacingOccurrences(of: "«", with: "").replacingOccurrences(of: "»", with: "")
                let found = source.components(separatedBy: place).count - 1
                #expect(found == 1, "\(name): \(bug["bug"] ?? "") is in \(file) \(found) times: change it there too")
                #expect(at.filter { $0 == "«" }.count == 1 && at.filter { $0 == "»" }.count == 1)
                #expect(bug["as"] != nil)
                count += 1
            }
        }
        #expect(count >= 40)
    }
}
