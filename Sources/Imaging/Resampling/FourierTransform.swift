import Foundation

/// The discrete Fourier transform of any length, by its prime factors (Cooley and Tukey, "An algorithm for the machine
/// calculation of complex Fourier series", 1965): fast where they are small, n² where `count` is prime.
package struct FourierTransform: Sendable {
    /// Real and imaginary part.
    package typealias Complex = SIMD2<Double>

    package let count: Int
    private let primes: [Int]
    /// exp(∓2πi k / count)
    private let roots: [Complex]

    /// - Parameter inverse: with the positive exponent; no direction divides by the count.
    package init(count: Int, inverse: Bool = false) {
        self.count = count
        var rest = count
        var primes = [Int]()
        var prime = 2
        while rest > 1 {
            while rest % prime == 0 {
                primes.append(prime)
                rest /= prime
            }
            prime = prime * prime > rest ? max(rest, 2) : prime + 1
        }
        self.primes = primes
        roots = (0..<count).map { index in
            let angle = (inverse ? 2 : -2) * Double.pi * Double(index) / Double(count)
            return Complex(cos(angle), sin(angle))
        }
    }

    /// Transforms `count` numbers at `source`; `result` must be other memory.
    package func callAsFunction(_ source: UnsafePointer<Complex>, into result: UnsafeMutablePointer<Complex>) {
        withUnsafeTemporaryAllocation(of: Complex.self, capacity: primes.max() ?? 1) { scratch in
            roots.withUnsafeBufferPointer { roots in
                transform(
                    source, stride: 1, count: count, depth: 0, into: result, roots: roots, scratch: scratch)
            }
        }
    }

    /// The signed frequency, in cycles over the whole, at a position of a spectrum of `count` values: 0, 1, …, −2, −1; of an
    /// even number the most negative has no partner.
    package static func frequency(_ index: Int, of count: Int) -> Int {
        index <= (count - 1) / 2 ? index : index - count
    }

    private func transform(
        _ source: UnsafePointer<Complex>, stride: Int, count: Int, depth: Int,
        into result: UnsafeMutablePointer<Complex>, roots: UnsafeBufferPointer<Complex>,
        scratch: UnsafeMutableBufferPointer<Complex>
    ) {
        guard count > 1 else {
            result[0] = source[0]
            return
        }
        let prime = primes[depth]
        let part = count / prime
        for index in 0..<prime {
            transform(
                source + index * stride, stride: stride * prime, count: part, depth: depth + 1,
                into: result + index * part, roots: roots, scratch: scratch)
        }
        for offset in 0..<part {
            for index in 0..<prime {
                scratch[index] = product(result[index * part + offset], roots[index * offset * stride])
            }
            if prime == 2 {
                result[offset] = scratch[0] + scratch[1]
                result[part + offset] = scratch[0] - scratch[1]
                continue
            }
            for output in 0..<prime {
                var sum = scratch[0]
                for index in 1..<prime {
                    sum += product(scratch[index], roots[index * output % prime * part * stride])
                }
                result[output * part + offset] = sum
            }
        }
    }
}

@inline(__always)
func product(_ a: FourierTransform.Complex, _ b: FourierTransform.Complex) -> FourierTransform.Complex {
    FourierTransform.Complex(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x)
}
