import Glibc

/// Finds the files of a mapping's inputs in a folder.
enum ImportFiles {
    /// The paths of an input, ordered by their bytes.
    ///
    /// Throws `file` where the folder cannot be read or no file has such a name, `limit` where too many have.
    static func paths(_ input: ImportInput, folder: String, mapping: String) throws(TabularError) -> [String] {
        guard let directory = opendir(folder) else {
            throw TabularError(
                .file, file: folder, "the folder cannot be opened (\(systemMessage(errno)))",
                advice: "Check the path and that you may read the folder.")
        }
        defer { _ = closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            // A leading dot is never matched by a wildcard, so that hidden files stay out.
            guard fnmatch(input.pattern, name, FNM_PERIOD) == 0 else { continue }
            names.append(name)
            guard names.count <= ImportLimits.filesPerInputMax else {
                throw TabularError(
                    .limit, file: folder, "more than \(ImportLimits.filesPerInputMax) files are named \(input.pattern)",
                    advice: "Import them in several folders.")
            }
        }
        guard !names.isEmpty else {
            throw TabularError(
                .file, file: mapping, line: input.place.line, column: input.place.column,
                "no file in \(folder) is named \(input.pattern)",
                advice: "Put the file there, or name it on the command line as \(input.role).")
        }
        names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return names.map { folder.hasSuffix("/") ? folder + $0 : folder + "/" + $0 }
    }
}
