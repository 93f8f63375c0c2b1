#include "COpenVINO.h"

ov_status_e copenvino_set_property(const ov_core_t *core, const char *device, const char *key, const char *value) {
    return ov_core_set_property(core, device, key, value);
}

ov_status_e copenvino_compile(const ov_core_t *core, const ov_model_t *model, const char *device,
                              ov_compiled_model_t **compiled) {
    return ov_core_compile_model(core, model, device, 0, compiled);
}

int copenvino_instructions(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512bw")) return 4;
    if (__builtin_cpu_supports("avx2")) return 3;
    if (__builtin_cpu_supports("avx")) return 2;
    return __builtin_cpu_supports("sse4.1") ? 1 : 0;
#else
    return 4;
#endif
}

bool copenvino_has_bfloat16(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bf16");
#else
    return false;
#endif
}
