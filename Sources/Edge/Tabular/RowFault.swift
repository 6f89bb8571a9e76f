/// Why one row could not be evaluated.
struct RowFault: Error {
    let code: ImportFailure.Code
    let reason: String

    init(_ code: ImportFailure.Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// A foreign text as a reason may quote it: in one line and short.
    static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.prefix(40).map { $0.value < 0x20 || $0.value == 0x7F ? " " : String($0) }
        return "\"" + shown.joined() + (text.unicodeScalars.count > 40 ? "…" : "") + "\""
    }
}
