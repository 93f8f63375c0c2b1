extension Degradation {
    /// `bin/4`: detector elements merged, means of factor × factor pixels; what fills no whole element is dropped.
    public struct Binning: DegradationStep {
        /// Pixels along an axis that become one.
        public var merged: Int

        public var name: String { "bin" }
        public var usage: String { "bin/FACTOR, such as bin/4" }
        public static let reduction = StepReduction<Self>.whole(\.merged)

        public var withoutNoise: (any DegradationStep)? { self }

        public func sampling(of count: Double) -> AxisSampling { AxisSampling(blocksOf: factor, in: count, .down) }

        public func applied(to pixels: Pixels, valueRange: ClosedRange<Float>, seed: UInt64) -> Pixels {
            pixels.binned(by: merged)
        }
    }
}

extension Degradation.Step {
    /// ``Degradation/Binning``
    public static func binning(factor: Int) -> Self { Self(Degradation.Binning(merged: factor)) }
}

extension Pixels {
    /// This image without its last columns and rows, so that both sizes are multiples of `factor`.
    ///
    /// - Precondition: `factor` is positive.
    public func croppedToMultiple(of factor: Int) -> Pixels {
        precondition(factor > 0, "a factor is positive")
        if width % factor == 0 && height % factor == 0 { return self }
        return cropped(columns: 0..<width - width % factor, rows: 0..<height - height % factor)
    }

    /// Means over `factor` × `factor` pixels; pixels that fill no whole block at the right and the bottom are dropped.
    ///
    /// - Precondition: `factor` is positive, and the image holds at least one block.
    public func binned(by factor: Int) -> Pixels {
        let whole = croppedToMultiple(of: factor)
        return whole.resized(width: whole.width / factor, height: whole.height / factor, interpolation: .area)
    }
}
