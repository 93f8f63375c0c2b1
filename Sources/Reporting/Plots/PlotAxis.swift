import Foundation

/// One axis of a plot: which values lie where, and which are named.
struct PlotAxis {
    let isLogarithmic: Bool
    /// The values at the ends, as they are placed: logarithms on a logarithmic axis.
    private let lower: Double
    private let upper: Double
    let ticks: [Double]

    /// - Parameter values: what must fit; those that are not finite, or not positive on a logarithmic axis, are left out.
    init(_ values: some Sequence<Double>, isLogarithmic: Bool = false, wanted: Int = 5) {
        self.isLogarithmic = isLogarithmic
        let placed = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }.map { isLogarithmic ? log10($0) : $0 }
        var (low, high) = (placed.min() ?? 0, placed.max() ?? 1)
        if high - low < 1e-12 * max(1, abs(high)) {
            let space = isLogarithmic ? 0.5 : max(abs(high) * 0.1, 0.5)
            (low, high) = (low - space, high + space)
        }
        let space = (high - low) * 0.06
        (lower, upper) = (low - space, high + space)
        ticks =
            isLogarithmic
            ? Self.logarithmicTicks(lower, upper, wanted: wanted) : Self.ticks(lower, upper, wanted: wanted)
    }

    /// 0 at the lower end, 1 at the upper.
    func position(_ value: Double) -> Double {
        ((isLogarithmic ? log10(value) : value) - lower) / (upper - lower)
    }

    /// Whether a value has a place.
    func holds(_ value: Double) -> Bool { value.isFinite && (!isLogarithmic || value > 0) }

    /// Multiples of 1, 2 or 5 times a power of ten.
    private static func ticks(_ lower: Double, _ upper: Double, wanted: Int) -> [Double] {
        let rough = (upper - lower) / Double(wanted)
        let power = pow(10, floor(log10(rough)))
        let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 }!
        return
            (Int(
                (lower / step).rounded(.up))...max(Int((lower / step).rounded(.up)), Int((upper / step).rounded(.down))))
            .map { Double($0) * step }.filter { $0 >= lower && $0 <= upper }
    }

    private static func logarithmicTicks(_ lower: Double, _ upper: Double, wanted: Int) -> [Double] {
        let decades = Int(floor(lower))...Int(ceil(upper))
        for digits in [[1.0], [1, 3], [1, 2, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]] {
            let ticks = decades.flatMap { decade in digits.map { $0 * pow(10, Double(decade)) } }
                .filter { (lower...upper).contains(log10($0)) }
            if ticks.count >= min(3, wanted) {
                let step = (ticks.count + wanted) / (wanted + 1)
                return ticks.enumerated().filter { $0.offset % max(step, 1) == 0 }.map(\.element)
            }
        }
        return Self.ticks(pow(10, lower), pow(10, upper), wanted: wanted)
    }

    func text(_ tick: Double) -> String {
        if tick == 0 { return "0" }
        let magnitude = abs(tick)
        if magnitude >= 1e6 || magnitude < 1e-4 { return String(format: "%.0e", tick) }
        let text = String(format: "%.6f", tick)
        let trimmed = text.replacingOccurrences(of: "0+$", with: "", options: .regularExpression)
        return trimmed.hasSuffix(".") ? String(trimmed.dropLast()) : trimmed
    }
}
