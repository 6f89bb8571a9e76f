/// The words of the text format, version 0.0.4 (Prometheus, "Exposition formats").
public enum ExpositionText {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func heading(_ family: MetricFamily) -> String {
        let kind =
            switch family.kind {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        let help = family.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return "# HELP \(family.name) \(help)\n# TYPE \(family.name) \(kind)\n"
    }

    static func line(_ name: String, _ labels: String, _ value: Double) -> String {
        labels.isEmpty ? "\(name) \(number(value))\n" : "\(name){\(labels)} \(number(value))\n"
    }

    /// `name="value"` pairs, in the order given.
    static func labels(_ labels: [MetricSample.Label]) -> String {
        labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
    }

    static func adding(_ name: String, _ value: String, to labels: String) -> String {
        labels.isEmpty ? "\(name)=\"\(value)\"" : "\(labels),\(name)=\"\(value)\""
    }

    static func number(_ value: Double) -> String {
        if value == .infinity { return "+Inf" }
        if value == -.infinity { return "-Inf" }
        if value.isNaN { return "NaN" }
        if let whole = Int64(exactly: value) { return String(whole) }
        return String(value)
    }

    private static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
