import Merging

/// A legal name, shown in the order that its script asks for.
public struct DisplayName: Hashable, Sendable, CustomStringConvertible {
    public let given: String
    public let family: String
    /// An ISO 15924 code; empty counts as `Latn`.
    public let script: String

    public init(given: String, family: String, script: String) {
        self.given = given
        self.family = family
        self.script = script
    }

    /// The name of a person's record.
    public init(_ person: RecordView) {
        self.init(
            given: person.text(Person.givenName) ?? "", family: person.text(Person.familyName) ?? "",
            script: person.text(Person.script) ?? "")
    }

    /// Chinese, Japanese and Korean names stand family first and unspaced. Hungarian and Vietnamese ones do, too, but in
    /// Latin script, which does not tell: people there are addressed by ``Person/preferredName``.
    private static let familyFirst: Set<String> = [
        "Hani", "Hans", "Hant", "Jpan", "Hrkt", "Hira", "Kana", "Kore", "Hang",
    ]

    public var description: String {
        let familyFirst = DisplayName.familyFirst.contains(script)
        return (familyFirst ? [family, given] : [given, family]).filter { !$0.isEmpty }
            .joined(separator: familyFirst ? "" : " ")
    }

    /// For lists: the family name, a comma and the given name; family first scripts as they are.
    public var sorted: String {
        if family.isEmpty || given.isEmpty || DisplayName.familyFirst.contains(script) { return description }
        return "\(family), \(given)"
    }
}
