import Credentialing
import HybridTime
import Merging

/// What rules and decisions mean to whoever decides.
enum CaseWords {
    /// What holds until somebody decides.
    static func until(_ effect: SafeDefault) -> String {
        switch effect {
        case .flag: "nothing changes"
        case .hold: "results that depend on it are held back"
        case .provisional: "it counts as not yet known"
        case .doesNotCount: "the later piece of work does not count"
        }
    }

    static func standing(_ standing: CaseStanding) -> (text: String, role: Console.Role) {
        switch standing {
        case .open: ("waiting", .warning)
        case .reopened: ("open again: the facts changed since it was decided", .warning)
        case .settled(let decision): ("settled: \(decision)", .good)
        case .escalated: ("decided differently in two places: decide again", .bad)
        }
    }

    struct Suggestion {
        let word: String
        let meaning: String
    }

    /// Words that fit a rule; any other word can be written down as well.
    static func suggestions(_ rule: RuleID) -> [Suggestion] {
        switch rule.raw {
        case "X1":
            [
                .init(word: "same-person", meaning: "the dossiers are one person's"),
                .init(word: "different-people", meaning: "two people who are alike; nobody is asked again"),
            ]
        case "X2":
            [
                .init(word: "first-counts", meaning: "the result of the earlier session counts"),
                .init(word: "second-counts", meaning: "the result of the later session counts"),
                .init(word: "neither-counts", meaning: "both results stay held"),
            ]
        case "X3":
            [
                .init(word: "seat-stands", meaning: "both did sit, and it is known who sat where"),
                .init(word: "keying-error", meaning: "one seat was keyed wrong; nobody shared it"),
            ]
        case "X8": [.init(word: "noted", meaning: "somebody else has keyed the score since")]
        case "X16":
            [
                .init(word: "was-present", meaning: "the score counts"),
                .init(word: "was-absent", meaning: "the score does not count"),
            ]
        case "X24": [.init(word: "one-sitting", meaning: "it was one sitting; void the other check-in")]
        case "Q-booking.cancelled_present":
            [
                .init(word: "sitting-stands", meaning: "the sitting counts although the booking was cancelled"),
                .init(word: "sitting-void", meaning: "the cancellation counts"),
            ]
        case "Q-booking.transferred_seen":
            [
                .init(word: "transfer-stands", meaning: "what the old site wrote does not count"),
                .init(word: "old-site-stands", meaning: "the person was dealt with at the old site"),
            ]
        default: []
        }
    }
}
