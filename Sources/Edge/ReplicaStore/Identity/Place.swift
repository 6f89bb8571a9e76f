import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Where a store lies, as far as the system tells: the machine, and which files the lock and the database are. A folder
/// that was copied, restored or cloned finds itself in another place. A false alarm costs a fresh name and nothing else.
struct Place: Equatable {
    let text: String

    /// - Returns: nil where the files are not there to be looked at.
    init?(of folder: String, database: String) {
        guard let lock = Place.file(folder + "/lock", withTime: true),
            let store = Place.file(folder + "/" + database, withTime: false)
        else { return nil }
        text = [Place.machine, lock, store].joined(separator: " ")
    }

    /// The lock file is never written, so its time is when it was made. The database's own changes with every commit.
    private static func file(_ path: String, withTime: Bool) -> String? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        guard withTime else { return "\(status.st_ino)" }
        return "\(status.st_ino)@\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
    }

    /// The installation's own name (machine-id(5)); clones of a machine get a new one when they are set up.
    private static var machine: String {
        let text = (try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)) ?? ""
        let word = text.prefix { !$0.isWhitespace }
        return word.isEmpty ? "unknown-machine" : String(word)
    }
}

/// Why a store goes by another name than before: kept until the next reason, and told to people.
public struct IdentityNote: Equatable, Sendable {
    public enum Reason: String, Sendable {
        /// The folder is a copy, or was moved to another disk or machine.
        case moved
        /// It was made from a backup.
        case restored
        /// Its hub knew more of its work than it did: an older state was put back.
        case regressed
        /// Its hub had other work under its name: this device's branch was issued again under another one.
        case reissued
        /// As ``reissued``, and others have built on that branch, so that it could not be: it stays as it is.
        case unresolved
        /// Those below knew more of this hub than it did.
        case hubRegressed = "hub-regressed"
    }

    public let reason: Reason
    /// How many change sets were issued again or stay disputed; 0 for the other reasons.
    public let changeSets: UInt64

    public init(_ reason: Reason, changeSets: UInt64 = 0) {
        self.reason = reason
        self.changeSets = changeSets
    }

    var text: String { "\(reason.rawValue) \(changeSets)" }

    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count == 2, let reason = Reason(rawValue: String(words[0])), let count = UInt64(words[1]) else {
            return nil
        }
        self.init(reason, changeSets: count)
    }
}

extension Writer {
    /// Looks whether the store is where it was, and whether it came out of a backup; takes a new name if not.
    func settle(in place: Place?, entersFeed: Bool) throws(StoreError) {
        let known = try journal.text(Meta.placeKey)
        let isBackup = try journal.number(Meta.backupKey) != 0
        let isMoved = known != nil && place != nil && known != place?.text
        if isBackup || isMoved {
            try takeNewIncarnation(entersFeed: entersFeed)
            try note(IdentityNote(isBackup ? .restored : .moved))
            try journal.set(Meta.backupKey, 0)
        }
        if let place, known != place.text { try journal.set(Meta.placeKey, text: place.text) }
    }

    func note(_ note: IdentityNote) throws(StoreError) { try journal.set(Meta.noteKey, text: note.text) }
}

extension ReplicaStore {
    /// Why this store last took a new name; nil where it has its first one.
    public func identityNote() throws(StoreError) -> IdentityNote? {
        try syncing { _, journal throws(StoreError) in try journal.text(Meta.noteKey).flatMap { IdentityNote($0) } }
    }

    /// Takes a new name if the store is not where it was or came out of a backup: to be called once after opening.
    /// - Returns: why it took one now, or nil.
    public func settle() throws(StoreError) -> IdentityNote? {
        guard let place = Place(of: path, database: ReplicaStore.fileName) else { return nil }
        let isSettled = try syncing { _, journal throws(StoreError) in
            let known = try journal.text(Meta.placeKey)
            let isBackup = try journal.number(Meta.backupKey) != 0
            return known == place.text && !isBackup
        }
        if isSettled { return nil }
        return try writing { writer throws(StoreError) in
            let before = writer.identity
            try writer.settle(in: place, entersFeed: isHub)
            guard writer.identity != before else { return nil }
            return try writer.journal.text(Meta.noteKey).flatMap { IdentityNote($0) }
        }
    }
}
