import ArgumentParser
import CredentialStore
import Credentialing
import Foundation
import ReplicaStore
import SyncTransport

/// The store that a command works on.
struct StoreOptions: ParsableArguments {
    @Option(name: [.long, .customShort("s")], help: "The folder of the store. Default: ASSAY_STORE, or this folder.")
    var store: String?

    var path: String { store ?? ProcessInfo.processInfo.environment["ASSAY_STORE"] ?? "." }

    func open() throws -> CredentialStore {
        do {
            let store = try CredentialStore.open(in: path)
            if let note = store.renamed { Console.warn("assay: \(note.inWords)") }
            return store
        } catch let error as StoreError {
            throw Failure(error)
        }
    }

    /// Opens the store for `body` and closes it behind, whatever happens.
    func with<Result>(_ body: (CredentialStore) throws -> Result) throws -> Result {
        let store = try open()
        let result: Result
        do { result = try body(store) } catch {
            let failure = StoreOptions.explained(error, store)
            try? store.replica.close()
            throw failure
        }
        try store.replica.close()
        return result
    }
}

/// Who does it. Until there is sign-in, the name is taken as it is given and shown as unauthenticated.
struct ActorOptions: ParsableArguments {
    @Option(
        name: .customLong("as"), help: "Who does this, such as the staff number. Unauthenticated until sign-in exists.")
    var actor: String

    @Option(help: "The desk's name.")
    var station: String = ""

    var identity: ActorIdentity { ActorIdentity(actor, station: station) }
}

/// How a command reports.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Report as JSON, one object.")
    var json = false
}

/// The device's wall clock in milliseconds since 1970.
func wallClock() -> Int64 { WallClock.milliseconds() }
