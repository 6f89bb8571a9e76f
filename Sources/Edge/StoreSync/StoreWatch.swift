import Dispatch
import ReplicaStore

#if canImport(Glibc)
    import Glibc
#else
    import Musl
#endif

/// Tells a store's observers when another process has committed to it: a hub hears of an import, a desk of a sync.
///
/// The kernel reports writes to the store's folder (inotify); the journal's end then tells whether one of them was a
/// commit of somebody else.
/// Unchecked: the source is set once, and dispatch sources may be cancelled from any thread.
public final class StoreWatch: @unchecked Sendable {
    private let source: any DispatchSourceRead

    /// - Returns: nil where the system has no more watches to give; the store then learns of others' work at its next
    ///   own look.
    public init?(_ store: ReplicaStore) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        guard inotify_add_watch(descriptor, store.path, UInt32(IN_MODIFY)) >= 0 else {
            close(descriptor)
            return nil
        }
        let queue = DispatchQueue(label: "assay.store.watch")
        let source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while read(descriptor, &buffer, buffer.count) > 0 {}
            store.noticeOthers()
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
        self.source = source
    }

    deinit { source.cancel() }
}
