import Credentialing
import HybridTime
import Merging
import Tabular

/// Schemes with their components, and the sessions of these.
extension Importer {
    /// What a scheme has where the file does not say.
    private enum Standard {
        static let components = ["exam"]
        static let duration: Int64 = 180
        static let lateMinutes: Int64 = 30
        static let rawMaximum: Int64 = 100
    }

    func takeScheme(_ row: ImportRow) throws -> Outcome {
        let key = try row.checkedKey()
        let code = try row.line(.code, "code of the scheme") ?? key
        guard let known = try scheme(key) else {
            guard try find(Scheme.kind, Scheme.code, code) == nil else {
                throw RowRefusal("already-there", "the scheme code \(RowRefusal.quoted(code)) is taken; use its key")
            }
            try makeScheme(row, key: key, code: code)
            return .made
        }
        guard let view = try written(known.name, Scheme.kind) else { return .same }
        if row[.code] != nil, view[Scheme.code] != .text(code) { throw RowRefusal.fixed("scheme", key, "code") }
        if let kind = row.text(.kind), view[Scheme.schemeKind] != .text(kind) {
            throw RowRefusal.fixed("scheme", key, "kind")
        }
        let wanted = Set(row.words(.components).map { Text($0) })
        if !wanted.isEmpty, wanted != Set(known.components.map(\.code)) {
            throw RowRefusal.fixed("scheme", key, "list of components")
        }
        var record = RecordWrites(known.name, Scheme.kind)
        record.update(Scheme.title, row[.title], view)
        guard !record.isEmpty else { return .same }
        batch.amend(record.change, in: known.name, CredentialingSchema.scheme)
        return .changed
    }

    private func makeScheme(_ row: ImportRow, key: String, code: String) throws {
        let title = try row.line(.title, "title")
        let duration = row.integer(.duration) ?? Standard.duration
        let late = row.integer(.lateMinutes) ?? Standard.lateMinutes
        let maximum = row.integer(.rawMaximum) ?? Standard.rawMaximum
        guard (1...100_000).contains(duration), (0...100_000).contains(late), maximum >= 0 else {
            throw RowRefusal("wrong-value", "the scheme's minutes or greatest score cannot be; correct them")
        }
        let words = row.words(.components)
        let codes = words.isEmpty ? Standard.components : words
        guard codes.count <= 500, Set(codes.map { Text($0) }).count == codes.count else {
            throw RowRefusal("already-there", "two components have one code; give each its own")
        }
        let name = batch.makeDocument(CredentialingSchema.scheme)
        var scheme = RecordWrites(name, Scheme.kind)
        scheme.add(Scheme.scopes, [ScopeName.common])
        scheme.set(Scheme.code, code)
        scheme.set(Scheme.externalKey, key)
        scheme.set(Scheme.title, title ?? code)
        scheme.set(Scheme.schemeKind, row.text(.kind) ?? SchemeKind.certification.rawValue)
        batch.add(scheme.change, to: name, CredentialingSchema.scheme)
        let versionName = batch.makeName(in: name, CredentialingSchema.scheme)
        var version = RecordWrites(versionName, SchemeVersion.kind)
        version.set(SchemeVersion.number, row.text(.version).flatMap { Int64($0) } ?? 1)
        version.set(SchemeVersion.state, word: VersionState.published)
        version.set(SchemeVersion.lateMinutes, late)
        version.put(SchemeVersion.walkInAllowed, .integer(0))
        batch.add(version.change, to: name, CredentialingSchema.scheme)
        var components: [KnownComponent] = []
        for code in codes {
            let componentName = batch.makeName(in: name, CredentialingSchema.scheme)
            var component = RecordWrites(componentName, Component.kind)
            component.set(Component.schemeVersion, versionName)
            component.set(Component.code, code)
            component.set(Component.title, code)
            component.set(Component.rawMinimum, 0)
            component.set(Component.rawMaximum, maximum)
            component.set(Component.durationMinutes, duration)
            batch.add(component.change, to: name, CredentialingSchema.scheme)
            components.append(
                KnownComponent(name: componentName, code: Text(code), minimum: 0, maximum: maximum, duration: duration))
        }
        schemes[Text(key)] = KnownScheme(name, lateMinutes: late, components: components)
    }

