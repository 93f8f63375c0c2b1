// OpenVINO's C API, and what Swift cannot import of it: functions with a variable number of arguments.
#pragma once

#include <openvino/c/openvino.h>

/// Sets one property of a device, which every network compiled from `core` afterwards takes over.
ov_status_e copenvino_set_property(const ov_core_t *core, const char *device, const char *key, const char *value);

/// Compiles `model` with the properties set before.
ov_status_e copenvino_compile(const ov_core_t *core, const ov_model_t *model, const char *device,
                              ov_compiled_model_t **compiled);
