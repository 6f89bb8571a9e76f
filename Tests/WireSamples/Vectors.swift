import Foundation

/// The vectors of the protocol, as their files list them.
package enum Vectors {
    /// What a vector's bytes are.
    package enum Form: String, CaseIterable, Sendable {
        case canonical, segments, snapshots, frames
    }

    package struct Valid: Decodable {
        package let name: String
        package let hex: String
    }

    package struct Invalid: Decodable {
        package let name: String
        package let hex: String
        /// The code of the refusal.
        package let code: String
    }

    /// The folder of this clone.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    package static func valid(_ form: Form) throws -> [Valid] { try load("valid", form) }

    package static func invalid(_ form: Form) throws -> [Invalid] { try load("invalid", form) }

    private static func load<Vector: Decodable>(_ kind: String, _ form: Form) throws -> [Vector] {
        let url = root.appending(path: "Protocol/vectors/\(kind)/\(form.rawValue).json")
        return try JSONDecoder().decode([Vector].self, from: Data(contentsOf: url))
    }
}
