import CTorch

// Operations a network's forward pass is made of carry their `Operation`, so that a pass can be recorded and exported.

// MARK: Arithmetic

extension Tensor {
    public static func + (a: Tensor, b: Tensor) -> Tensor { Tensor(CTorchAdd(a.pointer, b.pointer), .add, of: a, b) }
    public static func - (a: Tensor, b: Tensor) -> Tensor {
        Tensor(CTorchSubtract(a.pointer, b.pointer), .subtract, of: a, b)
    }
    public static func * (a: Tensor, b: Tensor) -> Tensor {
        Tensor(CTorchMultiply(a.pointer, b.pointer), .multiply, of: a, b)
    }
    public static func / (a: Tensor, b: Tensor) -> Tensor {
        Tensor(CTorchDivide(a.pointer, b.pointer), .divide, of: a, b)
    }
    public static func + (a: Tensor, b: Double) -> Tensor {
        Tensor(CTorchAddScalar(a.pointer, b), .addScalar(b), of: a)
    }
    public static func - (a: Tensor, b: Double) -> Tensor { a + (-b) }
    public static func * (a: Tensor, b: Double) -> Tensor {
        Tensor(CTorchMultiplyScalar(a.pointer, b), .multiplyScalar(b), of: a)
    }
    public static func * (a: Double, b: Tensor) -> Tensor { b * a }
    public static func / (a: Tensor, b: Double) -> Tensor { a * (1 / b) }
    public static prefix func - (a: Tensor) -> Tensor { a * -1 }

    public func pow(_ exponent: Double) -> Tensor { Tensor(CTorchPower(pointer, exponent), .power(exponent), of: self) }
    public var square: Tensor { self * self }
    public var squareRoot: Tensor { pow(0.5) }
    public func matmul(_ other: Tensor) -> Tensor {
        Tensor(CTorchMatrixMultiply(pointer, other.pointer), .matrixMultiply, of: self, other)
    }
    /// Of a matrix, in descending order; cannot be recorded for export.
    public var singularValues: Tensor { Tensor(CTorchSingularValues(pointer)) }
    /// log |det| of a square matrix; cannot be recorded for export.
    public var logAbsoluteDeterminant: Tensor { Tensor(CTorchLogAbsoluteDeterminant(pointer)) }
    /// Of a square matrix; cannot be recorded for export.
    public var inverse: Tensor { Tensor(CTorchInverse(pointer)) }
    public func clamp(_ range: ClosedRange<Double>) -> Tensor {
        Tensor(CTorchClamp(pointer, range.lowerBound, range.upperBound), .clamp(range), of: self)
    }
    public var abs: Tensor { Tensor(CTorchAbsolute(pointer), .absolute, of: self) }
    public var exp: Tensor { Tensor(CTorchExponential(pointer), .exponential, of: self) }
    public var log: Tensor { Tensor(CTorchLogarithm(pointer), .logarithm, of: self) }
    public var sin: Tensor { Tensor(CTorchSine(pointer), .sine, of: self) }
    public var cos: Tensor { Tensor(CTorchCosine(pointer), .cosine, of: self) }

    /// The angle of each point (x, y) with the first axis, −π…π; cannot be recorded for export.
    ///
    /// - Parameters:
    ///   - y: second coordinates.
    ///   - x: first coordinates, of a shape that broadcasts with that of `y`.
    public static func arcTangent(y: Tensor, x: Tensor) -> Tensor { Tensor(CTorchArcTangent(y.pointer, x.pointer)) }

    /// Sum over `dimensions`, all by default.
    public func sum(_ dimensions: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
        let over = dimensions ?? Array(shape.indices)
        return Tensor(
            CTorchSum(pointer, over.int64, Int32(over.count), keepDimensions),
            .sum(dimensions: over, keepDimensions: keepDimensions), of: self)
    }

