import ChangeSets
import HybridTime
import Merging
import SyncTestSupport

/// One piece of work of a person at a desk, as drafts: what the domain's commands make, over ``ExamSchema``.
struct Workload {
    let node: Node
    let ledger: Ledger
    let home: [RecordName]
    let foreignEdits: Int
    let time: Int64
    /// Nil where everyone has everything.
    let plan: ScopePlan?
    var random: SeededRandom

    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    /// - Returns: nil where there is nothing to do it with.
    mutating func drafts() -> [Draft]? {
        if let plan, below(100) < 25, let placed = place(plan) { return placed }
        switch below(100) {
        case 0..<16: return register()
        case 16..<44: return checkIn()
        case 44..<58: return change(contact())
        case 58..<68: return change([Write(ExamSchema.name.tag, text("name"))])
        case 68..<74: return change([Write(ExamSchema.hold.tag, .text(ExamSchema.ranks[below(3)]))])
        case 74..<80: return change([Write(ExamSchema.seat.tag, .integer(Int64(below(4))))])
        case 80..<85: return openForm()
        case 85..<90: return session()
        case 90..<95: return group()
        default: return matter()
        }
    }

    private mutating func text(_ word: String) -> Value { .text("\(word) \(below(5))") }

    func draft(
        _ target: Draft.Target, _ kind: DocumentKind, _ intent: String, seen: Context? = nil, _ changes: [RecordChange]
    ) -> Draft {
        Draft(
            target, documentKind: kind.tag, actor: Text("person \(node.number)"), intent: Text(intent), seen: seen,
            changes: changes)
    }

    /// Somebody whose dossier is here, mostly one of the site's own.
    private mutating func person() -> RecordName? {
        for _ in 0..<4 {
            let from = below(100) < foreignEdits || home.isEmpty ? ledger.people : home
            guard !from.isEmpty else { return nil }
            let name = from[below(from.count)]
            if !node.store.context(of: name).isEmpty { return name }
        }
        return nil
    }

    private mutating func register() -> [Draft]? {
        var writes = [
            Write(ExamSchema.name.tag, text("name")), Write(ExamSchema.phone.tag, text("phone")),
            Write(ExamSchema.hold.tag, .text("none")), Write(ExamSchema.born.tag, .text("2001-0\(1 + below(9))-11")),
            Write(ExamSchema.isActive.tag, .integer(1)),
        ]
        if below(2) == 0 { writes.insert(Write(ExamSchema.emails.tag, text("mail"), .add), at: 3) }
        writes = birth() + writes
        return [
            draft(
                .new, ExamSchema.dossierDocument, "register",
                [RecordChange(.pending(ordinal: 0), kind: ExamSchema.person.tag, writes)])
        ]
    }

    private mutating func checkIn() -> [Draft]? {
        guard let person = person() else { return register() }
        return [
            draft(
                .document(person), ExamSchema.dossierDocument, "check-in",
                [
                    RecordChange(
                        person, kind: ExamSchema.person.tag, [Write(ExamSchema.seat.tag, .integer(Int64(below(9))))]),
                    RecordChange(
                        .pending(ordinal: 1), kind: ExamSchema.checkIn.tag,
                        [
                            Write(ExamSchema.at.tag, .integer(time)), Write(ExamSchema.room.tag, text("room")),
                            Write(ExamSchema.by.tag, .reference(person)),
                        ]),
                ])
        ]
    }

    private mutating func contact() -> [Write] {
        var writes = [Write(ExamSchema.phone.tag, text("phone"))]
        let isAdded = below(3) > 0
        writes.append(Write(ExamSchema.emails.tag, text("mail"), isAdded ? .add : .remove))
        if below(4) == 0 { writes.append(Write(ExamSchema.note.tag, below(3) == 0 ? .null : text("note"))) }
        return writes
    }

    /// Changes a person, sometimes from a form that was opened a while ago.
    private mutating func change(_ writes: [Write]) -> [Draft]? {
        var seen: Context?
        var target: RecordName?
        if !node.forms.isEmpty, below(2) == 0 {
            let form = node.forms.removeFirst()
            // It may have left this replica's scopes meanwhile: nothing is saved then.
            guard plan == nil || !node.store.context(of: form.document).isEmpty else { return nil }
            (target, seen) = (form.document, form.context)
        }
        guard let person = target ?? person() else { return register() }
        return [
            draft(
                .document(person), ExamSchema.dossierDocument, "amend", seen: seen,
                [RecordChange(person, kind: ExamSchema.person.tag, writes)])
        ]
    }

    private mutating func openForm() -> [Draft]? {
        if let person = person() { node.forms.append((person, node.store.context(of: person))) }
        return checkIn()
    }

    private mutating func session() -> [Draft]? {
        let known = ledger.sessions.suffix(6).filter { !node.store.context(of: $0).isEmpty }
        guard !known.isEmpty, below(4) > 0 else {
            return [
                draft(
                    .new, ExamSchema.sessionDocument, "open-session",
                    [
                        RecordChange(
                            .pending(ordinal: 0), kind: ExamSchema.session.tag,
                            birth() + [
                                Write(ExamSchema.state.tag, .text("planned")),
                                Write(ExamSchema.title.tag, text("title")),
                                Write(ExamSchema.proctors.tag, text("proctor"), .add),
                            ])
                    ])
            ]
        }
        let session = known[below(known.count)]
        return [
            draft(
                .document(session), ExamSchema.sessionDocument, "advance",
                [
                    RecordChange(
                        session, kind: ExamSchema.session.tag,
                        [
                            Write(ExamSchema.state.tag, .text(ExamSchema.states[below(5)])),
                            Write(ExamSchema.proctors.tag, text("proctor"), below(2) == 0 ? .add : .remove),
                        ])
                ])
        ]
    }

    /// Two people swap seats and a new session takes them both: several documents, one group.
    private mutating func group() -> [Draft]? {
        guard let first = person(), let second = person(), first != second else { return session() }
        let made = draft(
            .new, ExamSchema.sessionDocument, "swap",
            [
                RecordChange(
                    .pending(ordinal: 0), kind: ExamSchema.session.tag,
                    birth() + [Write(ExamSchema.state.tag, .text("open")), Write(ExamSchema.title.tag, text("title"))])
            ])
        let others = [first, second].map { person in
            draft(
                .document(person), ExamSchema.dossierDocument, "swap",
                [
                    RecordChange(
                        person, kind: ExamSchema.person.tag,
                        [Write(ExamSchema.sitting.tag, .reference(.pending(draft: 0, ordinal: 0)))])
                ])
        }
        return [made] + others
    }

    /// A case that every replica names alike: whoever decides first makes it, and two may.
    private mutating func matter() -> [Draft]? {
        let name = RecordName(hash: 0x77_0000 + UInt64(below(6)))
        var writes = birth() + [Write(ExamSchema.decision.tag, text("decision"))]
        if let person = person() { writes.append(Write(ExamSchema.members.tag, .reference(person), .add)) }
        return [
            draft(
                .document(name), ExamSchema.matterDocument, "decide",
                [RecordChange(name, kind: ExamSchema.matter.tag, writes)])
        ]
    }
}
