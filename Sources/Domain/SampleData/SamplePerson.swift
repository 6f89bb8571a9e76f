/// A made-up person who follows from a number: the same number gives the same person in every process for ever.
///
/// Nobody is meant by one. The telephone numbers lie in ranges kept for fiction (Ofcom's +44 7700 900xxx, the North
/// American 555-01xx), the mail addresses under example.org (RFC 2606).
public struct SamplePerson: Equatable, Sendable {
    /// The given and the family name, each in its own script.
    public let given: String
    public let family: String
    /// The script after ISO 15924; `Zyyy` where the given and the family name are of different scripts.
    public let script: String
    /// The language after BCP 47.
    public let language: String
    public let birthDate: CivilDate
    /// The telephone number after E.164.
    public let phone: String
    public let email: String

    /// The person of a number. People of one seed differ in their mail address; names repeat, as they do in life.
    public static func make(number: UInt64, seed: UInt64 = 0) -> SamplePerson {
        var random = SplitMix64(seed: SplitMix64.mixed(seed) ^ number)
        let list = random.pick(NameList.all)
        let isMixed = random.below(12) == 0
        let familyList = isMixed ? random.pick(NameList.all) : list
        let given = random.pick(list.given)
        let family = random.pick(familyList.family)
        let days = oldestBirthDay + random.below(birthDays)
        let suffix = random.below(1_000)
        return SamplePerson(
            given: given, family: family, script: familyList.script == list.script ? list.script : "Zyyy",
            language: list.language, birthDate: CivilDate(daysSince1970: days) ?? .epoch,
            phone: random.below(2) == 0 ? "+447700900" + padded(suffix, 3) : "+1202555" + padded(100 + suffix % 100, 4),
            email: "candidate.\(number)@example.org")
    }

    /// 1948-01-01 and the days up to 2005-12-31: grown-ups at every exam of this system.
    private static let oldestBirthDay = -8_036
    private static let birthDays = 21_185
}
