#include "CTorch.h"

#if !__has_include(<torch/torch.h>)
#error "libtorch is not set up: run `make setup` once (or LIBTORCH=/path make setup)"
#endif

#include <ATen/autocast_mode.h>
#include <ATen/cpu/Utils.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <torch/torch.h>

#include <atomic>
#include <climits>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

struct CTorchTensorStorage {
    at::Tensor tensor;
};

struct CTorchGeneratorStorage {
    at::Generator generator;
};

namespace {

thread_local std::string lastError;
thread_local std::string lastDevice;
std::atomic<int64_t> liveTensors{0};

template <typename Body>
bool caught(Body body) {
    try {
        body();
        return false;
    } catch (const c10::Error &error) {
        lastError = error.what_without_backtrace();
    } catch (const std::exception &error) {
        lastError = error.what();
    } catch (...) {
        lastError = "unknown error in libtorch";
    }
    return true;
}

template <typename Body>
CTorchTensor made(Body body) {
    CTorchTensor result = nullptr;
    caught([&] {
        result = new CTorchTensorStorage{body()};
        liveTensors.fetch_add(1, std::memory_order_relaxed);
    });
    return result;
}

at::IntArrayRef ints(const int64_t *values, int count) { return {values, static_cast<size_t>(count)}; }

at::TensorOptions options(int type, const char *device) {
    return at::TensorOptions().dtype(static_cast<at::ScalarType>(type)).device(at::Device(device));
}

std::optional<at::Tensor> optional(CTorchTensor tensor) {
    return tensor ? std::optional<at::Tensor>(tensor->tensor) : std::nullopt;
}

std::vector<at::Tensor> list(const CTorchTensor *tensors, int count) {
    std::vector<at::Tensor> result;
    result.reserve(count);
    for (int index = 0; index < count; index++) result.push_back(tensors[index]->tensor);
    return result;
}

}  // namespace

// MARK: Process
const char *CTorchVersion(void) { return TORCH_VERSION; }
const char *CTorchLastError(void) { return lastError.c_str(); }
int64_t CTorchLiveTensorCount(void) { return liveTensors.load(); }
void CTorchSetThreadCount(int count) { at::set_num_threads(count); }
void CTorchKeepFreedMemory(void) {
#ifdef __GLIBC__
    // The largest values that are taken.
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}
int CTorchThreadCount(void) { return at::get_num_threads(); }
bool CTorchCUDAIsAvailable(void) { return at::hasCUDA(); }
bool CTorchMPSIsAvailable(void) { return at::hasMPS(); }
bool CTorchProcessorHas(const char *instructions) {
    bool result = false;
    caught([&] {
        auto known = at::cpu::get_cpu_capabilities();
        auto found = known.find(instructions);
        result = found != known.end() && found->second.toBool();
    });
    return result;
}
bool CTorchCUDAHasBFloat16(void) {
    bool result = false;
    caught([&] { result = at::hasCUDA() && at::detail::getCUDAHooks().supportsBFloat16ConvolutionWithCuDNNv8(); });
    return result;
}

int CTorchOpenCUDA(const char *path) {
    if (dlopen(path, RTLD_NOW | RTLD_GLOBAL)) return 0;
    lastError = dlerror();
    return 1;
}

bool CTorchSetGradientEnabled(bool enabled) {
    bool before = at::GradMode::is_enabled();
    at::GradMode::set_enabled(enabled);
    return before;
}

void CTorchAutocastBegin(const char *device, int type) {
    auto kind = at::Device(device).type();
    at::autocast::set_autocast_dtype(kind, static_cast<at::ScalarType>(type));
    at::autocast::set_autocast_enabled(kind, true);
    at::autocast::increment_nesting();
}

void CTorchAutocastEnd(const char *device) {
    if (at::autocast::decrement_nesting() > 0) return;
    at::autocast::clear_cache();
    at::autocast::set_autocast_enabled(at::Device(device).type(), false);
}

