import ByteCoding
import ChangeSets
import Foundation
import GRDB
import HybridTime
import Merging
import ReplicaStore

/// The engine as a peer of the exam-day benchmark: each phase of its contract is one run of this program.
@main
enum EnginePeer {
    static func main() {
        do { try run(Array(CommandLine.arguments.dropFirst())) } catch {
            FileHandle.standardError.write(Data("engine-peer: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ arguments: [String]) throws {
        guard let phase = arguments.first else {
            throw BenchFailure("say a phase: load, run, token, export, apply, snapshot, restore, dump, last or idle")
        }
        var options: [String: [String]] = [:]
        var key = ""
        for argument in arguments.dropFirst() {
            if argument.hasPrefix("--") {
                key = String(argument.dropFirst(2))
                options[key] = []
            } else {
                options[key, default: []].append(argument)
            }
        }
        guard let directory = options["dir"]?.first else { throw BenchFailure("--dir is missing") }
        var phases = Phases(directory: directory, options: options)
        var report = try phases.perform(phase)
        report["peak_kib"] = Double(Memory.kibibytes("VmHWM"))
        let text = report.sorted { $0.key < $1.key }.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ")
        print("{\(text)}")
    }
}

/// The process's own memory, from the kernel's account.
enum Memory {
    static func kibibytes(_ key: String) -> Int {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return 0 }
        for line in status.split(separator: "\n") where line.hasPrefix(key + ":") {
            return Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0
        }
        return 0
    }

    static func resetPeak() {
        if let file = fopen("/proc/self/clear_refs", "w") {
            fputs("5", file)
            fclose(file)
        }
    }
}

/// Milliseconds of a monotonic clock.
func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}
