import HubLogic
import NIOCore
import SyncProtocol
import SyncTransport

extension HubServer {
    /// Runs one connection from accept to close. Nothing that a peer does ends more than this.
    func welcome(_ channel: any Channel) async {
        floor.claimed(channel)
        // Asked for each time: a hub that finds that it was restored takes a new name while it runs.
        let identity: HubIdentity
        do { identity = try await store.hubIdentity() } catch {
            logger.log(.error, .storeFailed, "the store does not say who it is", ["error": "\(error)"])
            channel.close(promise: nil)
            return
        }
        do {
            await serve(try await asyncChannel(over: channel), identity)
        } catch { logger.log(.debug, .sessionBroken, "the connection was gone before its turn", ["error": "\(error)"]) }
    }

    private func serve(_ channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ identity: HubIdentity) async {
        let peer = channel.channel.remoteAddress?.told ?? "unknown"
        let outbox = FrameOutbox()
        let meter = SessionMeter(
            book.nextNumber(), address: peer, identity.lineage, outbox, metrics, clock: configuration.clock)
        let connection = HubConnection(identity, configuration, outbox, meter, peer: peer, logger)
        let isAdmitted = floor.admit(connection, limit: configuration.sessionsMax)
        book.add(meter)
        defer {
            floor.leave(connection)
            book.remove(meter)
        }
        do {
            try await channel.executeThenClose { inbound, outbound in
                if !isAdmitted {
                    let busy = SyncError(.hubBusy, "the hub has as many sessions as it takes; sync again in a minute")
                    await connection.handle(.stopRequested(busy))
                }
                await run(connection, inbound, outbound)
            }
        } catch { await connection.logBreak("closing failed", error) }
    }

    private func run(
        _ connection: HubConnection, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>,
        _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async {
        await withDiscardingTaskGroup { group in
            let (left, leave) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            group.addTask {
                await self.read(inbound, connection)
                leave.yield()
            }
            group.addTask {
                // A failed write means a closed connection, and the reader says so once it has read what came before.
                do { try await connection.outbox.run(outbound) } catch {
                    await connection.logBreak("writing failed", error)
                }
            }
            for await _ in connection.wants { group.addTask { await self.load(connection) } }
            group.addTask {
                try? await Task.sleep(for: self.configuration.grace)
                leave.yield()
            }
            // Reading goes on until the peer closes: closing with unread bytes would reset the connection, and the
            // peer would never see our last frame.
            for await _ in left { break }
            group.cancelAll()
        }
    }

    private func read(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ connection: HubConnection) async {
        do {
            for try await buffer in inbound {
                let payloads = await connection.take(buffer)
                if !payloads.isEmpty { floor.wrote(connection) }
                for payload in payloads { await writer.submit(payload, from: connection) }
            }
        } catch {
            await connection.logBreak("reading failed", error)
        }
        await connection.handle(.disconnected)
    }

    private func load(_ connection: HubConnection) async {
        while let wanted = await connection.nextLoad() {
            if case .newName(_, let claim) = wanted {
                guard floor.isToldAgain(claim) else {
                    await connection.handle(.loaded(.newName))
                    continue
                }
                logger.log(
                    .critical, .hubRenamed,
                    "an older state of this hub was put back: it takes a new name, and all it lacks is sent again",
                    ["code": "\(SyncErrorCode.hubRegressed)", "replica": "\(claim.child)"])
            }
            do {
                await connection.handle(.loaded(try await answer(wanted, connection)))
            } catch { await connection.handle(.storageFailed(StorageFailure(String(describing: error)))) }
        }
    }
}

extension HubServer {
    /// What goes down is read when what went before is nearly written: a peer that does not read costs this hub one page,
    /// whatever credit it gave.
    private func answer(_ wanted: HubLoad, _ connection: HubConnection) async throws -> HubLoaded {
        switch wanted {
        case .feed(let scope, let after, let bytesMax, let within):
            await connection.outbox.drained()
            let page = try await pages.page(scope, after: after, bytesMax: bytesMax, within: within) { [store] in
                try await store.feed(scope, after: after, bytesMax: bytesMax, within: within)
            }
            return .feed(scope, page)
        case .snapshot, .states: await connection.outbox.drained()
        default: break
        }
        return try await store.answer(wanted, clock: configuration.clock)
    }
}

extension SocketAddress {
    /// `address:port`, the address in brackets where it is IPv6.
    fileprivate var told: String {
        guard let host = ipAddress, let port else { return description }
        return HubAddress(host: host, port: port).description
    }
}