// MARK: Random numbers
CTorchGenerator CTorchGeneratorMake(uint64_t seed, const char *device) {
    CTorchGenerator result = nullptr;
    caught([&] {
        // A copy of the device's default generator: the one way that serves every device alike.
        auto generator = at::globalContext().defaultGenerator(at::Device(device)).clone();
        generator.set_current_seed(seed);
        result = new CTorchGeneratorStorage{generator};
    });
    return result;
}
void CTorchGeneratorFree(CTorchGenerator generator) { delete generator; }
CTorchTensor CTorchGeneratorState(CTorchGenerator generator) {
    return made([&] { return generator->generator.get_state(); });
}
int CTorchGeneratorSetState(CTorchGenerator generator, CTorchTensor state) {
    return caught([&] { generator->generator.set_state(state->tensor); });
}
CTorchTensor CTorchRandomNormal(const int64_t *shape, int dimensions, const char *device, CTorchGenerator generator) {
    return made([&] { return at::randn(ints(shape, dimensions), generator->generator, at::Device(device)); });
}
CTorchTensor CTorchRandomUniform(const int64_t *shape, int dimensions, const char *device, CTorchGenerator generator) {
    return made([&] { return at::rand(ints(shape, dimensions), generator->generator, at::Device(device)); });
}
CTorchTensor CTorchDropout(CTorchTensor a, double probability, CTorchGenerator generator) {
    return made([&] {
        auto kept = at::empty_like(a->tensor).bernoulli_(1 - probability, generator->generator);
        return a->tensor * kept.div_(1 - probability);
    });
}

// MARK: Making and reading tensors
CTorchTensor CTorchFromBytes(const void *bytes, const int64_t *shape, int dimensions, int type, const char *device) {
    return made([&] {
        auto view = at::from_blob(const_cast<void *>(bytes), ints(shape, dimensions), options(type, "cpu"));
        return view.to(at::Device(device), view.scalar_type(), /*non_blocking=*/false, /*copy=*/true);
    });
}
CTorchTensor CTorchFull(double value, const int64_t *shape, int dimensions, int type, const char *device) {
    return made([&] { return at::full(ints(shape, dimensions), value, options(type, device)); });
}
CTorchTensor CTorchArange(int64_t count, const char *device) {
    return made([&] { return at::arange(count, at::TensorOptions().dtype(at::kFloat).device(at::Device(device))); });
}
void CTorchFree(CTorchTensor tensor) {
    liveTensors.fetch_sub(1, std::memory_order_relaxed);
    delete tensor;
}
int CTorchDimensions(CTorchTensor tensor) { return static_cast<int>(tensor->tensor.dim()); }
int64_t CTorchSize(CTorchTensor tensor, int dimension) { return tensor->tensor.size(dimension); }
int CTorchTypeOf(CTorchTensor tensor) { return static_cast<int>(tensor->tensor.scalar_type()); }
const char *CTorchDeviceOf(CTorchTensor tensor) {
    lastDevice = tensor->tensor.device().str();
    return lastDevice.c_str();
}
int CTorchCopyBytes(CTorchTensor tensor, void *bytes, size_t count) {
    return caught([&] {
        auto source = tensor->tensor.detach().to(at::kCPU).contiguous();
        TORCH_CHECK(source.nbytes() == count, "the buffer holds ", count, " bytes, the tensor ", source.nbytes());
        std::memcpy(bytes, source.data_ptr(), count);
    });
}
CTorchTensor CTorchTo(CTorchTensor tensor, int type, const char *device) {
    return made([&] { return tensor->tensor.to(options(type, device)); });
}
CTorchTensor CTorchChannelsLast(CTorchTensor tensor) {
    return made([&] { return tensor->tensor.contiguous(at::MemoryFormat::ChannelsLast); });
}
CTorchTensor CTorchContiguous(CTorchTensor tensor) {
    return made([&] { return tensor->tensor.contiguous(); });
}
CTorchTensor CTorchClone(CTorchTensor tensor) {
    return made([&] { return tensor->tensor.clone(); });
}

