import TerminalCells

/// A small form that asks what an act needs. Every field has a value from the start where one is sensible.
struct DeskForm: Hashable, Sendable {
    enum Purpose: Hashable, Sendable {
        case openDoors, begin([String]), finish([String])
        case goOut(String), comeBack(String)
        case interrupt(String?), resume(DeskInterruption)
        case report(String?), walkIn, close(missing: Int), seal(finished: Int), takeBack(TakeBack)
        /// Nothing to confirm: a sheet to read.
        case receipt
    }

    struct Field: Hashable, Sendable {
        enum Content: Hashable, Sendable {
            case choice([String], Int)
            case text(TextField)
        }

        let label: String
        var content: Content

        static func choice(_ label: String, _ options: [String], _ chosen: Int = 0) -> Field {
            Field(label: label, content: .choice(options, chosen))
        }

        static func text(_ label: String, _ suggested: String = "") -> Field {
            Field(label: label, content: .text(TextField(suggested, isSuggestion: !suggested.isEmpty)))
        }

        var value: String {
            switch content {
            case .choice(let options, let chosen): options[chosen]
            case .text(let field): field.trimmed
            }
        }
    }

    let purpose: Purpose
    let title: String
    let lines: [String]
    var fields: [Field]
    var focus = 0
    /// The request that is being saved.
    var saving: Int?

    init(_ purpose: Purpose, _ title: String, _ lines: [String] = [], _ fields: [Field] = []) {
        self.purpose = purpose
        self.title = title
        self.lines = lines
        self.fields = fields
        // The first thing that has to be typed comes first under the cursor.
        focus = fields.firstIndex { $0.content == .text(TextField()) } ?? 0
    }

    /// Takes a key that changes a field or moves between them.
    mutating func press(_ key: Key) {
        guard fields.indices.contains(focus) else { return }
        switch (key, fields[focus].content) {
        case (.up, _), (.backTab, _): focus = max(focus - 1, 0)
        case (.down, _), (.tab, _): focus = min(focus + 1, fields.count - 1)
        case (.left, .choice(let options, let chosen)):
            fields[focus].content = .choice(options, max(chosen - 1, 0))
        case (.right, .choice(let options, let chosen)):
            fields[focus].content = .choice(options, min(chosen + 1, options.count - 1))
        case (.character(" "), .choice(let options, let chosen)):
            fields[focus].content = .choice(options, (chosen + 1) % options.count)
        case (_, .text(var field)):
            if field.press(key) { fields[focus].content = .text(field) }
        default: break
        }
    }

    private func value(_ index: Int) -> String { fields.indices.contains(index) ? fields[index].value : "" }

    /// What confirming asks for; or the field to go to and what to do there.
    func act() -> (act: DeskAct?, focus: Int, message: String) {
        func number(_ index: Int) -> Int? { DeskModel.points(value(index)) }
        switch purpose {
        case .receipt: return (nil, 0, "")
        case .openDoors: return (.openDoors, 0, "")
        case .begin(let bookings): return (.begin(bookings: bookings), 0, "")
        case .finish(let bookings): return (.finish(bookings: bookings), 0, "")
        case .goOut(let booking): return (.goOut(booking: booking, kind: value(0)), 0, "")
        case .comeBack(let booking):
            if value(0) != "compared again" {
                return (nil, 0, "Compare the document again: nobody comes back in without it.")
            }
            guard let minutes = number(1) else { return (nil, 1, "Minutes are a whole number, 0 for none.") }
            return (.comeBack(booking: booking, minutes: minutes), 0, "")
        case .interrupt(let booking):
            return (.interrupt(cause: value(0), bookings: booking.map { [$0] } ?? []), 0, "")
        case .resume(let stop):
            guard let minutes = number(0) else { return (nil, 0, "Minutes are a whole number, 0 for none.") }
            return (.resume(interruption: stop.id, minutes: minutes), 0, "")
        case .report(let booking):
            if value(2).isEmpty { return (nil, 2, "Say what happened.") }
            return (.report(booking: booking, type: value(0), severity: value(1), narrative: value(2)), 0, "")
        case .walkIn:
            if value(0).isEmpty && value(1).isEmpty { return (nil, 0, "Type the name as the document has it.") }
            if value(2).isEmpty { return (nil, 2, "The date of birth is missing: write it as 1990-02-28.") }
            return (.walkIn(given: value(0), family: value(1), birthDate: value(2)), 0, "")
        case .close: return (.close(reason: value(0)), 0, "")
        case .seal(let finished):
            guard let scripts = number(0) else { return (nil, 0, "Count the scripts and type the number.") }
            if scripts != finished, value(1).isEmpty {
                return (
                    nil, 1,
                    "\(finished) sittings are finished and \(scripts) scripts are here: count again, or say why."
                )
            }
            return (.seal(scripts: scripts, reason: value(1)), 0, "")
        case .takeBack(let work):
            if value(0).isEmpty { return (nil, 0, "Say why it is taken back.") }
            return (.takeBack(work, reason: value(0)), 0, "")
        }
    }

    /// What is said once it is saved.
    var done: String {
        switch purpose {
        case .openDoors: "The doors are open"
        case .begin(let bookings): "The exam has begun, \(bookings.count) with it"
        case .finish(let bookings): "Finished, \(bookings.count) of them"
        case .goOut: "Noted as out"
        case .comeBack: "Noted as back"
        case .interrupt: "Noted: the work has stopped"
        case .resume: "Noted: the work goes on"
        case .report: "The incident is reported"
        case .walkIn: "Registered and booked: find them by name and check them in"
        case .close: "The session is closed"
        case .seal: "The session is sealed"
        case .takeBack(let work): "Taken back: \(work.words)"
        case .receipt: ""
        }
    }
}

extension DeskForm.Purpose {
    /// Whether only one person is concerned, whose row comes back with the answer.
    var isAboutOnePerson: Bool {
        switch self {
        case .goOut, .comeBack, .takeBack: true
        default: false
        }
    }
}
