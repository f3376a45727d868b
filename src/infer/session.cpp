// Loading and running ONNX files; the only place where ONNX Runtime's sessions are touched.
#include "infer/session.h"

#include <algorithm>

#include "infer/ort.h"

namespace poss::infer {

namespace {

// The first line of the runtime's message, without its source positions and unbounded lists.
std::string short_reason(const char* what) {
  std::string text(what);
  text = text.substr(0, text.find('\n'));
  // "/path/of/build/file.cc:123 void onnxruntime::Function(...) reason" → "reason"
  if (const auto at = text.find(".cc:"); at != std::string::npos) {
    if (const auto end = text.rfind(") "); end != std::string::npos && end > at) {
      text = text.substr(end + 2);
    }
  }
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  if (text.size() > 400) text = text.substr(0, 400) + "…";
  return text;
}

Error load_error(const std::string& file, const Ort::Exception& error) {
  const std::string reason = short_reason(error.what());
  const auto failed = [&](const std::string& what) {
    return Error{Code::invalid_argument, "'" + file + "' " + what};
  };
  switch (error.GetOrtErrorCode()) {
    case ORT_INVALID_PROTOBUF:
    case ORT_NO_MODEL:
      return failed("is not an ONNX file, or is damaged: export or copy it again");
    case ORT_NOT_IMPLEMENTED:
      return failed(
          "needs an operator this machine's ONNX Runtime lacks; export it with a common "
          "opset: " +
          reason);
    case ORT_NO_SUCHFILE:
      return Error{Code::not_found,
                   "'" + file + "' or a file it refers to does not exist: " + reason};
    default:
      return failed("cannot be loaded; export it again: " + reason);
  }
}

ElementType element_type(ONNXTensorElementDataType type) {
  switch (type) {
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT:
      return ElementType::float32;
    case ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8:
      return ElementType::uint8;
    default:
      return ElementType::other;
  }
}

TensorInfo describe(const char* name, const Ort::TypeInfo& type) {
  TensorInfo info;
  info.name = name;
  if (type.GetONNXType() != ONNX_TYPE_TENSOR) return info;
  const auto tensor = type.GetTensorTypeAndShapeInfo();
  info.type = element_type(tensor.GetElementType());
  info.shape = tensor.GetShape();
  return info;
}

Result<void> check_file(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) {
    return Error{Code::not_found, "there is no model file '" + file.string() + "'"};
  }
  if (!std::filesystem::is_regular_file(status)) {
    return Error{Code::invalid_argument, "'" + file.string() + "' is not a regular file"};
  }
  const auto bytes = std::filesystem::file_size(file, error);
  if (error) {
    return Error{Code::permission_denied,
                 "cannot read '" + file.string() + "': " + error.message()};
  }
  if (bytes == 0) {
    return Error{Code::invalid_argument,
                 "'" + file.string() + "' is empty: export or copy the model again"};
  }
  if (bytes > Session::kMaxBytes) {
    return Error{Code::resource_exhausted, "'" + file.string() + "' has " + std::to_string(bytes) +
                                               " bytes; a model may have " +
                                               std::to_string(Session::kMaxBytes)};
  }
  return {};
}

}  // namespace

std::string shape_text(std::span<const std::int64_t> shape) {
  std::string out = "[";
  for (const auto size : shape) {
    if (out.size() > 1) out += ',';
    out += size < 0 ? "?" : std::to_string(size);
  }
  return out + "]";
}

struct Session::State {
  std::string file;
  // Run() of a session may be called by any number of threads, but is not const in the C++ API.
  mutable Ort::Session session{nullptr};
  Ort::MemoryInfo memory{nullptr};
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
};

Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;

const std::vector<TensorInfo>& Session::inputs() const { return state_->inputs; }
const std::vector<TensorInfo>& Session::outputs() const { return state_->outputs; }

Result<std::unique_ptr<Session>> Session::open(const std::filesystem::path& file, int threads) {
  POSS_ASSIGN(const Runtime* runtime, Runtime::get());
  POSS_TRY(check_file(file));
  try {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(std::clamp(threads, 1, 64));
    options.SetInterOpNumThreads(1);
    options.SetExecutionMode(ORT_SEQUENTIAL);
    options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
    options.SetLogSeverityLevel(ORT_LOGGING_LEVEL_ERROR);
    options.AddConfigEntry("session.intra_op.allow_spinning", "0");
    options.AddConfigEntry("session.inter_op.allow_spinning", "0");
    options.AddConfigEntry("session.use_env_allocators", "1");

    auto state = std::make_unique<State>();
    state->file = file.string();
    state->session = Ort::Session(ort_env(*runtime), file.c_str(), options);
    state->memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    Ort::AllocatorWithDefaultOptions allocator;
    for (size_t i = 0; i < state->session.GetInputCount(); ++i) {
      state->inputs.push_back(describe(state->session.GetInputNameAllocated(i, allocator).get(),
                                       state->session.GetInputTypeInfo(i)));
    }
    for (size_t i = 0; i < state->session.GetOutputCount(); ++i) {
      state->outputs.push_back(describe(state->session.GetOutputNameAllocated(i, allocator).get(),
                                        state->session.GetOutputTypeInfo(i)));
    }
    return std::unique_ptr<Session>(new Session(std::move(state)));
  } catch (const Ort::Exception& error) {
    return load_error(file.string(), error);
  } catch (const std::bad_alloc&) {
    return Error{Code::resource_exhausted, "not enough memory for '" + file.string() + "'"};
  } catch (const std::exception& error) {
    return Error{Code::internal, "'" + file.string() + "' cannot be loaded: " + error.what()};
  }
}

Result<Outputs> Session::run(size_t input, std::span<const std::byte> tensor,
                             std::span<const std::int64_t> shape,
                             std::span<const size_t> wanted) const {
  try {
    const auto& info = state_->inputs.at(input);
    const auto type = info.type == ElementType::uint8 ? ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8
                                                      : ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    // The runtime reads inputs only; its C API merely has no const.
    const auto value =
        Ort::Value::CreateTensor(state_->memory, const_cast<std::byte*>(tensor.data()),
                                 tensor.size(), shape.data(), shape.size(), type);
    const char* input_name = info.name.c_str();
    std::vector<const char*> names;
    names.reserve(wanted.size());
    for (const size_t index : wanted) names.push_back(state_->outputs.at(index).name.c_str());

    auto values = std::make_shared<std::vector<Ort::Value>>(state_->session.Run(
        Ort::RunOptions{nullptr}, &input_name, &value, 1, names.data(), names.size()));
    Outputs out;
    out.tensors.reserve(values->size());
    for (const auto& answer : *values) {
      const auto answer_info = answer.GetTensorTypeAndShapeInfo();
      if (answer_info.GetElementType() != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
        return Error{Code::invalid_argument,
                     "'" + state_->file + "' answers in a type other than float32"};
      }
      out.tensors.push_back(
          {answer_info.GetShape(), {answer.GetTensorData<float>(), answer_info.GetElementCount()}});
    }
    out.owner = std::move(values);
    return out;
  } catch (const std::bad_alloc&) {
    return Error{Code::resource_exhausted, "not enough memory to run '" + state_->file + "'"};
  } catch (const std::exception& error) {
    return Error{Code::internal,
                 "'" + state_->file + "' failed while running: " + short_reason(error.what())};
  }
}

}  // namespace poss::infer
