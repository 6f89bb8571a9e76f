import Foundation
import FuzzTargets
import Testing

/// The fuzz targets over what is kept of them. libFuzzer itself needs a build of its own (`Tools/fuzz`), so an ordinary
/// run replays the corpus and the cases, and then a fixed number of mutants from a fixed seed.
@Suite("Fuzz targets", .serialized)
struct FuzzTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    /// Mutants of each target in an ordinary run; ASSAY_MUTANTS asks for more.
    private static let mutants = ProcessInfo.processInfo.environment["ASSAY_MUTANTS"].flatMap(Int.init) ?? 400

    private static func inputs(_ folder: String, _ target: String) throws -> [(name: String, bytes: [UInt8])] {
        let url = tests.appending(path: "\(folder)/\(target)")
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted().map { name in
            (name, Array(try Data(contentsOf: url.appending(path: name))))
        }
    }

    @Test("Every case that once broke a decoder is taken or refused", arguments: FuzzTarget.all.map(\.name))
    func cases(name: String) throws {
        let target = try #require(FuzzTarget.named(name))
        for (name, bytes) in try FuzzTests.inputs("FuzzCases", target.name) {
            #expect(throws: Never.self, "\(name)") { try target.run(bytes) }
        }
    }

    @Test("Corpus, seeds and mutants of them break no law", arguments: FuzzTarget.all.map(\.name))
    func mutants(name: String) async throws {
        let target = try #require(FuzzTarget.named(name))
        let corpus = try FuzzTests.inputs("FuzzCorpus", target.name).map(\.bytes) + target.seeds()
        var accepted = 0
        for bytes in corpus {
            if try target.run(bytes) == .accepted { accepted += 1 }
            // Other suites wait for sockets on the same few threads, and have time limits.
            await Task.yield()
        }
        // What is kept must go deep: a corpus that is refused at the door tests nothing.
        #expect(accepted * 5 > corpus.count, "\(accepted) of \(corpus.count)")
        var mutator = Mutator(seed: 77, corpus: corpus, inputBytesMax: target.inputBytesMax)
        var accepts = 0
        for _ in 0..<FuzzTests.mutants {
            let input = mutator.next()
            await Task.yield()
            do { if try target.run(input) == .accepted { accepts += 1 } } catch {
                Issue.record("\(error): \(input.map { String($0, radix: 16) }.joined(separator: " "))")
            }
        }
        #expect(accepts > FuzzTests.mutants / 250, "\(accepts) mutants were taken")
    }
}
