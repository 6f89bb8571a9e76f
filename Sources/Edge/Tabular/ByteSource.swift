import Glibc

/// Where the reader's bytes come from: a file descriptor read through POSIX, or an array in memory.
struct ByteSource: ~Copyable {
    private let descriptor: Int32
    private let bytes: [UInt8]
    private var offset = 0
    private let path: String

    /// Throws `file` where the operating system refuses to open the file.
    init(path: String) throws(TabularError) {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            throw TabularError(
                .file, file: path, "the file cannot be opened (\(systemMessage(errno)))",
                advice: "Check the path and that you may read the file.")
        }
        descriptor = opened
        bytes = []
        self.path = path
    }

    init(bytes: [UInt8]) {
        descriptor = -1
        self.bytes = bytes
        path = ""
    }

    deinit { if descriptor >= 0 { _ = close(descriptor) } }

    /// Fills `target` as far as the source goes. Fewer bytes than `target` has room for mean the end of the source.
    mutating func fill(_ target: UnsafeMutableRawBufferPointer) throws(TabularError) -> Int {
        guard descriptor >= 0 else {
            let count = min(target.count, bytes.count - offset)
            bytes.withUnsafeBytes {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count]))
            }
            offset += count
            return count
        }
        var filled = 0
        while filled < target.count {
            let room = UnsafeMutableRawBufferPointer(rebasing: target[filled...])
            let count = read(descriptor, room.baseAddress, room.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw TabularError(
                    .file, file: path, "the file cannot be read (\(systemMessage(errno)))",
                    advice: "Copy the file to a local disk and try again.")
            }
            filled += count
        }
        return filled
    }
}

/// What the C library says about an `errno`.
func systemMessage(_ number: Int32) -> String {
    guard let message = strerror(number) else { return "error \(number)" }
    return String(cString: message)
}

/// The whole of a small file. Throws `limit` where it has more than `bytesMax` bytes, `file` where it cannot be read.
func readSmallFile(_ path: String, bytesMax: Int) throws(TabularError) -> [UInt8] {
    var source = try ByteSource(path: path)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: bytesMax + 1, alignment: 16)
    defer { room.deallocate() }
    let count = try source.fill(room)
    guard count <= bytesMax else {
        throw TabularError(
            .limit, file: path, "the file has more than \(bytesMax) bytes", advice: "Check that it is the right file.")
    }
    return Array(room[..<count])
}
