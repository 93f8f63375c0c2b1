// libtorch behind C. Every function that can fail returns NULL or a non-zero status, and CTorchLastError() then says
// why; no C++ exception crosses. Shapes are int64; a missing tensor is NULL.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct CTorchTensorStorage *CTorchTensor;
typedef struct CTorchGeneratorStorage *CTorchGenerator;

// MARK: Process
const char *CTorchLastError(void);

// The version of libtorch, such as "2.11.0".
const char *CTorchVersion(void);
int64_t CTorchLiveTensorCount(void);
void CTorchSetThreadCount(int count);
// Lets the C library keep memory that is given back, where it can be told so.
void CTorchKeepFreedMemory(void);
int CTorchThreadCount(void);
// Opens libtorch_cuda at `path` and lets it register itself. Returns non-zero if it cannot be opened.
int CTorchOpenCUDA(const char *path);
bool CTorchCUDAIsAvailable(void);
bool CTorchMPSIsAvailable(void);
// Whether the processor has an instruction set, by libtorch's name for it, such as avx512_bf16.
bool CTorchProcessorHas(const char *instructions);
// Whether the current GPU convolves in bfloat16.
bool CTorchCUDAHasBFloat16(void);
// Returns what was set before.
bool CTorchSetGradientEnabled(bool enabled);
// Matrix products and convolutions in between run in `type`; nests.
void CTorchAutocastBegin(const char *device, int type);
void CTorchAutocastEnd(const char *device);

// MARK: Random numbers
CTorchGenerator CTorchGeneratorMake(uint64_t seed, const char *device);
void CTorchGeneratorFree(CTorchGenerator generator);
CTorchTensor CTorchGeneratorState(CTorchGenerator generator);
int CTorchGeneratorSetState(CTorchGenerator generator, CTorchTensor state);
CTorchTensor CTorchRandomNormal(const int64_t *shape, int dimensions, const char *device, CTorchGenerator generator);
CTorchTensor CTorchRandomUniform(const int64_t *shape, int dimensions, const char *device, CTorchGenerator generator);
// `a` with each element set to 0 at `probability`, the others divided by 1 - probability.
CTorchTensor CTorchDropout(CTorchTensor a, double probability, CTorchGenerator generator);

// MARK: Making and reading tensors. Types are libtorch's own ScalarType codes.
CTorchTensor CTorchFromBytes(const void *bytes, const int64_t *shape, int dimensions, int type, const char *device);
CTorchTensor CTorchFull(double value, const int64_t *shape, int dimensions, int type, const char *device);
CTorchTensor CTorchArange(int64_t count, const char *device);
void CTorchFree(CTorchTensor tensor);
int CTorchDimensions(CTorchTensor tensor);
int64_t CTorchSize(CTorchTensor tensor, int dimension);
int CTorchTypeOf(CTorchTensor tensor);
// Valid until the thread's next call of this function.
const char *CTorchDeviceOf(CTorchTensor tensor);
// Copies all elements, row-major, into `bytes`, which holds `count` bytes.
int CTorchCopyBytes(CTorchTensor tensor, void *bytes, size_t count);
CTorchTensor CTorchTo(CTorchTensor tensor, int type, const char *device);
CTorchTensor CTorchChannelsLast(CTorchTensor tensor);
CTorchTensor CTorchContiguous(CTorchTensor tensor);
CTorchTensor CTorchClone(CTorchTensor tensor);

// MARK: Autograd
CTorchTensor CTorchDetach(CTorchTensor tensor);
int CTorchSetRequiresGradient(CTorchTensor tensor, bool required);
bool CTorchRequiresGradient(CTorchTensor tensor);
int CTorchBackward(CTorchTensor tensor);
bool CTorchHasGradient(CTorchTensor tensor);
CTorchTensor CTorchGradient(CTorchTensor tensor);
// Of `output`, one number, for `input`; can itself be differentiated. Keeps the graph, and touches no stored gradient.
CTorchTensor CTorchDifferentiableGradient(CTorchTensor output, CTorchTensor input);
void CTorchClearGradient(CTorchTensor tensor);
int CTorchCopyInto(CTorchTensor destination, CTorchTensor source);