// MARK: Autograd
CTorchTensor CTorchDetach(CTorchTensor tensor) {
    return made([&] { return tensor->tensor.detach(); });
}
int CTorchSetRequiresGradient(CTorchTensor tensor, bool required) {
    return caught([&] { tensor->tensor.set_requires_grad(required); });
}
bool CTorchRequiresGradient(CTorchTensor tensor) { return tensor->tensor.requires_grad(); }
int CTorchBackward(CTorchTensor tensor) {
    return caught([&] { tensor->tensor.backward(); });
}
bool CTorchHasGradient(CTorchTensor tensor) { return tensor->tensor.grad().defined(); }
CTorchTensor CTorchGradient(CTorchTensor tensor) {
    return made([&] { return tensor->tensor.grad(); });
}
CTorchTensor CTorchDifferentiableGradient(CTorchTensor output, CTorchTensor input) {
    return made([&] {
        return torch::autograd::grad(
            {output->tensor}, {input->tensor}, /*grad_outputs=*/{}, /*retain_graph=*/true, /*create_graph=*/true)[0];
    });
}
void CTorchClearGradient(CTorchTensor tensor) { tensor->tensor.mutable_grad().reset(); }
int CTorchCopyInto(CTorchTensor destination, CTorchTensor source) {
    return caught([&] {
        at::NoGradGuard guard;
        destination->tensor.copy_(source->tensor);
    });
}

// MARK: Arithmetic
CTorchTensor CTorchAdd(CTorchTensor a, CTorchTensor b) {
    return made([&] { return a->tensor + b->tensor; });
}
CTorchTensor CTorchSubtract(CTorchTensor a, CTorchTensor b) {
    return made([&] { return a->tensor - b->tensor; });
}
CTorchTensor CTorchMultiply(CTorchTensor a, CTorchTensor b) {
    return made([&] { return a->tensor * b->tensor; });
}
CTorchTensor CTorchDivide(CTorchTensor a, CTorchTensor b) {
    return made([&] { return a->tensor / b->tensor; });
}
CTorchTensor CTorchMatrixMultiply(CTorchTensor a, CTorchTensor b) {
    return made([&] { return at::matmul(a->tensor, b->tensor); });
}
CTorchTensor CTorchAddScalar(CTorchTensor a, double b) {
    return made([&] { return a->tensor + b; });
}
CTorchTensor CTorchMultiplyScalar(CTorchTensor a, double b) {
    return made([&] { return a->tensor * b; });
}
CTorchTensor CTorchPower(CTorchTensor a, double exponent) {
    return made([&] { return a->tensor.pow(exponent); });
}
CTorchTensor CTorchClamp(CTorchTensor a, double lower, double upper) {
    return made([&] { return a->tensor.clamp(lower, upper); });
}
CTorchTensor CTorchAbsolute(CTorchTensor a) {
    return made([&] { return a->tensor.abs(); });
}
CTorchTensor CTorchExponential(CTorchTensor a) {
    return made([&] { return a->tensor.exp(); });
}
CTorchTensor CTorchLogarithm(CTorchTensor a) {
    return made([&] { return a->tensor.log(); });
}
CTorchTensor CTorchSine(CTorchTensor a) {
    return made([&] { return a->tensor.sin(); });
}
CTorchTensor CTorchCosine(CTorchTensor a) {
    return made([&] { return a->tensor.cos(); });
}
CTorchTensor CTorchArcTangent(CTorchTensor y, CTorchTensor x) {
    return made([&] { return at::atan2(y->tensor, x->tensor); });
}
CTorchTensor CTorchSum(CTorchTensor a, const int64_t *dimensions, int count, bool keep) {
    return made([&] { return a->tensor.sum(ints(dimensions, count), keep); });
}
CTorchTensor CTorchMean(CTorchTensor a, const int64_t *dimensions, int count, bool keep) {
    return made([&] { return a->tensor.mean(ints(dimensions, count), keep); });
}

