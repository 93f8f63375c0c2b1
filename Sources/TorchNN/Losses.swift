import Torch

/// Distances that a network is trained to lower; each returns one number.
public enum Loss {
    /// Mean absolute error.
    public static func l1(_ prediction: Tensor, _ target: Tensor) -> Tensor { (prediction - target).abs.mean() }

    /// Mean squared error.
    public static func mse(_ prediction: Tensor, _ target: Tensor) -> Tensor { (prediction - target).square.mean() }

    /// mean √(d² + ε²): L1 with a gradient at zero (Lai et al. 2017, LapSRN, eq. 3).
    public static func charbonnier(_ prediction: Tensor, _ target: Tensor, epsilon: Double = 1e-3) -> Tensor {
        ((prediction - target).square + epsilon * epsilon).squareRoot.mean()
    }

    /// −log σ(logit) where `real`, −log(1 − σ(logit)) where not: binary cross-entropy against one label, on logits.
    public static func binaryCrossEntropy(_ logits: Tensor, real: Bool) -> Tensor {
        (real ? -logits : logits).softplus.mean()
    }
}
