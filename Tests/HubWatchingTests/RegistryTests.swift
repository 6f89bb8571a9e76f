import Metrics
import PrometheusMetrics
import Testing

@Suite("Metrics as text")
struct RegistryTests {
    private static let counted = MetricFamily("done_total", .counter, "Things that were done.")
    private static let time = MetricFamily("time_seconds", .histogram([0.01, 0.1, 1]), "How long it took.")
    private static let level = MetricFamily("level", .gauge, "How high it stands.\nTwo lines \\ and a sign.")

    private func registry(seriesMax: Int = 10) -> PrometheusRegistry {
        PrometheusRegistry([RegistryTests.counted, RegistryTests.time, RegistryTests.level], seriesMax: seriesMax)
    }

    @Test("Counters add up, one series for a set of labels, whoever made it")
    func counters() throws {
        let registry = registry()
        Counter(label: "done_total", dimensions: [("how", "well")], factory: registry).increment(by: 2)
        Counter(label: "done_total", dimensions: [("how", "well")], factory: registry).increment()
        Counter(label: "done_total", dimensions: [("how", "badly")], factory: registry).increment(by: 5)
        let text = try Exposition(registry.text())
        #expect(text["done_total{how=\"well\"}"] == 3)
        #expect(text["done_total{how=\"badly\"}"] == 5)
        #expect(text.kinds["done_total"] == "counter")
        #expect(text.helped.isSuperset(of: ["done_total"]))
    }

    @Test("A timer is a histogram in seconds: buckets are cumulative, and the last holds all")
    func histogram() throws {
        let registry = registry()
        let timer = Timer(label: "time_seconds", factory: registry)
        for milliseconds in [5, 10, 50, 500, 5_000] { timer.recordMilliseconds(milliseconds) }
        let text = try Exposition(registry.text())
        #expect(text["time_seconds_bucket{le=\"0.01\"}"] == 2, "a bound belongs to its bucket")
        #expect(text["time_seconds_bucket{le=\"0.1\"}"] == 3)
        #expect(text["time_seconds_bucket{le=\"1\"}"] == 4)
        #expect(text["time_seconds_bucket{le=\"+Inf\"}"] == 5)
        #expect(text["time_seconds_count"] == 5)
        #expect(abs(try #require(text["time_seconds_sum"]) - 5.565) < 1e-9)
    }

    @Test("Families come in the order of declaration; samples of now stand beside what was counted")
    func order() throws {
        let registry = registry()
        Counter(label: "done_total", factory: registry).increment()
        let samples = [MetricSample(RegistryTests.level, 2.5, [.init("of", "a \"b\"\n\\c")])]
        let text = try Exposition(registry.text(adding: samples))
        #expect(text.order == ["done_total", "level", "metrics_dropped_series_total"])
        #expect(text[#"level{of="a \"b\"\n\\c"}"#] == 2.5)
        #expect(try Exposition(registry.text())["level{of=\"a\"}"] == nil, "a sample is of one moment")
    }

    @Test("A label that grows without bound is cut, and so is what was never declared; both are counted")
    func bounded() throws {
        let registry = registry(seriesMax: 3)
        for number in 0..<100 {
            Counter(label: "done_total", dimensions: [("who", "\(number)")], factory: registry).increment()
        }
        Gauge(label: "unknown", factory: registry).record(1)
        let text = try Exposition(registry.text())
        #expect(text.values.keys.count { $0.hasPrefix("done_total") } == 3)
        #expect(text["metrics_dropped_series_total"] == 98)
        #expect(text.kinds["unknown"] == nil)
    }
}
