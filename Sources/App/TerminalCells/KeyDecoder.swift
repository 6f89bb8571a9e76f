import CTerminal

/// Turns what ncurses reads into keys; holds a paste together until its end.
struct KeyDecoder {
    /// What ncurses hands out: a scalar, or a named key of the shim.
    enum Raw: Equatable {
        case scalar(UInt32)
        case named(Int)
    }

    /// The scalars of one paste that are kept; the rest of it is dropped.
    static let pasteScalarsMax = 4096

    private var pasted: String.UnicodeScalarView?

    /// The keys that `raw` completes: none, one, or two where a paste was cut off by another key.
    mutating func decode(_ raw: Raw) -> [Key] {
        guard let text = pasted else {
            if raw == .named(Int(CT_KEY_PASTE_BEGIN)) {
                pasted = .init()
                return []
            }
            return key(raw).map { [$0] } ?? []
        }
        if case .scalar(let value) = raw, value != 27, let scalar = Unicode.Scalar(value) {
            if text.count < KeyDecoder.pasteScalarsMax { pasted?.append(scalar) }
            return []
        }
        // A lost end mark must not swallow the keyboard: any key that cannot be pasted ends the paste.
        pasted = nil
        let keys: [Key] = text.isEmpty ? [] : [.paste(String(text))]
        return raw == .named(Int(CT_KEY_PASTE_END)) ? keys : keys + decode(raw)
    }

    private func key(_ raw: Raw) -> Key? {
        switch raw {
        case .scalar(let value): scalarKey(value)
        case .named(let code): namedKey(code)
        }
    }

    private func scalarKey(_ value: UInt32) -> Key? {
        switch value {
        // Only the carriage return: some scanners end with both, and a line feed taken as a second Enter would
        // confirm what nobody has looked at.
        case 13: return .enter
        case 9: return .tab
        case 27: return .escape
        case 8, 127: return .backspace
        case 1...26: return Unicode.Scalar(value + 96).map { .control(Character($0)) }
        case 0..<32, 128..<160: return nil
        default: return Unicode.Scalar(value).map { .character(Character($0)) }
        }
    }

    private func namedKey(_ code: Int) -> Key? {
        if code > Int(CT_KEY_FUNCTION) { return .function(code - Int(CT_KEY_FUNCTION)) }
        switch code {
        case Int(CT_KEY_UP): return .up
        case Int(CT_KEY_DOWN): return .down
        case Int(CT_KEY_LEFT): return .left
        case Int(CT_KEY_RIGHT): return .right
        case Int(CT_KEY_HOME): return .home
        case Int(CT_KEY_END): return .end
        case Int(CT_KEY_PAGE_UP): return .pageUp
        case Int(CT_KEY_PAGE_DOWN): return .pageDown
        case Int(CT_KEY_ENTER): return .enter
        case Int(CT_KEY_BACKSPACE): return .backspace
        case Int(CT_KEY_DELETE): return .delete
        case Int(CT_KEY_BACK_TAB): return .backTab
        default: return nil
        }
    }
}