// MARK: Shape
CTorchTensor CTorchReshape(CTorchTensor a, const int64_t *shape, int dimensions) {
    return made([&] { return a->tensor.reshape(ints(shape, dimensions)); });
}
CTorchTensor CTorchExpand(CTorchTensor a, const int64_t *shape, int dimensions) {
    return made([&] { return a->tensor.expand(ints(shape, dimensions)); });
}
CTorchTensor CTorchPermute(CTorchTensor a, const int64_t *order, int dimensions) {
    return made([&] { return a->tensor.permute(ints(order, dimensions)); });
}
CTorchTensor CTorchConcatenate(const CTorchTensor *tensors, int count, int dimension) {
    return made([&] { return at::cat(list(tensors, count), dimension); });
}
CTorchTensor CTorchNarrow(CTorchTensor a, int dimension, int64_t start, int64_t length) {
    return made([&] { return a->tensor.narrow(dimension, start, length); });
}
CTorchTensor CTorchFlip(CTorchTensor a, int dimension) {
    return made([&] { return a->tensor.flip(dimension); });
}
CTorchTensor CTorchIndexSelect(CTorchTensor a, int dimension, CTorchTensor indices) {
    return made([&] { return a->tensor.index_select(dimension, indices->tensor); });
}
CTorchTensor CTorchEveryPixel(CTorchTensor a, int64_t step, int64_t padding) {
    return made([&] {
        auto framed =
            padding ? at::constant_pad_nd(a->tensor, {padding, padding, padding, padding}, 0) : a->tensor;
        return framed.slice(2, 0, std::nullopt, step).slice(3, 0, std::nullopt, step);
    });
}

