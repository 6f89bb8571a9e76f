import ByteCoding
import HybridTime

/// The comparison of digests at rest: after the push and the pull, where the welcome said that the two sides do not hold
/// the same, differing ranges are narrowed down to documents, their states fetched and put right.
struct CompareSide: Sendable {
    enum Step: Hashable {
        case idle
        /// The own digest of a whole scope is being read.
        case beginning
        case asked
        case judging
        case fetching([DocumentKey])
    }

    var isHub = false
    /// The scopes that are to be compared, by their place among those pulled.
    var due: [Int] = []
    var step = Step.idle
    /// Ranges that are still too wide.
    var ranges: [RangeDigest] = []
    /// What the compare under way asked about.
    var asked: [KeyRange] = []
    /// Where the feed stood when the comparison began: what differs says something only while it stands there.
    var position: FeedPosition = 0
    var wanted: [DocumentKey] = []
    var onlyHere: [DocumentKey] = []
    /// Something was pushed, or documents were granted or revoked, since the store was asked what it wants: what could not
    /// be settled before may be settled now.
    var isWantedDue = false
    var isLoadingWanted = false

    var isDone: Bool { due.isEmpty && step == .idle && wanted.isEmpty && onlyHere.isEmpty && !isLoadingWanted }
}

extension ReplicaSession {
    /// Takes the next step of the comparison; called when nothing else is under way.
    mutating func advanceCompare() {
        guard compare.step == .idle else { return }
        guard let index = compare.due.first else { return fetchNext() }
        guard pull.scopes[index].progress != .dropped else {
            compare.due.removeFirst()
            compare.ranges = []
            compare.onlyHere = []
            return advanceCompare()
        }
        if !compare.ranges.isEmpty { return ask(index) }
        compare.step = .beginning
        compare.position = pull.scopes[index].position
        actions.append(.load(.scopeDigest(pull.scopes[index].name)))
    }

    mutating func scopeDigestLoaded(_ digest: Digest256) {
        precondition(compare.step == .beginning, "no digest was asked for")
        compare.step = .idle
        compare.ranges = [RangeDigest(.all, digest)]
        advanceCompare()
    }

    private mutating func ask(_ index: Int) {
        let some = Array(compare.ranges.prefix(SyncLimits.compareRangesMax))
        compare.ranges.removeFirst(some.count)
        compare.step = .asked
        compare.asked = some.map(\.range)
        send(.compare(scope: pull.scopes[index].name, ranges: some))
    }

    mutating func differencesCame(_ name: ScopeName, _ position: FeedPosition, _ parts: [ComparedPart]) {
        guard compare.step == .asked, let index = compare.due.first, pull.scopes[index].name == name,
            parts.allSatisfy({ part in compare.asked.contains { $0.contains(part.range) } })
        else { return refuseUnexpected("differences") }
        // Somebody wrote meanwhile: what differs then says nothing, and the next session looks again.
        guard position == compare.position, isQuiet(index) else { return abandonCompare() }
        guard !parts.isEmpty else {
            compare.step = .idle
            return narrowed(index)
        }
        compare.step = .judging
        actions.append(.load(.findings(name, parts)))
    }

    /// Whether nothing came and nothing went since the comparison began.
    private func isQuiet(_ index: Int) -> Bool {
        pull.scopes[index].position == compare.position && push.isIdle && !push.isDue
    }

    mutating func findingsLoaded(_ findings: ComparedFindings) {
        precondition(compare.step == .judging && !compare.due.isEmpty, "no findings were asked for")
        // An entry that came while they were looked up may be just what the hub seemed to lack.
        guard isQuiet(compare.due[0]) else { return abandonCompare() }
        compare.step = .idle
        compare.ranges += findings.ranges
        let left = SyncLimits.repairDocumentsMax - compare.wanted.count - compare.onlyHere.count
        compare.wanted += findings.wanted.prefix(max(0, left))
        compare.onlyHere += findings.onlyHere.prefix(max(0, left - findings.wanted.count))
        narrowed(compare.due[0])
    }

    /// Goes on with the next ranges, or with what was found once there are none.
    private mutating func narrowed(_ index: Int) {
        guard compare.ranges.isEmpty else { return advanceCompare() }
        compare.due.removeFirst()
        let count = compare.wanted.count + compare.onlyHere.count
        if count > 0 { actions.append(.report(.differing(pull.scopes[index].name, documents: count))) }
        if !compare.onlyHere.isEmpty {
            commitNow(.onlyHere(push.lineage, compare.onlyHere))
            compare.onlyHere = []
        }
        advanceCompare()
        finishIfDone()
    }

    private mutating func abandonCompare() {
        compare.step = .idle
        compare.due = []
        compare.ranges = []
        compare.onlyHere = []
        finishIfDone()
    }

    // MARK: Fetching

    mutating func loadWanted() {
        compare.isWantedDue = false
        compare.isLoadingWanted = true
        actions.append(.load(.wanted))
    }

    mutating func wantedLoaded(_ documents: [DocumentKey]) {
        precondition(compare.isLoadingWanted, "what is wanted was not asked for")
        compare.isLoadingWanted = false
        compare.wanted = documents
        finishIfDone()
    }

    private mutating func fetchNext() {
        guard !compare.wanted.isEmpty else { return }
        guard let scope = pull.scopes.first(where: { $0.progress != .dropped })?.name else {
            compare.wanted = []
            return
        }
        let all = Set(compare.wanted).sorted()
        let some = Array(all.prefix(SyncLimits.fetchDocumentsMax))
        compare.wanted = Array(all.dropFirst(some.count))
        compare.step = .fetching(some)
        send(.fetch(scope: scope, documents: some, creditBytes: pull.firstGrant(configuration.windowBytes)))
    }

    mutating func statesCame(_ name: ScopeName, _ answered: Int, _ bytes: [UInt8]) {
        guard case .fetching(let asked) = compare.step, (1...asked.count).contains(answered) else {
            return refuseUnexpected("states")
        }
        guard pull.credit.spend(bytes.count + SyncLimits.payloadOverheadBytes) else {
            return refuse(SyncError(.creditExceeded, "more came than was allowed; report this, then sync again"))
        }
        compare.step = .idle
        compare.wanted = asked.dropFirst(answered) + compare.wanted
        commitNow(.states(push.lineage, Array(asked.prefix(answered)), bytes))
        advanceCompare()
    }
}

extension ComparedPart {
    var range: KeyRange {
        switch self {
        case .narrower(let digest): digest.range
        case .documents(let range, _): range
        }
    }
}
