import ChangeSets
import Merging

/// Sets up a scheme with its first version and that version's components.
public struct CreateScheme: Command {
    public static let intent: Text = "create-scheme"

    /// A part that is sat and scored by itself.
    public struct ComponentPlan: Hashable, Sendable {
        public var code: String
        public var title: String
        /// Every raw score that is possible.
        public var range: ClosedRange<Int64>
        public var durationMinutes: Int64

        public init(code: String, title: String, range: ClosedRange<Int64>, durationMinutes: Int64) {
            self.code = code
            self.title = title
            self.range = range
            self.durationMinutes = durationMinutes
        }
    }

    public var code: String
    public var title: String
    public var schemeKind = SchemeKind.certification
    public var externalKey: String?
    public var lateMinutes: Int64 = 30
    public var walkInAllowed = false
    public var components: [ComponentPlan]
    public var scopes = [ScopeName.common]

    public init(code: String, title: String, components: [ComponentPlan]) {
        self.code = code
        self.title = title
        self.components = components
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let code = try Checks.required(code, "code of the scheme")
        let external = try Checks.optional(externalKey, "external key")
        try look.checkUnused(code, Scheme.kind, Scheme.code, "code")
        try look.checkUnused(external, Scheme.kind, Scheme.externalKey, "external key")
        guard !components.isEmpty else {
            throw CommandRefusal(.missing, "The scheme has no component: add what people sit.")
        }
        guard Set(components.map { Text($0.code) }).count == components.count else {
            throw CommandRefusal(.alreadyThere, "Two components have the same code: give each its own.")
        }
        var scheme = RecordBuilder(.pending(ordinal: 0), Scheme.kind)
        scheme.add(Scheme.scopes, scopes)
        scheme.set(Scheme.code, code)
        scheme.set(Scheme.externalKey, external)
        scheme.set(Scheme.title, try Checks.required(title, "title"))
        scheme.set(Scheme.schemeKind, schemeKind)
        var version = RecordBuilder(.pending(ordinal: 1), SchemeVersion.kind)
        version.set(SchemeVersion.number, 1)
        version.set(SchemeVersion.state, VersionState.published)
        version.set(SchemeVersion.lateMinutes, lateMinutes)
        version.set(SchemeVersion.walkInAllowed, walkInAllowed)
        var changes = [scheme.change, version.change]
        for (index, plan) in components.enumerated() {
            guard plan.durationMinutes > 0 else {
                throw CommandRefusal(.missing, "Component \(plan.code) has no duration: give it in minutes.")
            }
            var component = RecordBuilder(.pending(ordinal: UInt16(index + 2)), Component.kind)
            component.set(Component.schemeVersion, .pending(ordinal: 1))
            component.set(Component.code, try Checks.required(plan.code, "code of the component"))
            component.set(Component.title, try Checks.required(plan.title, "title of the component"))
            component.set(Component.rawMinimum, plan.range.lowerBound)
            component.set(Component.rawMaximum, plan.range.upperBound)
            component.set(Component.durationMinutes, plan.durationMinutes)
            changes.append(component.change)
        }
        return [
            Draft(
                .new, documentKind: CredentialingSchema.scheme.tag, actor: actor.text, intent: Self.intent,
                changes: changes)
        ]
    }
}
