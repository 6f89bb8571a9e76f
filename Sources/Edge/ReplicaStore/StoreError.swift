import ByteCoding
import GRDBSQLite

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// What can go wrong in a store. Each case has a stable code and says in one line what to do next.
public enum StoreError: Error, Equatable, Sendable {
    /// SQLite refused: the extended result code and its words.
    case sqlite(code: Int32, message: String)
    case notAStore(path: String)
    case alreadyAStore(path: String)
    /// The file was written by a newer build.
    case newerFormat(found: Int)
    /// The rows are laid out for record kinds or fields of a newer build.
    case newerSchema(kind: UInt32)
    case lockUnavailable(path: String, errno: Int32)
    case unknownDocument
    case unknownRecordKind(String)
    /// A command that does not fit the schema: our own mistake or a hostile caller's.
    case malformedDraft(String)
    /// What is stored does not read: the place and the reason.
    case damaged(place: String, reason: String)
    case limitExceeded(String)
    /// A change set writes to a record that belongs to another document.
    case foreignRecord(String)
    /// This replica's own last change to the document is not in the state that it holds (model: own-dots gate).
    case behindOwnWork
    /// A file that is to be made is there already.
    case fileExists(path: String)
    case notABackup(path: String)
    /// Nothing of the file was taken.
    case bundleDamaged(path: String, reason: String)
    case bundleOfOthers(path: String)
    /// The system refused to read or write a file.
    case file(path: String, errno: Int32)

    public var code: String {
        switch self {
        case .sqlite(let code, _):
            switch code & 0xFF {
            case 13: "disk-full"
            // The index of the write-ahead log could not grow.
            case 10 where code == 4_874: "disk-full"
            case 10, 14: "disk-io"
            case 11, 26: "store-damaged"
            case 5, 6: "store-busy"
            default: "sqlite-\(code)"
            }
        case .notAStore: "not-a-store"
        case .alreadyAStore: "already-a-store"
        case .newerFormat, .newerSchema: "newer-format"
        case .lockUnavailable: "lock-unavailable"
        case .unknownDocument: "unknown-document"
        case .unknownRecordKind: "unknown-record-kind"
        case .malformedDraft: "malformed-draft"
        case .damaged: "store-damaged"
        case .limitExceeded: "limit-exceeded"
        case .foreignRecord: "foreign-record"
        case .behindOwnWork: "behind-own-work"
        case .fileExists: "file-exists"
        case .notABackup: "not-a-backup"
        case .bundleDamaged: "bundle-damaged"
        case .bundleOfOthers: "wrong-organisation"
        case .file: "file-unusable"
        }
    }
}

extension StoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .sqlite(let code, let message):
            switch code & 0xFF {
            case 13,
                10 where isDiskFull:
                "The disk is full: nothing was saved. Free some space and try again; reading and syncing go on."
            case 10, 14:
                "The disk failed to read or write (\(message)): nothing was saved. Check it and run assay doctor."
            case 11, 26: "The store is damaged (\(message)). Run assay doctor."
            case 5, 6: "Another program holds the store (\(message)). Close it and try again."
            default: "The store refused (\(message), code \(code)). Run assay doctor."
            }
        case .notAStore(let path): "There is no Assay store in \(path). Make one with assay init."
        case .alreadyAStore(let path): "\(path) holds an Assay store already. Choose another folder."
        case .newerFormat(let found):
            "The store has format \(found), which this build does not know. Install a newer one."
        case .newerSchema(let kind):
            "A newer build has written to this store (record kind \(kind)). Install that build or a later one."
        case .lockUnavailable(let path, let errno):
            "The lock file \(path) cannot be used (error \(errno)). Check the folder's permissions."
        case .unknownDocument: "There is no such document on this replica. Sync, then try again."
        case .unknownRecordKind(let name): "This build knows no records called \(name)."
        case .malformedDraft(let reason): "The change does not fit the schema: \(reason)."
        case .damaged(let place, let reason): "What \(place) holds does not read (\(reason)). Run assay doctor."
        case .limitExceeded(let what): "Too much at once: \(what)."
        case .foreignRecord(let reason): "A change set was put aside: \(reason)."
        case .fileExists(let path): "\(path) is there already, and nothing was written. Choose another name."
        case .notABackup(let path): "\(path) is no backup of a store. Make one with assay backup."
        case .bundleDamaged(let path, let reason):
            "\(path) is no whole bundle (\(reason)), and nothing of it was taken. Copy it again from where it was made."
        case .bundleOfOthers(let path): "\(path) is another organisation's, and nothing of it was taken."
        case .file(let path, let errno): "\(path): \(String(cString: strerror(errno))). Check the disk and the folder."
        case .behindOwnWork: "This replica is still catching up with its own work on this document. Sync first."
        }
    }
}

extension StoreError {
    var isDiskFull: Bool { code == "disk-full" }

    /// Whether what the connections know of the disk is no longer to be relied on.
    var isDiskFailure: Bool {
        guard case .sqlite(let code, _) = self else { return false }
        return [SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_CANTOPEN, SQLITE_NOTADB].contains(code & 0xFF)
    }

    /// A decoding failure of something that this store wrote itself.
    static func damaged(_ place: String, _ failure: DecodingFailure) -> StoreError {
        .damaged(place: place, reason: failure.description)
    }
}
