/// The part of a file that is in memory: a buffer that slides over the source and holds the current row whole.
///
/// Eight zero bytes stand after the data, so that the scanner may load words of eight bytes up to the end; zero is
/// never a byte that it looks for.
final class ByteWindow {
    static let padding = 8

    private(set) var base: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// The number of valid bytes from `base` on.
    private(set) var end = 0
    /// Whether the source has no more bytes than those in the window.
    private(set) var isAtSourceEnd = false
    private var source: ByteSource
    /// The longest row that the window grows for.
    let rowBytesMax: Int

    init(_ source: consuming ByteSource, chunkBytes: Int, rowBytesMax: Int) {
        precondition(chunkBytes >= 2)
        self.source = source
        self.rowBytesMax = rowBytesMax
        capacity = chunkBytes
        base = .allocate(capacity: capacity + ByteWindow.padding)
    }

    deinit { base.deallocate() }

    /// Drops the bytes before `kept`, moves the others to the front and reads until the window is full or the source ends.
    ///
    /// The window doubles when the kept bytes fill more than half of it, so that a long row is scanned again only a
    /// logarithmic number of times.
    func slide(keepingFrom kept: Int) throws(TabularError) {
        precondition(kept >= 0 && kept <= end)
        let count = end - kept
        if count > capacity / 2 {
            let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2 + ByteWindow.padding)
            larger.update(from: base + kept, count: count)
            base.deallocate()
            base = larger
            capacity *= 2
        } else {
            base.update(from: base + kept, count: count)
        }
        end = count
        let filled = try source.fill(UnsafeMutableRawBufferPointer(start: base + count, count: capacity - count))
        isAtSourceEnd = filled < capacity - count
        end = count + filled
        (base + end).update(repeating: 0, count: ByteWindow.padding)
    }

    /// The bytes of a range of the window; it is our own bug to ask for more than there is.
    @inline(__always)
    func bytes(_ start: Int, _ stop: Int) -> UnsafeRawBufferPointer {
        precondition(start >= 0 && start <= stop && stop <= end)
        return UnsafeRawBufferPointer(start: base + start, count: stop - start)
    }
}
