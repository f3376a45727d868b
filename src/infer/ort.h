// ONNX Runtime's C++ API without a link to its library, which runtime.cpp loads at run time. Only
// for the .cpp files of this folder.
#pragma once

#define ORT_API_MANUAL_INIT
#include <onnxruntime_cxx_api.h>

#include "infer/runtime.h"

static_assert(ORT_API_VERSION == 21, "run scripts/fetch_onnxruntime: it fetches the headers used");

namespace poss::infer {

// The one environment of the process; `runtime` proves that the library is loaded.
Ort::Env& ort_env(const Runtime& runtime);

}  // namespace poss::infer