// MARK: Arithmetic
CTorchTensor CTorchAdd(CTorchTensor a, CTorchTensor b);
CTorchTensor CTorchSubtract(CTorchTensor a, CTorchTensor b);
CTorchTensor CTorchMultiply(CTorchTensor a, CTorchTensor b);
CTorchTensor CTorchDivide(CTorchTensor a, CTorchTensor b);
CTorchTensor CTorchMatrixMultiply(CTorchTensor a, CTorchTensor b);
CTorchTensor CTorchAddScalar(CTorchTensor a, double b);
CTorchTensor CTorchMultiplyScalar(CTorchTensor a, double b);
CTorchTensor CTorchPower(CTorchTensor a, double exponent);
CTorchTensor CTorchClamp(CTorchTensor a, double lower, double upper);
CTorchTensor CTorchAbsolute(CTorchTensor a);
CTorchTensor CTorchExponential(CTorchTensor a);
CTorchTensor CTorchLogarithm(CTorchTensor a);
CTorchTensor CTorchSine(CTorchTensor a);
CTorchTensor CTorchCosine(CTorchTensor a);
// The angle of the point (x, y), in radians.
CTorchTensor CTorchArcTangent(CTorchTensor y, CTorchTensor x);
CTorchTensor CTorchSum(CTorchTensor a, const int64_t *dimensions, int count, bool keep);
CTorchTensor CTorchMean(CTorchTensor a, const int64_t *dimensions, int count, bool keep);

// MARK: Shape
CTorchTensor CTorchReshape(CTorchTensor a, const int64_t *shape, int dimensions);
CTorchTensor CTorchExpand(CTorchTensor a, const int64_t *shape, int dimensions);
CTorchTensor CTorchPermute(CTorchTensor a, const int64_t *order, int dimensions);
CTorchTensor CTorchConcatenate(const CTorchTensor *tensors, int count, int dimension);
CTorchTensor CTorchNarrow(CTorchTensor a, int dimension, int64_t start, int64_t length);
CTorchTensor CTorchFlip(CTorchTensor a, int dimension);
CTorchTensor CTorchIndexSelect(CTorchTensor a, int dimension, CTorchTensor indices);
/// Of (B, C, H, W), every `step`-th row and column, counted from the first of a margin of `padding` zeros.
CTorchTensor CTorchEveryPixel(CTorchTensor a, int64_t step, int64_t padding);

// MARK: Networks
CTorchTensor CTorchConvolution(
    CTorchTensor a, CTorchTensor weight, CTorchTensor bias, int64_t stride, int64_t padding, int64_t groups);
CTorchTensor CTorchTransposedConvolution(
    CTorchTensor a, CTorchTensor weight, CTorchTensor bias, int64_t stride, int64_t padding, int64_t outputPadding);
CTorchTensor CTorchLinear(CTorchTensor a, CTorchTensor weight, CTorchTensor bias);
CTorchTensor CTorchBatchNorm(
    CTorchTensor a, CTorchTensor weight, CTorchTensor bias, CTorchTensor mean, CTorchTensor variance, bool training,
    double momentum, double epsilon);
CTorchTensor CTorchGroupNorm(CTorchTensor a, int64_t groups, CTorchTensor weight, CTorchTensor bias, double epsilon);
CTorchTensor CTorchRelu(CTorchTensor a);
CTorchTensor CTorchLeakyRelu(CTorchTensor a, double slope);
CTorchTensor CTorchPRelu(CTorchTensor a, CTorchTensor weight);
CTorchTensor CTorchTanh(CTorchTensor a);
CTorchTensor CTorchSigmoid(CTorchTensor a);
CTorchTensor CTorchSilu(CTorchTensor a);
CTorchTensor CTorchSoftplus(CTorchTensor a);
CTorchTensor CTorchSingularValues(CTorchTensor a);
CTorchTensor CTorchLogAbsoluteDeterminant(CTorchTensor a);
CTorchTensor CTorchInverse(CTorchTensor a);
CTorchTensor CTorchSoftmax(CTorchTensor a, int dimension);
CTorchTensor CTorchPixelShuffle(CTorchTensor a, int64_t factor);
CTorchTensor CTorchUpsampleNearest(CTorchTensor a, int64_t factor);
CTorchTensor CTorchAveragePool(CTorchTensor a, int64_t size);
CTorchTensor CTorchMaxPool(CTorchTensor a, int64_t size);

// MARK: Optimisers, one call for all parameters
int CTorchAdamStep(
    const CTorchTensor *parameters, const CTorchTensor *gradients, const CTorchTensor *means,
    const CTorchTensor *squares, const CTorchTensor *steps, int count, double rate, double beta1, double beta2,
    double decay, double epsilon);
int CTorchMomentumStep(
    const CTorchTensor *parameters, const CTorchTensor *gradients, const CTorchTensor *velocities, int count,
    double rate, double momentum, double decay);
// destination ← destination + (source − destination) · weight
int CTorchLerp(const CTorchTensor *destinations, const CTorchTensor *sources, int count, double weight);
// Scales all gradients so that their joint 2-norm is at most `limit`; returns the norm before, NaN where it fails.
double CTorchClipGradients(const CTorchTensor *gradients, int count, double limit);

#ifdef __cplusplus
}
#endif