    /// Mean over `dimensions`, all by default.
    public func mean(_ dimensions: [Int]? = nil, keepDimensions: Bool = false) -> Tensor {
        let over = dimensions ?? Array(shape.indices)
        return Tensor(
            CTorchMean(pointer, over.int64, Int32(over.count), keepDimensions),
            .mean(dimensions: over, keepDimensions: keepDimensions), of: self)
    }
}

// MARK: Shape

extension Tensor {
    public func reshape(_ shape: [Int]) -> Tensor {
        Tensor(CTorchReshape(pointer, shape.int64, Int32(shape.count)), .reshape(shape), of: self)
    }
    public func expand(_ shape: [Int]) -> Tensor {
        Tensor(CTorchExpand(pointer, shape.int64, Int32(shape.count)), .expand(shape), of: self)
    }
    public func permute(_ order: [Int]) -> Tensor {
        Tensor(CTorchPermute(pointer, order.int64, Int32(order.count)), .permute(order), of: self)
    }
    public func narrow(dimension: Int, start: Int, length: Int) -> Tensor {
        Tensor(
            CTorchNarrow(pointer, Int32(dimension), Int64(start), Int64(length)),
            .narrow(dimension: dimension, start: start, length: length), of: self)
    }
    public func flip(dimension: Int) -> Tensor {
        Tensor(CTorchFlip(pointer, Int32(dimension)), .flip(dimension: dimension), of: self)
    }
    public func indexSelect(dimension: Int, _ indices: Tensor) -> Tensor {
        Tensor(
            CTorchIndexSelect(pointer, Int32(dimension), indices.pointer), .indexSelect(dimension: dimension),
            of: self, indices)
    }

    public static func concatenate(_ tensors: [Tensor], dimension: Int) -> Tensor {
        let pointers = tensors.map { Optional($0.pointer) }
        let result = Tensor(CTorchConcatenate(pointers, Int32(pointers.count), Int32(dimension)))
        Recording.current?.append(.concatenate(dimension: dimension), inputs: tensors, output: result)
        return result
    }
}

// MARK: Networks

extension Tensor {
    /// Cross-correlation with `weight` (out, in / groups, k, k), as PyTorch's `conv2d`.
    public func conv2d(weight: Tensor, bias: Tensor?, stride: Int = 1, padding: Int = 0, groups: Int = 1) -> Tensor {
        // On processors with AVX2 and no AVX-512, libtorch 2.11.0's oneDNN writes past a buffer in the backward pass of
        // a strided 1 × 1 convolution (channels last, input channels no multiple of 8). Taking every s-th pixel first
        // and convolving those is the same function.
        let subsamples = stride > 1 && weight.shape[2...] == [1, 1]
        let pixels = subsamples ? Tensor(CTorchEveryPixel(pointer, Int64(stride), Int64(padding))) : self
        let result = Tensor(
            CTorchConvolution(
                pixels.pointer, weight.pointer, bias?.pointer, subsamples ? 1 : Int64(stride),
                subsamples ? 0 : Int64(padding), Int64(groups)))
        Recording.current?.append(
            .conv2d(stride: stride, padding: padding, groups: groups),
            inputs: [self, weight] + (bias.map { [$0] } ?? []),
            output: result)
        return result
    }

    /// The transpose of a convolution of stride `stride`, which enlarges, as PyTorch's `conv_transpose2d`.
    ///
    /// - Parameters:
    ///   - weight: (in, out, k, k).
    ///   - bias: (out), or `nil`.
    ///   - stride: how many times as large the result is.
    ///   - padding: taken off each side of the result.
    ///   - outputPadding: added to its last rows and columns, below `stride`.
    public func transposedConv2d(
        weight: Tensor, bias: Tensor?, stride: Int, padding: Int, outputPadding: Int
    ) -> Tensor {
        let result = Tensor(
            CTorchTransposedConvolution(
                pointer, weight.pointer, bias?.pointer, Int64(stride), Int64(padding), Int64(outputPadding)))
        Recording.current?.append(
            .transposedConv2d(stride: stride, padding: padding, outputPadding: outputPadding),
            inputs: [self, weight] + (bias.map { [$0] } ?? []), output: result)
        return result
    }

