import NIOCore
import SyncProtocol

extension SyncClient {
    private enum Part {
        case reader, writer, other, grace
    }

    /// Runs the parts of one session side by side until it has ended, then lets the last frames out. On cancellation
    /// the connection is cut at once: that is safe at any byte.
    func run(
        _ driver: ClientDriver, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, _ leaving: AsyncStream<Void>?, _ log: LinkLog
    ) async -> SessionEnd {
        let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let observation = store.observe { if case .journalGrew = $0 { change.yield() } }
        defer { observation.cancel() }
        return await withTaskGroup(of: Part.self) { group in
            group.addTask { await read(inbound, driver, log) }
            group.addTask {
                // A failed write means a closed connection, and the reader says so once it has read what came before.
                do { try await driver.outbox.run(outbound) } catch { log.broke("writing failed", error) }
                return .writer
            }
            group.addTask { await load(driver) }
            group.addTask { await commit(driver) }
            group.addTask {
                for await _ in changes { await driver.handle(.localChanged) }
                return .other
            }
            group.addTask {
                while !Task.isCancelled {
                    do { try await Task.sleep(for: configuration.heartbeat) } catch { break }
                    await driver.beat()
                }
                return .other
            }
            if let leaving {
                group.addTask {
                    for await _ in leaving { await driver.leave() }
                    return .other
                }
            }
            await driver.start()
            var end = SessionEnd.stopped
            for await value in driver.ends { end = value }
            group.addTask {
                try? await Task.sleep(for: configuration.grace)
                return .grace
            }
            await waitForLastFrames(&group)
            group.cancelAll()
            return end
        }
    }

    /// The hub has read our last frame when it closes its side; a peer that does not is not waited for.
    private func waitForLastFrames(_ group: inout TaskGroup<Part>) async {
        while let part = await group.next() {
            if part == .reader || part == .grace { return }
        }
    }

    private func read(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ driver: ClientDriver, _ log: LinkLog) async
        -> Part
    {
        do {
            for try await buffer in inbound { await driver.take(buffer) }
        } catch { log.broke("reading failed", error) }
        await driver.disconnected()
        return .reader
    }

    private func load(_ driver: ClientDriver) async -> Part {
        for await wanted in driver.loads {
            do {
                await driver.handle(.loaded(try await store.answer(wanted)))
            } catch { await driver.handle(.storageFailed(StorageFailure(String(describing: error)))) }
        }
        return .other
    }

    private func commit(_ driver: ClientDriver) async -> Part {
        for await wanted in driver.commits {
            do {
                await driver.handle(.committed(try await store.commit(wanted)))
            } catch { await driver.handle(.storageFailed(StorageFailure(String(describing: error)))) }
        }
        await driver.commitsEnded()
        return .other
    }
}
