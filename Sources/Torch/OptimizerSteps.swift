import CTorch

/// Optimiser steps over all parameters of a network in one call each, which is what makes them cheap.
extension TorchRuntime {
    /// One step of Adam (Kingma & Ba 2015) with decoupled bias corrections, as PyTorch's fused Adam.
    ///
    /// - Parameters:
    ///   - parameters: changed in place.
    ///   - gradients: one a parameter, of its shape, in the same order; so are the moments.
    ///   - means: the running means of the gradients, changed in place.
    ///   - squares: the running means of the gradients' squares, changed in place.
    ///   - steps: one number a parameter: how many steps it has taken, raised in place.
    ///   - learningRate: factor of the bias-corrected mean over its root square.
    ///   - beta1: the share of `means` that is kept, from 0 to below 1.
    ///   - beta2: the share of `squares` that is kept, from 0 to below 1.
    ///   - weightDecay: times the parameter, added to its gradient: L2, not AdamW's.
    ///   - epsilon: added to the root of the corrected squares.
    public static func adamStep(
        parameters: [Tensor], gradients: [Tensor], means: [Tensor], squares: [Tensor], steps: [Tensor],
        learningRate: Double, beta1: Double, beta2: Double, weightDecay: Double, epsilon: Double
    ) {
        Tensor.check(
            CTorchAdamStep(
                parameters.pointers, gradients.pointers, means.pointers, squares.pointers, steps.pointers,
                Int32(parameters.count), learningRate, beta1, beta2, weightDecay, epsilon))
    }

    /// One step of gradient descent with momentum: v ← μ·v + g + λ·θ, θ ← θ − η·v.
    public static func momentumStep(
        parameters: [Tensor], gradients: [Tensor], velocities: [Tensor], learningRate: Double, momentum: Double,
        weightDecay: Double
    ) {
        Tensor.check(
            CTorchMomentumStep(
                parameters.pointers, gradients.pointers, velocities.pointers, Int32(parameters.count), learningRate,
                momentum, weightDecay))
    }

    /// Moves every destination towards its source by `weight`, in place.
    public static func interpolate(_ destinations: [Tensor], towards sources: [Tensor], weight: Double) {
        Tensor.check(CTorchLerp(destinations.pointers, sources.pointers, Int32(destinations.count), weight))
    }

    /// Scales gradients in place so that their joint 2-norm is at most `limit`, and returns what it was.
    @discardableResult
    public static func clipGradients(_ gradients: [Tensor], norm limit: Double) -> Double {
        CTorchClipGradients(gradients.pointers, Int32(gradients.count), limit)
    }
}

extension [Tensor] {
    fileprivate var pointers: [CTorchTensor?] { map(\.pointer) }
}
