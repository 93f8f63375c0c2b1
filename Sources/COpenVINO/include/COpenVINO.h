// OpenVINO's C API, and what Swift lacks around it: functions with a variable number of arguments, and the
// compiler's own question after the processor.
#pragma once

#include <openvino/c/openvino.h>
#include <stdbool.h>

/// Sets one property of a device, which every network compiled from `core` afterwards takes over.
ov_status_e copenvino_set_property(const ov_core_t *core, const char *device, const char *key, const char *value);

/// Compiles `model` with the properties set before.
ov_status_e copenvino_compile(const ov_core_t *core, const ov_model_t *model, const char *device,
                              ov_compiled_model_t **compiled);

/// The newest of an x86 processor's instruction sets that matters here: 4 AVX-512, 3 AVX2, 2 AVX, 1 SSE4.1, 0 none of
/// them. Another kind of processor, which has no older kinds to tell apart, answers 4.
int copenvino_instructions(void);

/// Whether the processor has AVX-512's instructions for bfloat16. All that have AMX do; of other kinds than x86 nothing
/// is known, and the answer is no.
bool copenvino_has_bfloat16(void);
