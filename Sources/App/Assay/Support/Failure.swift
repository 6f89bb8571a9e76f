import ArgumentParser
import CredentialStore
import Credentialing
import Foundation
import ReplicaStore
import SyncTransport

/// Why a command ends badly: a stable code, one line for people, and the exit code that scripts see.
struct Failure: Error, CustomStringConvertible {
    let code: String
    let message: String
    let exit: ExitCode

    static let refused = ExitCode(1)
    static let waiting = ExitCode(2)
    static let usage = ExitCode(64)
    static let unavailable = ExitCode(69)
    static let inputOutput = ExitCode(74)

    init(_ code: String, _ message: String, exit: ExitCode = Failure.refused) {
        self.code = code
        self.message = message
        self.exit = exit
    }

    init(_ error: StoreError) {
        let exit: ExitCode =
            switch error {
            case .notAStore, .alreadyAStore, .fileExists, .notABackup, .bundleDamaged, .bundleOfOthers,
                .unknownDocument, .unknownRecordKind,
                .malformedDraft:
                Failure.refused
            default: Failure.inputOutput
            }
        self.init(error.code, error.description, exit: exit)
    }

    init(_ error: CredentialStore.Failure) {
        switch error {
        case .refused(let refusal): self.init(refusal.code.rawValue, refusal.text)
        case .store(let error): self.init(error)
        }
    }

    init(_ error: SyncFailure) {
        let exit = error.isTransient ? Failure.unavailable : Failure.refused
        self.init("sync-failed", "\(error)", exit: exit)
    }

    init(any error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as StoreError: self.init(error)
        case let error as CredentialStore.Failure: self.init(error)
        case let error as SyncFailure: self.init(error)
        case let error as CommandRefusal: self.init(error.code.rawValue, error.text)
        case let error as ReadingFailure: self.init("store-unreadable", error.detail, exit: Failure.inputOutput)
        default: self.init("failed", "\(error)", exit: Failure.inputOutput)
        }
    }

    var description: String { message }
}

/// Runs a command's body; a failure goes to the standard error in one line (or to the standard output as JSON) and
/// becomes the exit code.
func reporting(_ output: OutputOptions, _ body: () throws -> Void) throws {
    do { try body() } catch let error where !(error is ExitCode) && !(error is CleanExit) {
        throw tell(Failure(any: error), output)
    }
}

func reporting(_ output: OutputOptions, _ body: () async throws -> Void) async throws {
    do { try await body() } catch let error where !(error is ExitCode) && !(error is CleanExit) {
        throw tell(Failure(any: error), output)
    }
}

private func tell(_ failure: Failure, _ output: OutputOptions) -> ExitCode {
    if output.json {
        Console.json(["error": .text(failure.code), "message": .text(failure.message)])
    } else {
        // The code stands behind the sentence; a list of what to choose from comes after it.
        let lines = failure.message.split(separator: "\n", omittingEmptySubsequences: false)
        Layout.wrapped("assay: \(lines.first ?? "") [\(failure.code)]", hanging: 7).forEach { Console.warn($0) }
        for line in lines.dropFirst() { Layout.wrapped(String(line), hanging: 4).forEach { Console.warn($0) } }
    }
    return failure.exit
}
