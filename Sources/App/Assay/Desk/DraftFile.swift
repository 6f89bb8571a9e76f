import Desk
import Foundation
import Synchronization

/// The one draft of this device, as a file beside the store: written whole, and on the disk before it is called kept.
final class DraftFile: Sendable {
    private let path: String
    /// The number of the newest draft that was written. Effects may come out of order.
    private let newest = Mutex(0)

    init(_ folder: String) { path = folder + "/desk-draft.json" }

    /// Writes a draft, or takes the file away for none; does nothing where a newer one was written.
    func keep(_ number: Int, _ draft: KeptDraft?) throws {
        try newest.withLock { newest in
            guard number > newest else { return }
            newest = number
            if let draft {
                try write(try JSONEncoder().encode(draft))
            } else if unlink(path) != 0, errno != ENOENT {
                throw DraftFile.failure()
            }
        }
    }

    private static func failure() -> Failure {
        Failure("disk-io", "What is being typed could not be kept on the disk: finish this person first.")
    }

    private func write(_ bytes: Data) throws {
        let new = path + ".new"
        let file = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw DraftFile.failure() }
        defer { close(file) }
        let written = bytes.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
        guard written == bytes.count, fsync(file) == 0, rename(new, path) == 0 else { throw DraftFile.failure() }
    }

    /// What was kept of one person; nil also for what this type did not write.
    func load(_ actor: String) -> KeptDraft? {
        guard let bytes = FileManager.default.contents(atPath: path),
            let draft = try? JSONDecoder().decode(KeptDraft.self, from: bytes), draft.actor == actor
        else { return nil }
        return draft
    }
}
