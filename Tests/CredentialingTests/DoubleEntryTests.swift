import Credentialing
import HybridTime
import Merging
import Testing

@Suite("Double entry")
struct DoubleEntryTests {
    private func entry(
        _ number: UInt32, _ role: ScoreRole, _ raw: Int64?, by person: String, supersedes: RecordName? = nil
    ) -> RecordView {
        var values: [Value] = []
        for field in ScoreEntry.kind.fields {
            let value: Value =
                switch field {
                case ScoreEntry.role: .text(role.rawValue)
                case ScoreEntry.raw: raw.map(Value.integer) ?? .null
                case ScoreEntry.enteredBy: .text(person)
                case ScoreEntry.supersedes: supersedes.map(Value.reference) ?? .null
                default: .null
                }
            values.append(value)
        }
        return RecordView(name: name(number), document: name(99), kind: ScoreEntry.kind, values: values)
    }

    private func name(_ number: UInt32) -> RecordName { RecordName(ReplicaID(5), number, 1) }

    private func outcome(_ entries: [RecordView]) -> DoubleEntry.Outcome {
        let result = DoubleEntry(entries)
        #expect(DoubleEntry(entries.reversed()) == result, "the order of entries does not matter")
        return result.outcome
    }

    @Test("One entry waits for the second, and two equal ones by two people agree")
    func agree() {
        #expect(outcome([]) == .pending(keyed: 0))
        #expect(outcome([entry(1, .first, 85, by: "a")]) == .pending(keyed: 1))
        #expect(outcome([entry(1, .first, 85, by: "a"), entry(2, .second, 85, by: "b")]) == .agreed(raw: 85))
    }

    @Test("Two different entries need a third person, whose entry decides")
    func differ() {
        let two = [entry(1, .first, 85, by: "a"), entry(2, .second, 58, by: "b")]
        #expect(outcome(two) == .needsAdjudication([name(1), name(2)]))
        #expect(outcome(two + [entry(3, .adjudicator, 58, by: "c")]) == .agreed(raw: 58))
    }

    @Test("Whoever keyed cannot adjudicate")
    func ownAdjudication() {
        let entries = [
            entry(1, .first, 85, by: "a"), entry(2, .second, 58, by: "b"), entry(3, .adjudicator, 85, by: "a"),
        ]
        #expect(outcome(entries) == .needsAdjudication([name(1), name(2)]))
        #expect(DoubleEntry(entries).repeated == [name(3)])
    }

    @Test("Adjudicators who differ leave it disputed")
    func disputed() {
        let entries = [
            entry(1, .first, 85, by: "a"), entry(2, .second, 58, by: "b"), entry(3, .adjudicator, 85, by: "c"),
            entry(4, .adjudicator, 58, by: "d"),
        ]
        #expect(outcome(entries) == .disputed([name(3), name(4)]))
    }

    @Test("The second entry of one person does not count, whichever came first by name")
    func samePerson() {
        let entries = [entry(1, .second, 85, by: "a"), entry(2, .first, 85, by: "a")]
        #expect(outcome(entries) == .pending(keyed: 1))
        #expect(DoubleEntry(entries).counted == [name(2)])
        #expect(DoubleEntry(entries).repeated == [name(1)])
    }

    @Test("A corrected entry counts instead of the one that it supersedes, and a withdrawal leaves none")
    func superseded() {
        let two = [entry(1, .first, 58, by: "a"), entry(2, .second, 85, by: "b")]
        #expect(outcome(two + [entry(3, .first, 85, by: "a", supersedes: name(1))]) == .agreed(raw: 85))
        #expect(outcome(two + [entry(3, .first, nil, by: "a", supersedes: name(1))]) == .pending(keyed: 1))
    }

    @Test("Nobody takes back another person's entry")
    func foreignSuperseding() {
        let entries = [
            entry(1, .first, 58, by: "a"), entry(2, .second, 85, by: "b", supersedes: name(1)),
        ]
        #expect(outcome(entries) == .needsAdjudication([name(1), name(2)]))
    }

    @Test("The scores of a void sitting come to nothing")
    func void() {
        let two = [entry(1, .first, 85, by: "a"), entry(2, .second, 85, by: "b")]
        #expect(DoubleEntry(two, isVoid: true).outcome == .void)
    }
}
