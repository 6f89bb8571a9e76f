import Merging

/// Folds names so that the same person's are found again: letter case, diacritics, hyphens and the order of the parts do
/// not matter.
///
/// The standard library decomposes no letters in public, so a Latin letter's base is read from its Unicode name
/// (`LATIN SMALL LETTER O WITH STROKE` is an o), which reaches further than canonical decomposition does. Of the other
/// scripts only the common letters with marks are folded, by a table; the rest is lower-cased and loses its combining marks.
/// It never changes what is shown: folded names are only compared.
public enum NameFolding {
    /// The folded words of a whole name, ascending, with one space between them.
    public static func key(given: String?, family: String?) -> String {
        (words(of: given ?? "") + words(of: family ?? "")).sorted(by: Self.precedes).joined(separator: " ")
    }

    /// Longer keys are near only where they are equal.
    public static let comparedBytesMax = 1_024

    /// Whether two keys may well be of one person: equal, one slip apart (two in long names), or one a part of the other,
    /// as where a middle name is left out.
    public static func isNear(_ left: String, _ right: String) -> Bool {
        if left == right { return !left.isEmpty }
        // Names come from other replicas, and what follows takes the product of their lengths.
        guard max(left.utf8.count, right.utf8.count) <= comparedBytesMax else { return false }
        let (a, b) = (left.split(separator: " "), right.split(separator: " "))
        let (fewer, more) = a.count <= b.count ? (a, b) : (b, a)
        // As many words with one repeated would be a part of the other on one side only.
        if fewer.count >= 2, fewer.count < more.count, fewer.allSatisfy(more.contains) { return true }
        let slips = min(left.count, right.count) >= 12 ? 2 : 1
        return min(left.count, right.count) >= 5
            && isWithin(slips, Array(left.unicodeScalars), Array(right.unicodeScalars))
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in name.unicodeScalars {
            // An apostrophe stands inside a word, as in O'Brien; whatever else is no letter parts two.
            if apostrophes.contains(scalar) || isMark(scalar) { continue }
            if scalar.properties.isAlphabetic || scalar.properties.numericType != nil {
                word += folded(scalar)
            } else if !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    private static let apostrophes: Set<Unicode.Scalar> = ["'", "\u{2019}", "\u{02BC}", "`", "\u{00B4}"]

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: false
        }
    }

    private static func folded(_ scalar: Unicode.Scalar) -> String {
        var result = ""
        for lower in scalar.properties.lowercaseMapping.unicodeScalars where !isMark(lower) {
            result += base(of: lower)
        }
        return result
    }

    private static let letter = "LATIN SMALL LETTER "
    private static let ligature = "LATIN SMALL LIGATURE "
    private static let latin: [String: String] = [
        "SHARP S": "ss", "AE": "ae", "OE": "oe", "THORN": "th", "ETH": "d", "DOTLESS I": "i", "ENG": "n", "KRA": "k",
        "SCHWA": "e", "OPEN E": "e", "OPEN O": "o", "LONG S": "s", "IJ": "ij", "FF": "ff", "FI": "fi", "FL": "fl",
    ]
    private static let otherScripts: [Unicode.Scalar: String] = [
        "й": "и", "ё": "е", "ї": "і", "ў": "у", "ѓ": "г", "ќ": "к",
        "ά": "α", "έ": "ε", "ή": "η", "ί": "ι", "ϊ": "ι", "ΐ": "ι", "ό": "ο", "ύ": "υ", "ϋ": "υ", "ΰ": "υ", "ώ": "ω",
        "ς": "σ", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه",
    ]

    private static func base(of scalar: Unicode.Scalar) -> String {
        if scalar.isASCII { return String(scalar) }
        if let known = otherScripts[scalar] { return known }
        guard let name = scalar.properties.name else { return String(scalar) }
        let prefix = name.hasPrefix(letter) ? letter : name.hasPrefix(ligature) ? ligature : nil
        guard let prefix else { return String(scalar) }
        var words = name.dropFirst(prefix.count).split(separator: " ")
        if let with = words.firstIndex(of: "WITH") { words.removeSubrange(with...) }
        let stem = words.joined(separator: " ")
        if let known = latin[stem] { return known }
        return stem.count == 1 ? stem.lowercased() : String(scalar)
    }

    /// Whether so few slips (a letter more, less, other, or two swapped) lead from one to the other: optimal string
    /// alignment, O(n·m), on names of a few dozen letters.
    private static func isWithin(_ slips: Int, _ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Bool {
        guard abs(left.count - right.count) <= slips else { return false }
        var before: [Int] = []
        var above = Array(0...right.count)
        for i in 1...max(left.count, 1) where i <= left.count {
            var row = [i]
            for j in 1...max(right.count, 1) where j <= right.count {
                let same = left[i - 1] == right[j - 1]
                var least = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1))
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    least = min(least, before[j - 2] + 1)
                }
                row.append(least)
            }
            before = above
            above = row
        }
        return (above.last ?? slips) <= slips
    }
}
