/// Writes the rows that could not be imported, each file's to an error file of its own.
///
/// The error file has the columns of the original and, before them, a `reason`; the original row stands behind the
/// reason byte for byte, so that it can be mended and imported again. The reason comes first because a ragged row would
/// move a last column away. An error file is made only for a file that has a failure.
public final class ImportErrorFiles {
    private final class Output {
        let path: String
        var writer: CSVWriter?

        init(path: String, writer: consuming CSVWriter) {
            self.path = path
            self.writer = consume writer
        }
    }

    private let folder: String
    private var outputs: [String: Output] = [:]
    private var names: Set<String> = []

    /// The files go into `folder`, named like the originals with `.errors.csv` behind; existing ones are replaced.
    public init(folder: String) { self.folder = folder }

    /// The paths of the error files so far, ordered.
    public var paths: [String] { outputs.values.map(\.path).sorted() }

    /// Adds a row. Throws `file` where the operating system refuses to write.
    public func add(_ failure: ImportFailure) throws(TabularError) {
        let output: Output
        if let open = outputs[failure.source.path] {
            output = open
        } else {
            output = try opened(failure.source)
            outputs[failure.source.path] = output
        }
        try output.writer?.write(fields: [failure.reason], raw: failure.raw)
    }

    /// Writes what is left and closes the files. Throws as ``add(_:)`` does.
    public func finish() throws(TabularError) {
        for output in outputs.values {
            guard let writer = output.writer.take() else { continue }
            try writer.finish()
        }
    }

    private func opened(_ source: ImportSource) throws(TabularError) -> Output {
        let base = source.path.split(separator: "/").last.map(String.init) ?? source.role
        var name = base + ".errors.csv"
        var count = 1
        while !names.insert(name).inserted {
            count += 1
            name = base + ".\(count).errors.csv"
        }
        let path = folder + "/" + name
        var writer = try CSVWriter(path: path, options: CSVOptions(delimiter: source.delimiter))
        var reason = "reason"
        count = 1
        while source.header?.index(of: reason) != nil {
            count += 1
            reason = "reason \(count)"
        }
        try writer.write(fields: [reason], raw: source.header?.raw ?? [])
        return Output(path: path, writer: writer)
    }
}
