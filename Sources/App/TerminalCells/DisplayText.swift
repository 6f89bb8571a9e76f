import CTerminal

/// Text that is safe to put on a terminal: each scalar has a known width, nothing moves the cursor, turns the direction
/// of what follows or joins emoji into shapes whose width terminals disagree about.
///
/// Right-to-left text keeps its logical order; reordering is the terminal's work where it can do it.
public struct DisplayText: Hashable, Sendable {
    /// The text after cleaning.
    public let text: String
    /// One column per byte; most text on a screen is, and needs no tables.
    private let isASCII: Bool

    /// Combining marks that one base may carry; as many as a terminal cell holds.
    public static let marksPerBaseMax = Int(CT_CELL_SCALARS_MAX) - 1

    /// Cleans `raw`. Line ends and tabs become a space, a mark without a base gets a dotted circle, what cannot be
    /// shown becomes U+FFFD, and what has no place on a terminal goes: controls, bidirectional overrides and
    /// isolates, joiners, variation selectors, skin tones, and marks beyond `marksPerBaseMax`.
    public init(_ raw: String) {
        if raw.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
            text = raw
            isASCII = true
            return
        }
        var scalars = String.UnicodeScalarView()
        var marks: Int?
        for scalar in raw.unicodeScalars {
            guard let shown = DisplayText.shown(scalar) else { continue }
            if columnCount(of: shown) > 0 {
                marks = 0
            } else {
                if marks == nil { scalars.append("\u{25CC}") }
                let count = marks ?? 0
                marks = min(count + 1, DisplayText.marksPerBaseMax)
                if count == DisplayText.marksPerBaseMax { continue }
            }
            scalars.append(shown)
        }
        text = String(scalars)
        isASCII = text.utf8.allSatisfy { $0 < 0x80 }
    }

    /// What stands for a scalar on the screen, or nothing.
    private static func shown(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
        if scalar.isASCII, scalar.value >= 0x20, scalar.value != 0x7F { return scalar }
        switch scalar {
        case "\t", "\n", "\r", "\u{2028}", "\u{2029}", "\u{85}": return " "
        case "\u{FFF9}", "\u{FFFA}", "\u{FFFB}": return nil
        default: break
        }
        let properties = scalar.properties
        if properties.generalCategory == .control { return nil }
        if properties.isDefaultIgnorableCodePoint || properties.isEmojiModifier { return nil }
        return ct_column_count(scalar.value) < 0 ? "\u{FFFD}" : scalar
    }

    /// The grapheme clusters, each with the cells that it fills. Most fill one; conjuncts and flags may fill two.
    var clusters: [[Piece]] {
        if isASCII { return text.map { [Piece(text: String($0), width: 1)] } }
        var clusters: [[Piece]] = []
        for cluster in text {
            let pieces = DisplayText.pieces(of: cluster)
            // A lone vowel of Hangul starts a cluster and takes no column: the terminal shows it in the cell before.
            if let first = pieces.first, first.width == 0, var before = clusters.popLast(),
                let last = before.indices.last
            {
                before[last].text += first.text
                clusters.append(before + pieces.dropFirst())
            } else {
                clusters.append(pieces)
            }
        }
        return clusters
    }

    /// The columns that the whole text takes.
    public var columns: Int {
        isASCII ? text.utf8.count : text.unicodeScalars.reduce(0) { $0 + columnCount(of: $1) }
    }

    /// One spacing scalar and the marks on it.
    struct Piece {
        var text: String
        var width: Int
    }

    static func pieces(of cluster: Character) -> [Piece] {
        var pieces: [Piece] = []
        for scalar in cluster.unicodeScalars {
            let width = columnCount(of: scalar)
            if width == 0, let last = pieces.indices.last {
                pieces[last].text.unicodeScalars.append(scalar)
            } else {
                pieces.append(Piece(text: String(Character(scalar)), width: width))
            }
        }
        return pieces
    }
}

/// The columns that a terminal gives to one scalar: 0, 1 or 2. One that cannot be shown counts as 1.
func columnCount(of scalar: Unicode.Scalar) -> Int {
    if scalar.isASCII { return 1 }
    let count = Int(ct_column_count(scalar.value))
    return count < 0 ? 1 : count
}

/// The columns that `text` takes on a terminal once it is cleaned for display.
public func displayColumns(_ text: String) -> Int { DisplayText(text).columns }
