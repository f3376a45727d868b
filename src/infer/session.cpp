// Loading and running ONNX files; the only place where ONNX Runtime's sessions are touched.
#include "infer/session.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "infer/half.h"
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

struct TypeRow {
  ElementType type;
  ONNXTensorElementDataType onnx;
  const char* name;
  size_t size;
};

constexpr std::array kTypes{
    TypeRow{ElementType::float32, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, "float32", 4},
    TypeRow{ElementType::float16, ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT16, "float16", 2},
    TypeRow{ElementType::float64, ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, "float64", 8},
    TypeRow{ElementType::bfloat16, ONNX_TENSOR_ELEMENT_DATA_TYPE_BFLOAT16, "bfloat16", 2},
    TypeRow{ElementType::int8, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT8, "int8", 1},
    TypeRow{ElementType::int16, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT16, "int16", 2},
    TypeRow{ElementType::int32, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT32, "int32", 4},
    TypeRow{ElementType::int64, ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, "int64", 8},
    TypeRow{ElementType::uint8, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT8, "uint8", 1},
    TypeRow{ElementType::uint16, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT16, "uint16", 2},
    TypeRow{ElementType::uint32, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT32, "uint32", 4},
    TypeRow{ElementType::uint64, ONNX_TENSOR_ELEMENT_DATA_TYPE_UINT64, "uint64", 8},
    TypeRow{ElementType::boolean, ONNX_TENSOR_ELEMENT_DATA_TYPE_BOOL, "bool", 1},
    TypeRow{ElementType::text, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING, "string", 0},
    TypeRow{ElementType::other, ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED, "no tensor", 0},
};

const TypeRow& row_of(ElementType type) { return *std::ranges::find(kTypes, type, &TypeRow::type); }

ElementType element_type(ONNXTensorElementDataType type) {
  const auto found = std::ranges::find(kTypes, type, &TypeRow::onnx);
  return found == kTypes.end() ? ElementType::other : found->type;
}

// `type` as float32; the values are not aligned to it where bytes say so.
template <class T>
void widen(const void* from, std::span<float> out) {
  const T* values = static_cast<const T*>(from);
  for (size_t i = 0; i < out.size(); ++i) out[i] = static_cast<float>(values[i]);
}

// Fails for text and what is no tensor.
bool to_floats(ElementType type, const void* from, std::span<float> out) {
  switch (type) {
    case ElementType::float16: {
      const auto* values = static_cast<const std::uint16_t*>(from);
      for (size_t i = 0; i < out.size(); ++i) out[i] = half_to_float(values[i]);
      return true;
    }
    case ElementType::bfloat16: {
      const auto* values = static_cast<const std::uint16_t*>(from);
      for (size_t i = 0; i < out.size(); ++i) {
        out[i] = std::bit_cast<float>(static_cast<std::uint32_t>(values[i]) << 16);
      }
      return true;
    }
    case ElementType::float32:
      widen<float>(from, out);
      return true;
    case ElementType::float64:
      widen<double>(from, out);
      return true;
    case ElementType::int8:
      widen<std::int8_t>(from, out);
      return true;
    case ElementType::int16:
      widen<std::int16_t>(from, out);
      return true;
    case ElementType::int32:
      widen<std::int32_t>(from, out);
      return true;
    case ElementType::int64:
      widen<std::int64_t>(from, out);
      return true;
    case ElementType::uint8:
    case ElementType::boolean:
      widen<std::uint8_t>(from, out);
      return true;
    case ElementType::uint16:
      widen<std::uint16_t>(from, out);
      return true;
    case ElementType::uint32:
      widen<std::uint32_t>(from, out);
      return true;
    case ElementType::uint64:
      widen<std::uint64_t>(from, out);
      return true;
    case ElementType::text:
    case ElementType::other:
      break;
  }
  return false;
}

// Elements of a tensor of `shape`, or nothing where a dimension is negative or there are too many.
std::optional<size_t> element_count(std::span<const std::int64_t> shape) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
  std::uint64_t count = 1;
  for (const auto size : shape) {
    if (size < 0 || static_cast<std::uint64_t>(size) > kMost) return std::nullopt;
    count *= static_cast<std::uint64_t>(size);
    if (count > kMost) return std::nullopt;
  }
  return static_cast<size_t>(count);
}

