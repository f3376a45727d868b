// TensorFlow Lite loaded from build/oracle, and a Session on a temporary file.
#include "oracle.h"

#include <array>
#include <filesystem>
#include <memory>

#include <dlfcn.h>
#include <stdlib.h>

#include "base/file.h"
#include "infer/session.h"

// ONNX Runtime itself leaks a few hundred bytes when it fuses quantised operators. LeakSanitizer
// asks for this by name.
extern "C" const char* __lsan_default_suppressions() { return "leak:libonnxruntime.so"; }

namespace poss {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "build/oracle/libtensorflowlite_c.so";

// The functions used of TensorFlow Lite's C API (tensorflow/lite/c/c_api.h); 0 means success.
struct Library {
  void* (*model_create)(const void*, size_t);
  void (*model_delete)(void*);
  void* (*interpreter_create)(const void*, const void*);
  void (*interpreter_delete)(void*);
  int (*allocate)(void*);
  void* (*input)(const void*, std::int32_t);
  int (*invoke)(void*);
  std::int32_t (*output_count)(const void*);
  const void* (*output)(const void*, std::int32_t);
  size_t (*byte_size)(const void*);
  int (*copy_from)(void*, const void*, size_t);
  int (*copy_to)(const void*, void*, size_t);
};

template <class F>
bool load(void* handle, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(handle, name));
  return function != nullptr;
}

Result<Library> load_library() {
  void* handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (!handle) return Error{Code::unavailable, dlerror()};
  Library out{};
  const bool complete = load(handle, "TfLiteModelCreate", out.model_create) &&
                        load(handle, "TfLiteModelDelete", out.model_delete) &&
                        load(handle, "TfLiteInterpreterCreate", out.interpreter_create) &&
                        load(handle, "TfLiteInterpreterDelete", out.interpreter_delete) &&
                        load(handle, "TfLiteInterpreterAllocateTensors", out.allocate) &&
                        load(handle, "TfLiteInterpreterGetInputTensor", out.input) &&
                        load(handle, "TfLiteInterpreterInvoke", out.invoke) &&
                        load(handle, "TfLiteInterpreterGetOutputTensorCount", out.output_count) &&
                        load(handle, "TfLiteInterpreterGetOutputTensor", out.output) &&
                        load(handle, "TfLiteTensorByteSize", out.byte_size) &&
                        load(handle, "TfLiteTensorCopyFromBuffer", out.copy_from) &&
                        load(handle, "TfLiteTensorCopyToBuffer", out.copy_to);
  if (!complete) return Error{Code::unavailable, std::string(kLibrary) + " lacks a function"};
  return out;
}

}  // namespace

bool have_oracle() { return fs::exists(kLibrary); }

Result<std::vector<std::vector<float>>> run_tflite(std::string_view file,
                                                   std::span<const std::byte> input) {
  static const Result<Library> loaded = load_library();
  if (!loaded) return loaded.error();
  const Library& api = *loaded;
  const auto refused = [](const char* what) {
    return Error{Code::invalid_argument, std::string("TensorFlow Lite cannot ") + what};
  };
  const std::unique_ptr<void, void (*)(void*)> model(api.model_create(file.data(), file.size()),
                                                     api.model_delete);
  if (!model) return refused("read the file");
  const std::unique_ptr<void, void (*)(void*)> interpreter(
      api.interpreter_create(model.get(), nullptr), api.interpreter_delete);
  if (!interpreter || api.allocate(interpreter.get()) != 0) return refused("prepare the file");
  if (api.copy_from(api.input(interpreter.get(), 0), input.data(), input.size()) != 0) {
    return refused("take the input");
  }
  if (api.invoke(interpreter.get()) != 0) return refused("run the file");
  std::vector<std::vector<float>> outputs;
  for (int i = 0; i < api.output_count(interpreter.get()); ++i) {
    const void* tensor = api.output(interpreter.get(), i);
    auto& values = outputs.emplace_back(api.byte_size(tensor) / sizeof(float));
    if (api.copy_to(tensor, values.data(), values.size() * sizeof(float)) != 0) {
      return refused("hand out an output");
    }
  }
  return outputs;
}

Result<std::map<std::string, std::vector<float>>> run_onnx(const std::string& onnx, int height,
                                                           int width,
                                                           std::span<const float> input) {
  std::string folder = (fs::temp_directory_path() / "poss-agreement-XXXXXX").string();
  if (!mkdtemp(folder.data())) return Error{Code::internal, "no temporary folder"};
  const auto remove = [](const std::string* path) { fs::remove_all(*path); };
  const std::unique_ptr<const std::string, decltype(remove)> cleaner(&folder, remove);
  const fs::path file = fs::path(folder) / "model.onnx";
  POSS_TRY(replace_file(file, onnx));
  POSS_ASSIGN(const auto session, infer::Session::open(file, 1));
  std::vector<size_t> wanted;
  for (size_t i = 0; i < session->outputs().size(); ++i) wanted.push_back(i);
  const std::array<std::int64_t, 4> shape{1, 3, height, width};
  const infer::InputTensor picture{0, std::as_bytes(input), shape};
  POSS_ASSIGN(const auto outputs, session->run(std::span(&picture, 1), wanted));
  std::map<std::string, std::vector<float>> out;
  for (const size_t i : wanted) {
    const auto values = outputs.tensors[i].values;
    out[session->outputs()[i].name].assign(values.begin(), values.end());
  }
  return out;
}

}  // namespace poss
