// swift-tools-version: 6.2
import PackageDescription

/// CI sets `ASSAY_STRICT=1`, which turns every warning in our own targets into an error.
let strict = Context.environment["ASSAY_STRICT"] == "1"
let settings: [SwiftSetting] =
    [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")]
    + (strict ? [.treatAllWarnings(as: .error)] : [])

/// The fuzzer's executable needs libFuzzer's runtime, which only `Tools/fuzz` asks for.
let withFuzzer = Context.environment["ASSAY_FUZZ"] == "1"

/// A library target in the folder of its layer; arrows between layers point down only.
func layer(_ folder: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(folder)/\(name)", swiftSettings: settings)
}

/// A test target beside the layer that it tests.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioLocks = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
    name: "assay",
    products: [
        .executable(name: "assay", targets: ["Assay"]),
        .executable(name: "engine-peer", targets: ["EnginePeer"]),
        .executable(name: "power-cut", targets: ["PowerCut"]),
        .executable(name: "simulate", targets: ["Simulate"]),
        .executable(name: "conformance-peer", targets: ["ConformancePeer"]),
        .executable(name: "hub-bench", targets: ["HubBench"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // Core: synchronous, without I/O, clocks or randomness.
        .systemLibrary(name: "CZlib", path: "Sources/Core/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        layer("Core", "ByteCoding"),
        layer("Core", "Deflating", ["CZlib"]),
        layer("Core", "HybridTime"),
        layer("Core", "Merging", ["ByteCoding", "HybridTime"]),
        layer("Core", "ChangeSets", ["ByteCoding", "Deflating", "HybridTime", "Merging"]),
        layer("Core", "SyncProtocol", ["ByteCoding", "HybridTime"]),
        layer("Core", "HubLogic", ["ByteCoding", "HybridTime", "SyncProtocol"]),
        // Domain: what an awarding body keeps.
        layer("Domain", "Credentialing", ["ByteCoding", "ChangeSets", "HybridTime", "Merging"]),
        layer("Domain", "SampleData"),
        // Edge: disks and sockets.
        layer(
            "Edge", "ReplicaStore",
            [
                "ByteCoding", "ChangeSets", "Deflating", "HubLogic", "HybridTime", "Merging", "SyncProtocol", grdb,
                sqlite,
                crypto,
            ]),
        layer(
            "Edge", "SyncTransport",
            ["ByteCoding", "HubLogic", "HybridTime", "SyncProtocol", nio, nioLocks, nioPosix, log]),
        layer(
            "Edge", "HubServer",
            [
                "ByteCoding", "HubLogic", "HybridTime", "SyncProtocol", "SyncTransport", nio, nioLocks, nioPosix, log,
                lifecycle, metrics,
            ]),
        layer("Edge", "PrometheusMetrics", [coreMetrics]),
        layer(
            "Edge", "StoreSync",
            ["ByteCoding", "HubLogic", "HybridTime", "ReplicaStore", "SyncProtocol", "SyncTransport"]),
        layer(
            "Edge", "HubWatching",
            [
                "HubServer", "PrometheusMetrics", "ReplicaStore", "SyncProtocol", "SyncTransport", nio, nioHTTP,
                nioLocks,
                nioPosix, log, lifecycle,
            ]),
        layer(
            "Edge", "CredentialStore",
            [
                "ByteCoding", "ChangeSets", "Credentialing", "HybridTime", "Merging", "ReplicaStore", "SyncProtocol",
                crypto, cryptoExtras, grdb,
            ]),
        layer("Edge", "Tabular", ["Merging", "SampleData", grdb, yams]),
        .systemLibrary(name: "CMalloc", path: "Sources/Edge/CMalloc"),
        layer(
            "Edge", "Importing",
            [
                "CMalloc", "ChangeSets", "CredentialStore", "Credentialing", "HybridTime", "Merging", "ReplicaStore",
                "SampleData",
                "Tabular", grdb,
            ]),
        // App: the assay command and its terminal program.
        .target(
            name: "CTerminal", path: "Sources/App/CTerminal", linkerSettings: [.linkedLibrary("ncursesw")]),
        layer("App", "TerminalCells", ["CTerminal"]),
        layer("App", "Desk", ["TerminalCells"]),
        .executableTarget(
            name: "Assay",
            dependencies: [
                "ByteCoding", "ChangeSets", "CredentialStore", "Credentialing", "Desk", "HubLogic", "HubServer",
                "HubWatching", "HybridTime", "Importing", "Merging", "PrometheusMetrics", "ReplicaStore", "SampleData",
                "StoreSync", "SyncProtocol",
                "SyncTransport",
                "Tabular", "TerminalCells", arguments, grdb, log, lifecycle, nio, nioPosix,
            ],
            path: "Sources/App/Assay", swiftSettings: settings),
        // The exam-day workload over the engine, phase by phase; built, not installed.
        .executableTarget(
            name: "EnginePeer",
            dependencies: [
                "ByteCoding", "ChangeSets", "HubLogic", "HybridTime", "Merging", "ReplicaStore", "SyncProtocol", grdb,
            ],
            path: "Sources/Bench/EnginePeer", swiftSettings: settings),
        // A simulated disk as an SQLite VFS, for tests and rigs alone: nothing under Sources may depend on it.
        .target(name: "CFaultVFS", dependencies: [sqlite], path: "Tests/CFaultVFS"),
        .target(name: "FaultDisk", dependencies: ["CFaultVFS"], path: "Tests/FaultDisk", swiftSettings: settings),
        // The rigs on it: a workload over a store, power cuts, and faults at every step. `power-cut` runs them at length.
        .target(
            name: "CrashRigs",
            dependencies: [
                "ChangeSets", "FaultDisk", "HubLogic", "HybridTime", "Merging", "ReplicaStore", "SyncProtocol", grdb,
                sqlite,
            ],
            path: "Tests/CrashRigs", swiftSettings: settings),
        .executableTarget(
            name: "PowerCut", dependencies: ["CrashRigs", arguments], path: "Tools/PowerCut", swiftSettings: settings),
        tests("CrashRigsTests", ["CrashRigs", "FaultDisk", "ReplicaStore"]),
        tests("FaultDiskTests", ["ChangeSets", "FaultDisk", "HybridTime", "Merging", "ReplicaStore", grdb, sqlite]),
        // Generated change sets, the vectors and their JSON: shared by tests, the fuzz targets and the conformance peer.
        .target(
            name: "WireSamples", dependencies: ["ByteCoding", "ChangeSets", "HybridTime", "Merging"],
            path: "Tests/WireSamples", swiftSettings: settings),
        // One body a decoder of foreign bytes, with its laws: run by libFuzzer and, over corpus and cases, by tests.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "ByteCoding", "ChangeSets", "Credentialing", "Deflating", "HubLogic", "HybridTime", "Merging",
                "ReplicaStore", "SyncProtocol", "Tabular", "TerminalCells", "WireSamples",
            ],
            path: "Tools/Fuzz/Targets", swiftSettings: settings),
        // Our implementation behind Tools/conformance/run; built, not installed.
        .executableTarget(
            name: "ConformancePeer", dependencies: ["ByteCoding", "ChangeSets", "SyncProtocol", "WireSamples"],
            path: "Tools/conformance/Peer", swiftSettings: settings),
        tests("ConformanceTests", ["ConformancePeer", "WireSamples"]),
        tests("FuzzTests", ["FuzzTargets"]),
        .target(
            name: "SyncTestSupport", dependencies: ["ByteCoding", "HubLogic", "HybridTime", "SyncProtocol"],
            path: "Tests/SyncTestSupport", swiftSettings: settings),
        // Whole organisations under a seed; for tests and Tools/Simulate alone.
        .target(
            name: "Simulation",
            dependencies: [
                "ByteCoding", "ChangeSets", "FaultDisk", "HubLogic", "HybridTime", "Merging", "ReplicaStore",
                "SyncProtocol", "SyncTestSupport", grdb,
            ],
            path: "Tests/Simulation", swiftSettings: settings),
        .executableTarget(
            name: "Simulate", dependencies: ["Simulation", arguments], path: "Tools/Simulate",
            swiftSettings: settings),
        // Exam days, desks that measure and many sessions at once, for Tools/bench; built, not installed.
        .executableTarget(
            name: "HubBench",
            dependencies: [
                "ChangeSets", "CredentialStore", "Credentialing", "HybridTime", "Merging", "ReplicaStore", "StoreSync",
                "SyncProtocol", "SyncTransport", arguments, grdb, log, nio, nioPosix,
            ],
            path: "Tools/HubBench", swiftSettings: settings),
        // Fills a store for the tests of the command line.
        .executableTarget(
            name: "AssaySeed", dependencies: ["CredentialStore", "Credentialing", "HybridTime", "Merging"],
            path: "Tests/AssaySeed", swiftSettings: settings),
        tests("SimulateTests", ["Simulate", "Simulation"]),
        tests("SyncProtocolTests", ["ByteCoding", "HubLogic", "HybridTime", "SyncProtocol", "SyncTestSupport"]),
        tests(
            "HubServerTests",
            [
                "SyncTestSupport", "ByteCoding", "HubLogic", "HubServer", "HybridTime", "SyncProtocol", "SyncTransport",
                nio, nioLocks, nioPosix, log, lifecycle,
            ]),
        tests(
            "HubWatchingTests",
            [
                "CredentialStore", "Credentialing", "HubServer", "HubWatching", "HybridTime", "Merging",
                "PrometheusMetrics", "ReplicaStore", "StoreSync", "SyncTransport", log, lifecycle, metrics,
            ]),
        tests("SampleDataTests", ["SampleData"]),
        tests("TabularTests", ["SampleData", "Tabular"]),
        tests(
            "ImportingTests",
            [
                "CredentialStore", "Credentialing", "HybridTime", "Importing", "Merging", "ReplicaStore", "SampleData",
                "Tabular", grdb,
            ]),
        tests("CredentialingTests", ["ByteCoding", "ChangeSets", "Credentialing", "HybridTime", "Merging"]),
        tests("TerminalCellsTests", ["TerminalCells"]),
        tests("AssayTests", ["Assay", "AssaySeed", "TerminalCells"]),
        tests("DeskTests", ["Desk", "TerminalCells"]),
        tests(
            "AssayDeskTests",
            [
                "Assay", "ChangeSets", "CredentialStore", "Credentialing", "Desk", "HybridTime", "Merging",
                "ReplicaStore",
                "TerminalCells",
            ]),
        tests(
            "CredentialStoreTests",
            [
                "ChangeSets", "CredentialStore", "Credentialing", "HubLogic", "HybridTime", "Merging", "ReplicaStore",
                "SyncProtocol", grdb,
            ]),
        tests("ByteCodingTests", ["ByteCoding"]),
        tests("MergingTests", ["HybridTime", "Merging"]),
        tests(
            "ChangeSetsTests", ["ByteCoding", "ChangeSets", "Deflating", "HybridTime", "Merging", "WireSamples"]),
        // A process that a store's tests kill, starve of disk space and run beside itself; built, not installed.
        .executableTarget(
            name: "StoreCrash",
            dependencies: ["ByteCoding", "ChangeSets", "HybridTime", "Merging", "ReplicaStore", "SyncProtocol"],
            path: "Tools/Crash", swiftSettings: settings),
        tests(
            "ReplicaStoreTests",
            [
                "ByteCoding", "ChangeSets", "HubLogic", "HubServer", "HybridTime", "Merging", "ReplicaStore",
                "StoreCrash", "StoreSync", "SyncProtocol", "SyncTransport", grdb, sqlite, log,
            ]),
    ]
        + (withFuzzer
            ? [
                .executableTarget(
                    name: "Fuzz", dependencies: ["FuzzTargets"], path: "Tools/Fuzz/Driver", swiftSettings: settings)
            ] : [])
)