Error output_error(const std::string& name) {
  return Error{Code::invalid_argument,
               "output '" + name + "' is not a tensor of numbers: export the model without it"};
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

std::string_view element_name(ElementType type) { return row_of(type).name; }
size_t element_size(ElementType type) { return row_of(type).size; }

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

  // A value that refers to `data`, which must outlive it. The runtime reads inputs only; its C API
  // merely has no const.
  Ort::Value refer_to(ElementType type, std::span<const std::byte> data,
                      std::span<const std::int64_t> shape) const {
    static std::byte nothing{};  // the runtime refuses null, also for an empty tensor
    auto* bytes = data.empty() ? &nothing : const_cast<std::byte*>(data.data());
    return Ort::Value::CreateTensor(memory, bytes, data.size(), shape.data(), shape.size(),
                                    row_of(type).onnx);
  }

  std::vector<Ort::Value> run(const std::vector<const char*>& names,
                              const std::vector<Ort::Value>& values,
                              const std::vector<const char*>& wanted) const {
    return session.Run(Ort::RunOptions{nullptr}, names.data(), values.data(), values.size(),
                       wanted.data(), wanted.size());
  }

  Error run_error(const std::exception& error) const {
    return Error{Code::internal,
                 "'" + file + "' failed while running: " + short_reason(error.what())};
  }
  Error memory_error() const {
    return Error{Code::resource_exhausted, "not enough memory to run '" + file + "'"};
  }
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

Result<Outputs> Session::run(std::span<const InputTensor> inputs,
                             std::span<const size_t> wanted) const {
  // The values, and the converted outputs.
  struct Owner {
    std::vector<Ort::Value> values;
    std::vector<std::vector<float>> converted;
  };
  try {
    std::vector<const char*> names;
    std::vector<Ort::Value> values;
    for (const auto& input : inputs) {
      const auto& info = state_->inputs.at(input.input);
      names.push_back(info.name.c_str());
      values.push_back(state_->refer_to(info.type, input.data, input.shape));
    }
    std::vector<const char*> outputs;
    outputs.reserve(wanted.size());
    for (const size_t index : wanted) outputs.push_back(state_->outputs.at(index).name.c_str());

    auto owner = std::make_shared<Owner>();
    owner->values = state_->run(names, values, outputs);
    Outputs out;
    out.tensors.reserve(wanted.size());
    for (size_t i = 0; i < wanted.size(); ++i) {
      const auto& value = owner->values[i];
      if (!value || !value.IsTensor()) return output_error(outputs[i]);
      const auto info = value.GetTensorTypeAndShapeInfo();
      const size_t count = info.GetElementCount();
      const ElementType type = element_type(info.GetElementType());
      if (type == ElementType::float32) {
        out.tensors.push_back({info.GetShape(), {value.GetTensorData<float>(), count}});
        continue;
      }
      auto& floats = owner->converted.emplace_back(count);
      if (!to_floats(type, value.GetTensorRawData(), floats)) return output_error(outputs[i]);
      out.tensors.push_back({info.GetShape(), floats});
    }
    out.owner = std::move(owner);
    return out;
  } catch (const std::bad_alloc&) {
    return state_->memory_error();
  } catch (const std::exception& error) {
    return state_->run_error(error);
  }
}

Result<std::vector<NamedTensor>> Session::run(std::span<const NamedTensor> inputs,
                                              std::span<const std::string> wanted) const {
  try {
    Ort::AllocatorWithDefaultOptions allocator;
    std::vector<const char*> names;
    std::vector<Ort::Value> values;
    for (const auto& [name, tensor] : inputs) {
      const auto count = element_count(tensor.shape);
      const size_t held =
          tensor.type == ElementType::text ? tensor.texts.size() : tensor.data.size();
      const size_t size = tensor.type == ElementType::text ? 1 : element_size(tensor.type);
      if (!count || size == 0 || held != *count * size) {
        return Error{Code::invalid_argument, "the tensor for input '" + name + "' is not " +
                                                 shape_text(tensor.shape) + " of " +
                                                 std::string(element_name(tensor.type))};
      }
      names.push_back(name.c_str());
      if (tensor.type != ElementType::text) {
        values.push_back(state_->refer_to(tensor.type, tensor.data, tensor.shape));
        continue;
      }
      std::vector<const char*> texts;
      for (const auto& text : tensor.texts) texts.push_back(text.c_str());
      values.push_back(Ort::Value::CreateTensor(allocator, tensor.shape.data(), tensor.shape.size(),
                                                row_of(tensor.type).onnx));
      values.back().FillStringTensor(texts.data(), texts.size());
    }
    std::vector<const char*> outputs;
    for (const auto& name : wanted) outputs.push_back(name.c_str());
    if (wanted.empty()) {
      for (const auto& info : state_->outputs) outputs.push_back(info.name.c_str());
    }
    const auto answers = state_->run(names, values, outputs);
    std::vector<NamedTensor> out;
    for (size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i] || !answers[i].IsTensor()) return output_error(outputs[i]);
      const auto info = answers[i].GetTensorTypeAndShapeInfo();
      auto& made = out.emplace_back(NamedTensor{outputs[i], {}}).tensor;
      made.type = element_type(info.GetElementType());
      made.shape = info.GetShape();
      if (made.type == ElementType::other) return output_error(outputs[i]);
      const size_t count = info.GetElementCount();
      if (made.type == ElementType::text) {
        for (size_t k = 0; k < count; ++k)
          made.texts.push_back(answers[i].GetStringTensorElement(k));
      } else if (count > 0) {
        made.data.resize(count * element_size(made.type));
        std::memcpy(made.data.data(), answers[i].GetTensorRawData(), made.data.size());
      }
    }
    return out;
  } catch (const std::bad_alloc&) {
    return state_->memory_error();
  } catch (const std::exception& error) {
    return state_->run_error(error);
  }
}

}  // namespace poss::infer
