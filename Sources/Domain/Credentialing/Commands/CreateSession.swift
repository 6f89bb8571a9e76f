import ChangeSets
import Merging

/// Plans a session: one component, at one site, at one time.
public struct CreateSession: Command {
    public static let intent: Text = "create-session"

    public var site: RecordName
    public var component: RecordName
    /// Milliseconds since 1970.
    public var startTime: Int64
    public var externalKey: String?

    public init(site: RecordName, component: RecordName, startTime: Int64, externalKey: String? = nil) {
        self.site = site
        self.component = component
        self.startTime = startTime
        self.externalKey = externalKey
    }

    public func drafts(
        reading: some RecordReading, actor: ActorIdentity, now: Int64
    ) throws(CommandRefusal) -> [Draft] {
        let look = Lookup(reading)
        let site = try look.get(site, Site.kind, "site")
        let component = try look.get(component, Component.kind, "component")
        let version = try component.reference(Component.schemeVersion).flatMap { name throws(CommandRefusal) in
            try look.find(name, SchemeVersion.kind)
        }
        let external = try Checks.optional(externalKey, "external key")
        try look.checkUnused(external, ExamSession.kind, ExamSession.externalKey, "external key")
        var session = RecordBuilder(.pending(ordinal: 0), ExamSession.kind)
        session.add(ExamSession.scopes, site.elements(Site.scopes))
        session.set(ExamSession.externalKey, external)
        session.set(ExamSession.site, site.name)
        session.set(ExamSession.component, component.name)
        session.set(ExamSession.startTime, startTime)
        session.set(ExamSession.durationMinutes, component.integer(Component.durationMinutes))
        session.set(ExamSession.state, SessionState.planned)
        session.set(ExamSession.lateMinutes, version?.integer(SchemeVersion.lateMinutes) ?? 0)
        return [
            Draft(
                .new, documentKind: CredentialingSchema.session.tag, actor: actor.text, intent: Self.intent,
                changes: [session.change])
        ]
    }
}
