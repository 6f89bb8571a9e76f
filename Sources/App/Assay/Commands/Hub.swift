import ArgumentParser

/// `assay hub …`
struct Hub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve this store to the replicas below it, and see how that goes.",
        subcommands: [HubServe.self, HubStatusCommand.self])
}