    /// The scheme with a key, or else with that code.
    private func scheme(_ key: String) throws -> KnownScheme? {
        if let known = schemes[Text(key)] { return known }
        guard
            let view = try find(Scheme.kind, Scheme.externalKey, key) ?? find(Scheme.kind, Scheme.code, key)
        else { return nil }
        let version = try list(view.name, SchemeVersion.kind).last
        let components = try list(view.name, Component.kind)
            .filter { $0.reference(Component.schemeVersion) == version?.name }.map(Importer.component)
        let known = KnownScheme(
            view.name, lateMinutes: version?.integer(SchemeVersion.lateMinutes) ?? 0, components: components)
        schemes[Text(key)] = known
        return known
    }

    private static func component(_ view: RecordView) -> KnownComponent {
        KnownComponent(
            name: view.name, code: Text(view.text(Component.code) ?? ""),
            minimum: view.integer(Component.rawMinimum) ?? 0, maximum: view.integer(Component.rawMaximum) ?? .max,
            duration: view.integer(Component.durationMinutes) ?? 0)
    }

    // MARK: Sessions

    func session(_ key: String) throws -> KnownSession? {
        if let known = sessions[Text(key)] { return known }
        guard let view = try find(ExamSession.kind, ExamSession.externalKey, key) else { return nil }
        let known = try remember(view)
        sessions[Text(key)] = known
        return known
    }

    func session(named name: RecordName) throws -> KnownSession? {
        if let known = sessionsByName[name] { return known }
        return try find(name, ExamSession.kind).map(remember)
    }

    private func remember(_ view: RecordView) throws -> KnownSession {
        let component = try view.reference(ExamSession.component).flatMap { try find($0, Component.kind) }
        let state = view.word(ExamSession.state, as: SessionState.self) ?? .planned
        let known = KnownSession(
            name: view.name, site: view.reference(ExamSession.site) ?? view.name,
            scopes: view.elements(ExamSession.scopes).map { Text($0) },
            component: component.map(Importer.component)
                ?? KnownComponent(name: view.name, code: "", minimum: 0, maximum: .max, duration: 0),
            start: view.integer(ExamSession.startTime) ?? 0, isClosed: state == .closed || state == .sealed)
        sessionsByName[view.name] = known
        return known
    }

    func takeSession(_ row: ImportRow) throws -> Outcome {
        let key = try row.checkedKey()
        let code = try row.required(.site, "site")
        let schemeKey = try row.required(.scheme, "scheme")
        guard let start = row.integer(.start) else { throw RowRefusal.missing("start") }
        guard let scheme = try scheme(schemeKey) else {
            throw RowRefusal.unknown("scheme", schemeKey, "import the schemes first")
        }
        let wanted = row.text(.component).map { Text($0) }
        guard let component = scheme.components.first(where: { wanted == nil || $0.code == wanted }) else {
            throw RowRefusal.unknown("component", wanted?.string ?? "", "add it to the scheme's components")
        }
        let region = try row.line(.region, "region")
        let room = try row.line(.room, "room")
        let there = try session(key)
        let known = try site(code) ?? makeSite(code, title: nil, region: region)
        let furnished = try room.flatMap { try furnish(known, $0, seats: row.integer(.seats)) }
        if let there {
            if there.site != known.name { throw RowRefusal.fixed("session", key, "site") }
            if there.component.name != component.name { throw RowRefusal.fixed("session", key, "component") }
            if there.start != start { throw RowRefusal.fixed("session", key, "start") }
            return furnished == nil ? .same : .changed
        }
        let name = batch.makeDocument(CredentialingSchema.session)
        var record = RecordWrites(name, ExamSession.kind)
        record.add(ExamSession.scopes, known.scopes.map(\.string))
        record.set(ExamSession.externalKey, key)
        record.set(ExamSession.site, known.name)
        record.set(ExamSession.component, component.name)
        record.set(ExamSession.startTime, start)
        record.set(ExamSession.durationMinutes, component.duration)
        record.set(ExamSession.state, word: SessionState.planned)
        record.set(ExamSession.lateMinutes, scheme.lateMinutes)
        batch.add(record.change, to: name, CredentialingSchema.session)
        let session = KnownSession(
            name: name, site: known.name, scopes: known.scopes, component: component, start: start, isClosed: false)
        sessions[Text(key)] = session
        sessionsByName[name] = session
        return .made
    }
}
