import CoreMetrics
import Synchronization

/// One line, or one histogram, of a family.
final class Series: Sendable {
    private struct State {
        /// A counter's or a gauge's value, a histogram's sum.
        var value = 0.0
        var count: UInt64 = 0
        /// How many fell into each bucket, and beyond the last.
        var buckets: [UInt64]
    }

    private let bounds: [Double]
    private let isHistogram: Bool
    private let state: Mutex<State>

    init(_ kind: MetricFamily.Kind) {
        if case .histogram(let bounds) = kind { self.bounds = bounds } else { bounds = [] }
        if case .histogram = kind { isHistogram = true } else { isHistogram = false }
        state = Mutex(State(buckets: Array(repeating: 0, count: bounds.count + 1)))
    }

    private func add(_ amount: Double) { state.withLock { $0.value += amount } }

    private func observe(_ value: Double) {
        guard isHistogram else { return state.withLock { $0.value = value } }
        let place = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.value += value
            state.count += 1
            state.buckets[place] += 1
        }
    }

    func lines(of name: String, _ labels: String) -> [String] {
        let state = state.withLock { $0 }
        guard isHistogram else { return [ExpositionText.line(name, labels, state.value)] }
        var below: UInt64 = 0
        var lines: [String] = []
        for (index, bound) in (bounds + [.infinity]).enumerated() {
            below += state.buckets[index]
            let bucket = ExpositionText.adding("le", ExpositionText.number(bound), to: labels)
            lines.append(ExpositionText.line(name + "_bucket", bucket, Double(below)))
        }
        lines.append(ExpositionText.line(name + "_sum", labels, state.value))
        lines.append(ExpositionText.line(name + "_count", labels, Double(state.count)))
        return lines
    }
}

extension Series: CounterHandler, FloatingPointCounterHandler, RecorderHandler, MeterHandler, TimerHandler {
    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func reset() { state.withLock { $0.value = 0 } }
    func record(_ value: Int64) { observe(Double(value)) }
    func record(_ value: Double) { observe(value) }
    func set(_ value: Int64) { observe(Double(value)) }
    func set(_ value: Double) { observe(value) }
    /// In seconds, as the format's conventions ask for.
    func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1e9) }
}
