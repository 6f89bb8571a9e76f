/// Candidate numbers: base-32 digits without letters that look like digits, and a check symbol that finds every single
/// wrong character and every swap of two neighbours (Douglas Crockford, "Base 32": the number modulo 37).
///
/// Numbers come from blocks that headquarters leases to replicas, so that none is given twice.
public enum CandidateNumber {
    private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".unicodeScalars)
    private static let checks = digits + Array("*~$=U".unicodeScalars)
    /// Digits before the check symbol: a thousand million people.
    public static let digitsMinimum = 6
    /// More would not fit the arithmetic.
    public static let digitsMaximum = 12

    /// The printed form of a number of a block: at least six digits and the check symbol.
    public static func text(_ number: UInt64) -> String {
        var rest = number
        var scalars: [Unicode.Scalar] = []
        while rest > 0 || scalars.count < digitsMinimum {
            scalars.append(digits[Int(rest % 32)])
            rest /= 32
        }
        var text = String.UnicodeScalarView(scalars.reversed())
        text.append(checks[Int(number % 37)])
        return String(text)
    }

    /// The number that somebody typed: case does not matter, hyphens and blanks are passed over, and I, L and O are read as
    /// 1, 1 and 0.
    /// - Returns: nil where the check symbol does not fit, or it is no candidate number at all.
    public static func number(_ typed: String) -> UInt64? {
        let scalars = typed.unicodeScalars.filter { $0 != "-" && $0 != " " }.map(canonical)
        guard let check = scalars.last, let expected = checks.firstIndex(of: check),
            (digitsMinimum...digitsMaximum).contains(scalars.count - 1)
        else { return nil }
        var number: UInt64 = 0
        for scalar in scalars.dropLast() {
            guard let digit = digits.firstIndex(of: scalar) else { return nil }
            number = number * 32 + UInt64(digit)
        }
        return number % 37 == UInt64(expected) ? number : nil
    }

    private static func canonical(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let upper = ("a"..."z").contains(scalar) ? Unicode.Scalar(UInt8(scalar.value) - 32) : scalar
        return switch upper {
        case "I", "L": "1"
        case "O": "0"
        default: upper
        }
    }
}
