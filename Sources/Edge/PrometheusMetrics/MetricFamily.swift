/// One name in the exposition: what it is, and the word that says so to whoever reads it.
public struct MetricFamily: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case counter
        case gauge
        /// With the upper bounds of its buckets, ascending, without infinity.
        case histogram([Double])
    }

    /// Letters, digits, `_` and `:`; counters end in `_total`, and units are in the name, in base units.
    public let name: String
    public let help: String
    public let kind: Kind

    public init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}

/// A value as it was when it was asked for: a fact that nobody counts along the way.
public struct MetricSample: Hashable, Sendable {
    public let family: MetricFamily
    public let labels: [Label]
    public let value: Double

    /// A label's name and value.
    public struct Label: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(_ family: MetricFamily, _ value: Double, _ labels: [Label] = []) {
        self.family = family
        self.labels = labels
        self.value = value
    }
}