    /// x · weightᵀ + bias over the last dimension.
    public func linear(weight: Tensor, bias: Tensor?) -> Tensor {
        let result = Tensor(CTorchLinear(pointer, weight.pointer, bias?.pointer))
        Recording.current?.append(.linear, inputs: [self, weight] + (bias.map { [$0] } ?? []), output: result)
        return result
    }

    /// - Parameters:
    ///   - weight: (C), the factor of each normalised channel.
    ///   - bias: (C), what is then added to each channel.
    ///   - runningMean: (C), changed in place where `training`.
    ///   - runningVariance: (C), changed in place where `training`.
    ///   - training: uses the batch's statistics and moves the running ones by `momentum`.
    ///   - momentum: the batch's share of the new running statistics, 0…1.
    ///   - epsilon: added to the variance before its root.
    public func batchNorm(
        weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, training: Bool, momentum: Double,
        epsilon: Double
    ) -> Tensor {
        Tensor(
            CTorchBatchNorm(
                pointer, weight.pointer, bias.pointer, runningMean.pointer, runningVariance.pointer, training, momentum,
                epsilon),
            .batchNorm(epsilon: epsilon), of: self, weight, bias, runningMean, runningVariance)
    }

    public func groupNorm(groups: Int, weight: Tensor, bias: Tensor, epsilon: Double) -> Tensor {
        Tensor(
            CTorchGroupNorm(pointer, Int64(groups), weight.pointer, bias.pointer, epsilon),
            .groupNorm(groups: groups, epsilon: epsilon), of: self, weight, bias)
    }

    public var relu: Tensor { Tensor(CTorchRelu(pointer), .relu, of: self) }
    public func leakyRelu(slope: Double) -> Tensor {
        Tensor(CTorchLeakyRelu(pointer, slope), .leakyRelu(slope: slope), of: self)
    }
    public func prelu(weight: Tensor) -> Tensor {
        Tensor(CTorchPRelu(pointer, weight.pointer), .prelu, of: self, weight)
    }
    public var tanh: Tensor { Tensor(CTorchTanh(pointer), .tanh, of: self) }
    public var sigmoid: Tensor { Tensor(CTorchSigmoid(pointer), .sigmoid, of: self) }
    public var silu: Tensor { Tensor(CTorchSilu(pointer), .silu, of: self) }
    /// log(1 + eˣ), without overflow.
    public var softplus: Tensor { Tensor(CTorchSoftplus(pointer), .softplus, of: self) }
    public func softmax(dimension: Int) -> Tensor {
        Tensor(CTorchSoftmax(pointer, Int32(dimension)), .softmax(dimension: dimension), of: self)
    }
    /// Zeroes elements with `probability` and scales the rest up; for training only.
    public func dropout(_ probability: Double, using generator: Generator) -> Tensor {
        Tensor(
            CTorchDropout(pointer, probability, generator.pointer), .dropout(probability: probability), of: self)
    }

    /// (B, C·f², H, W) → (B, C, H·f, W·f), sub-pixel convolution's rearrangement (Shi et al. 2016).
    public func pixelShuffle(_ factor: Int) -> Tensor {
        Tensor(CTorchPixelShuffle(pointer, Int64(factor)), .pixelShuffle(factor: factor), of: self)
    }
    public func upsampleNearest(_ factor: Int) -> Tensor {
        Tensor(CTorchUpsampleNearest(pointer, Int64(factor)), .upsampleNearest(factor: factor), of: self)
    }
    public func averagePool(_ size: Int) -> Tensor {
        Tensor(CTorchAveragePool(pointer, Int64(size)), .averagePool(size: size), of: self)
    }
    public func maxPool(_ size: Int) -> Tensor {
        Tensor(CTorchMaxPool(pointer, Int64(size)), .maxPool(size: size), of: self)
    }
}
