import Foundation

/// The form in which names are compared while searching: without case, diacritics, width and presentation forms, with
/// letters that do not decompose (đ, ø, ł, ß …) written out, apostrophes dropped and other punctuation as spaces.
public enum SearchFold {
    private static let written: [Unicode.Scalar: String] = [
        "đ": "d", "ð": "d", "ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h",
        "ŋ": "n", "ə": "e", "ى": "ي", "ة": "ه", "ٱ": "ا", "ک": "ك", "ی": "ي", "ς": "σ",
    ]
    private static let dropped: Set<Unicode.Scalar> = ["'", "’", "‘", "ʼ", "ʻ", "`", "´", "ـ", "·"]

    /// The words of `text`, folded. Words are never empty.
    public static func words(_ text: String) -> [String] {
        var folded = ""
        for scalar in text.decomposedStringWithCompatibilityMapping.lowercased()
            .decomposedStringWithCompatibilityMapping.unicodeScalars
        {
            append(scalar, to: &folded)
        }
        return folded.split(separator: " ").map(String.init)
    }

    private static func append(_ scalar: Unicode.Scalar, to folded: inout String) {
        if dropped.contains(scalar) || scalar.properties.isDefaultIgnorableCodePoint { return }
        if let letters = written[scalar] {
            folded += letters
            return
        }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: return
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .spacingMark,
            .decimalNumber, .letterNumber, .otherNumber, .privateUse, .unassigned:
            folded.unicodeScalars.append(scalar)
        default: folded += " "
        }
    }
}

/// What a roster row is searched by: the folded words of its name, number and ticket.
struct SearchKey: Hashable, Sendable {
    private let text: String

    init(_ row: RosterRow) {
        let words = SearchFold.words(
            [row.name.full, row.candidateNumber, row.ticket, row.preferredName].joined(separator: " "))
        text = " " + words.joined(separator: " ") + " "
    }

    /// Whether every folded word of a query occurs, in whatever order.
    func matches(_ words: [String]) -> Bool { words.allSatisfy { text.contains($0) } }
}