// MARK: Networks
CTorchTensor CTorchConvolution(
    CTorchTensor a, CTorchTensor weight, CTorchTensor bias, int64_t stride, int64_t padding, int64_t groups) {
    return made([&] {
        return at::conv2d(
            a->tensor, weight->tensor, optional(bias), {stride, stride}, at::IntArrayRef{padding, padding}, {1, 1},
            groups);
    });
}
CTorchTensor CTorchTransposedConvolution(
    CTorchTensor a, CTorchTensor weight, CTorchTensor bias, int64_t stride, int64_t padding, int64_t outputPadding) {
    return made([&] {
        return at::conv_transpose2d(
            a->tensor, weight->tensor, optional(bias), {stride, stride}, {padding, padding},
            {outputPadding, outputPadding});
    });
}
CTorchTensor CTorchLinear(CTorchTensor a, CTorchTensor weight, CTorchTensor bias) {
    return made([&] { return at::linear(a->tensor, weight->tensor, optional(bias)); });
}
CTorchTensor CTorchBatchNorm(
    CTorchTensor a, CTorchTensor weight, CTorchTensor bias, CTorchTensor mean, CTorchTensor variance, bool training,
    double momentum, double epsilon) {
    return made([&] {
        return at::batch_norm(
            a->tensor, weight->tensor, bias->tensor, mean->tensor, variance->tensor, training, momentum, epsilon, true);
    });
}
CTorchTensor CTorchGroupNorm(CTorchTensor a, int64_t groups, CTorchTensor weight, CTorchTensor bias, double epsilon) {
    return made([&] { return at::group_norm(a->tensor, groups, weight->tensor, bias->tensor, epsilon); });
}
CTorchTensor CTorchRelu(CTorchTensor a) {
    return made([&] { return at::relu(a->tensor); });
}
CTorchTensor CTorchLeakyRelu(CTorchTensor a, double slope) {
    return made([&] { return at::leaky_relu(a->tensor, slope); });
}
CTorchTensor CTorchPRelu(CTorchTensor a, CTorchTensor weight) {
    // prelu wants one type; under autocast the activations are narrower than the parameter.
    return made([&] { return at::prelu(a->tensor, weight->tensor.to(a->tensor.scalar_type())); });
}
CTorchTensor CTorchTanh(CTorchTensor a) {
    return made([&] { return at::tanh(a->tensor); });
}
CTorchTensor CTorchSigmoid(CTorchTensor a) {
    return made([&] { return at::sigmoid(a->tensor); });
}
CTorchTensor CTorchSilu(CTorchTensor a) {
    return made([&] { return at::silu(a->tensor); });
}
CTorchTensor CTorchSoftplus(CTorchTensor a) {
    return made([&] { return at::softplus(a->tensor); });
}
CTorchTensor CTorchSoftmax(CTorchTensor a, int dimension) {
    return made([&] { return at::softmax(a->tensor, dimension); });
}
CTorchTensor CTorchSingularValues(CTorchTensor a) {
    return made([&] { return at::linalg_svdvals(a->tensor); });
}
CTorchTensor CTorchLogAbsoluteDeterminant(CTorchTensor a) {
    return made([&] { return std::get<1>(at::linalg_slogdet(a->tensor)); });
}
CTorchTensor CTorchInverse(CTorchTensor a) {
    return made([&] { return at::linalg_inv(a->tensor); });
}
CTorchTensor CTorchPixelShuffle(CTorchTensor a, int64_t factor) {
    return made([&] { return at::pixel_shuffle(a->tensor, factor); });
}
CTorchTensor CTorchUpsampleNearest(CTorchTensor a, int64_t factor) {
    return made([&] {
        return at::upsample_nearest2d(a->tensor, {a->tensor.size(2) * factor, a->tensor.size(3) * factor});
    });
}
CTorchTensor CTorchAveragePool(CTorchTensor a, int64_t size) {
    return made([&] { return at::avg_pool2d(a->tensor, {size, size}); });
}
CTorchTensor CTorchMaxPool(CTorchTensor a, int64_t size) {
    return made([&] { return at::max_pool2d(a->tensor, {size, size}); });
}

// MARK: Optimisers
int CTorchAdamStep(
    const CTorchTensor *parameters, const CTorchTensor *gradients, const CTorchTensor *means,
    const CTorchTensor *squares, const CTorchTensor *steps, int count, double rate, double beta1, double beta2,
    double decay, double epsilon) {
    return caught([&] {
        at::NoGradGuard guard;
        auto counters = list(steps, count);
        at::_foreach_add_(counters, 1);
        at::_fused_adam_(
            list(parameters, count), list(gradients, count), list(means, count), list(squares, count), {}, counters,
            rate, beta1, beta2, decay, epsilon, /*amsgrad=*/false, /*maximize=*/false);
    });
}
int CTorchMomentumStep(
    const CTorchTensor *parameters, const CTorchTensor *gradients, const CTorchTensor *velocities, int count,
    double rate, double momentum, double decay) {
    return caught([&] {
        at::NoGradGuard guard;
        at::_fused_sgd_(
            list(parameters, count), list(gradients, count), list(velocities, count), decay, momentum, rate,
            /*dampening=*/0, /*nesterov=*/false, /*maximize=*/false, /*is_first_step=*/false);
    });
}
int CTorchLerp(const CTorchTensor *destinations, const CTorchTensor *sources, int count, double weight) {
    return caught([&] {
        at::NoGradGuard guard;
        at::_foreach_lerp_(list(destinations, count), list(sources, count), weight);
    });
}
double CTorchClipGradients(const CTorchTensor *gradients, int count, double limit) {
    double norm = NAN;
    caught([&] {
        at::NoGradGuard guard;
        auto all = list(gradients, count);
        norm = at::stack(at::_foreach_norm(all, 2)).norm().item<double>();
        if (norm > limit) at::_foreach_mul_(all, limit / (norm + 1e-6));
    });
    return norm;
}
