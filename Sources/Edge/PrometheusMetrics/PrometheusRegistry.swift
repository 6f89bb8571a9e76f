import CoreMetrics
import Synchronization

/// Keeps what a program counts through swift-metrics, and tells it in Prometheus' text format.
///
/// The families are declared once, with the words for people. What has no family, and what would be one series too many,
/// is counted in `metrics_dropped_series_total` and not kept: a label that grows without bound must not take the memory.
public final class PrometheusRegistry: MetricsFactory {
    private struct Key: Hashable {
        let family: String
        let labels: String
    }

    private struct State {
        var series: [Key: Series] = [:]
        var counts: [String: Int] = [:]
        var dropped = 0
    }

    static let dropped = MetricFamily(
        "metrics_dropped_series_total", .counter, "Series that were not kept: of no family, or too many of one.")

    private let families: [String: MetricFamily]
    private let order: [MetricFamily]
    private let seriesMax: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - families: in the order in which they are told.
    ///   - seriesMax: how many label sets a family may have.
    public init(_ families: [MetricFamily], seriesMax: Int = 1_000) {
        order = families
        self.families = Dictionary(families.map { ($0.name, $0) }) { first, _ in first }
        self.seriesMax = seriesMax
    }

    private func series(_ label: String, _ dimensions: [(String, String)]) -> Series {
        let labels = ExpositionText.labels(dimensions.map { MetricSample.Label($0.0, $0.1) })
        return state.withLock { state in
            let key = Key(family: label, labels: labels)
            if let known = state.series[key] { return known }
            guard let family = families[label], state.counts[label, default: 0] < seriesMax else {
                state.dropped += 1
                return Series(.gauge)
            }
            let made = Series(family.kind)
            state.series[key] = made
            state.counts[label, default: 0] += 1
            return made
        }
    }

    /// The exposition: each family that has series, in the order of declaration, series in the order of their labels.
    /// - Parameter samples: what is read now, of declared families.
    public func text(adding samples: [MetricSample] = []) -> String {
        let (kept, dropped) = state.withLock { ($0.series, $0.dropped) }
        var lines: [String: [(labels: String, lines: [String])]] = [:]
        for (key, series) in kept {
            lines[key.family, default: []].append((key.labels, series.lines(of: key.family, key.labels)))
        }
        for sample in samples {
            let labels = ExpositionText.labels(sample.labels)
            let line = ExpositionText.line(sample.family.name, labels, sample.value)
            lines[sample.family.name, default: []].append((labels, [line]))
        }
        let own = ExpositionText.line(PrometheusRegistry.dropped.name, "", Double(dropped))
        lines[PrometheusRegistry.dropped.name] = [("", [own])]
        var text = ""
        for family in order + [PrometheusRegistry.dropped] {
            guard let series = lines[family.name] else { continue }
            text += ExpositionText.heading(family)
            for one in series.sorted(by: { $0.labels < $1.labels }) { text += one.lines.joined() }
        }
        return text
    }

    // MARK: swift-metrics

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(label, dimensions)
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { series(label, dimensions) }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(label, dimensions)
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler { series(label, dimensions) }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        series(label, dimensions)
    }

    // What was counted stays for as long as the program runs: a counter that vanished would read as a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}
