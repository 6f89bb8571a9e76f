/// What the desk saw and decided about one arrival.
public struct CheckInForm: Hashable, Sendable {
    public enum DocumentType: String, Sendable, CaseIterable {
        case passport
        case identityCard = "identity card"
        case drivingLicence = "driving licence"
        case permit
        case other
    }

    /// How the name on the document compares with the booking. `documented` is a difference that another paper
    /// explains, such as a marriage certificate.
    public enum NameResult: String, Sendable, CaseIterable { case exact, minor, documented, mismatch }

    public enum Decision: String, Sendable, CaseIterable { case admit, refuse, refer }

    public let booking: String
    public let documentType: DocumentType
    public let documentIsInDate: Bool
    public let nameResult: NameResult
    /// The paper behind `documented`; empty otherwise.
    public let supplementaryDocument: String
    public let birthDateMatches: Bool
    /// Whole minutes after the session's start, 0 for whoever is in time.
    public let minutesLate: Int
    public let rulesAcknowledged: Bool
    /// Empty where nobody is seated.
    public let seat: String
    public let decision: Decision
    /// Why a rule was waived, or why the person was not admitted; empty for an ordinary admission.
    public let reason: String
    /// The staff member who approved a waiver.
    public let approver: String?

    public init(
        booking: String, documentType: DocumentType, documentIsInDate: Bool = true, nameResult: NameResult = .exact,
        supplementaryDocument: String = "", birthDateMatches: Bool = true, minutesLate: Int = 0,
        rulesAcknowledged: Bool = true, seat: String = "", decision: Decision = .admit, reason: String = "",
        approver: String? = nil
    ) {
        self.booking = booking
        self.documentType = documentType
        self.documentIsInDate = documentIsInDate
        self.nameResult = nameResult
        self.supplementaryDocument = supplementaryDocument
        self.birthDateMatches = birthDateMatches
        self.minutesLate = minutesLate
        self.rulesAcknowledged = rulesAcknowledged
        self.seat = seat
        self.decision = decision
        self.reason = reason
        self.approver = approver
    }
}

/// One blind score entry.
public struct ScoreForm: Hashable, Sendable {
    public enum Role: String, Sendable { case first, second }

    public let booking: String
    public let component: String
    public let role: Role
    /// Points, from 0 to the component's maximum.
    public let raw: Int

    public init(booking: String, component: String, role: Role, raw: Int) {
        self.booking = booking
        self.component = component
        self.role = role
        self.raw = raw
    }
}
