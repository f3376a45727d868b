// Reading a TFLite file: flatbuffer verification, then the checks a flatbuffer verifier knows
// nothing of.
#include "convert/tflite_file.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/utf8.h"

namespace poss::convert {
namespace {

constexpr size_t kMaxRank = 6;
constexpr size_t kMaxOperators = 100'000;
constexpr size_t kMaxTensors = 1'000'000;

Error broken(const std::string& what) {
  return {Code::invalid_argument,
          "the TFLite file is damaged or not a TFLite file: " + what + "; fetch it again"};
}

// Bytes of one element; 0 for types the converter does not know.
size_t element_bytes(tflite::TensorType type) {
  using enum tflite::TensorType;
  switch (type) {
    case FLOAT32:
    case INT32:
      return 4;
    case INT64:
    case FLOAT64:
      return 8;
    case FLOAT16:
    case INT16:
      return 2;
    case UINT8:
    case INT8:
    case BOOL:
      return 1;
    default:
      return 0;
  }
}

Result<std::optional<Quantization>> read_quantization(const tflite::QuantizationParameters* table,
                                                      const TfliteTensor& tensor) {
  if (!table || !table->scale() || table->scale()->size() == 0) return std::nullopt;
  Quantization out;
  for (const float scale : *table->scale()) {
    if (!std::isfinite(scale) || scale < 0) {
      return broken("tensor '" + tensor.name + "' has the quantisation scale " +
                    std::to_string(scale));
    }
    out.scale.push_back(scale);
  }
  // Converters write scale 0 for tensors they did not quantise.
  if (std::ranges::all_of(out.scale, [](double scale) { return scale == 0; })) return std::nullopt;
  const size_t count = out.scale.size();
  if (const auto* points = table->zero_point(); points && points->size() > 0) {
    // Nothing makes a file align what is wider than its offsets.
    out.zero_point.resize(points->size());
    std::memcpy(out.zero_point.data(), points->Data(), points->size() * sizeof(std::int64_t));
    if (out.zero_point.size() == 1) out.zero_point.resize(count, out.zero_point[0]);
  } else {
    out.zero_point.assign(count, 0);
  }
  out.axis = table->axis();
  if (out.zero_point.size() != count) {
    return broken("tensor '" + tensor.name + "' has as many scales as " + std::to_string(count) +
                  " and zero points as " + std::to_string(out.zero_point.size()));
  }
  for (const auto point : out.zero_point) {
    if (point < std::numeric_limits<std::int32_t>::min() ||
        point > std::numeric_limits<std::int32_t>::max()) {
      return broken("tensor '" + tensor.name + "' has an impossible zero point");
    }
  }
  if (count > 1) {
    const bool fits = out.axis >= 0 && static_cast<size_t>(out.axis) < tensor.shape.size() &&
                      tensor.shape[out.axis] == static_cast<std::int64_t>(count);
    if (!fits) {
      return broken("the " + std::to_string(count) + " scales of tensor '" + tensor.name +
                    "' do not fit its shape " + shape_text(tensor.shape));
    }
  }
  return out;
}

Result<TfliteTensor> read_tensor(const tflite::Model& model, const tflite::Tensor& table) {
  TfliteTensor out;
  if (table.name()) out.name = clean_text(table.name()->string_view(), 200);
  if (table.shape()) out.shape.assign(table.shape()->begin(), table.shape()->end());
  out.type = table.type();
  if (out.shape.size() > kMaxRank) {
    return broken("tensor '" + out.name + "' has " + std::to_string(out.shape.size()) +
                  " dimensions");
  }
  const auto count = element_count(out.shape);
  if (!count) {
    return broken("tensor '" + out.name + "' has the impossible shape " + shape_text(out.shape));
  }
  if (table.sparsity()) {
    return Error{Code::invalid_argument, "tensor '" + out.name +
                                             "' is stored sparse, which is not supported; export "
                                             "the model with dense weights"};
  }
  POSS_ASSIGN(out.quantization, read_quantization(table.quantization(), out));

  const auto buffer_index = table.buffer();
  if (buffer_index >= model.buffers()->size()) {
    return broken("tensor '" + out.name + "' names a buffer that is not there");
  }
  const auto* buffer = model.buffers()->Get(buffer_index);
  if (buffer && buffer->data() && buffer->data()->size() > 0) {
    out.data = {reinterpret_cast<const char*>(buffer->data()->data()), buffer->data()->size()};
    const size_t bytes = element_bytes(out.type);
    if (bytes == 0) {
      return Error{Code::invalid_argument, "tensor '" + out.name + "' has the element type " +
                                               tflite::EnumNameTensorType(out.type) +
                                               ", which is not supported"};
    }
    if (out.data.size() != bytes * static_cast<size_t>(*count)) {
      return broken("tensor '" + out.name + "' of shape " + shape_text(out.shape) + " holds " +
                    std::to_string(out.data.size()) + " bytes");
    }
  }
  return out;
}

Result<TfliteOperator> read_operator(const tflite::Model& model, const tflite::Operator& table,
                                     size_t tensors) {
  TfliteOperator out;
  out.table = &table;
  if (table.code_index() >= model.operator_codes()->size()) {
    return broken("an operator names a code that is not there");
  }
  const auto* code = model.operator_codes()->Get(table.code_index());
  // Since 2020 the code stands in a wider field; the larger of both is right.
  out.code = static_cast<tflite::BuiltinOperator>(
      std::max<int>(code->old_code(), static_cast<int>(code->code())));
  if (out.code == tflite::BuiltinOperator::CUSTOM) {
    out.name = code->custom_code() ? clean_text(code->custom_code()->string_view(), 100) : "";
  } else {
    out.name = tflite::EnumNameBuiltinOperator(out.code);
    if (out.name.empty()) out.name = "number " + std::to_string(static_cast<int>(out.code));
  }
  const auto read = [tensors](const flatbuffers::Vector<std::int32_t>* from, std::int32_t least,
                              std::vector<int>& to) {
    if (!from) return true;
    to.assign(from->begin(), from->end());
    return std::ranges::all_of(to, [&](int index) {
      return index >= least && (index < 0 || static_cast<size_t>(index) < tensors);
    });
  };
  if (!read(table.inputs(), -1, out.inputs) || !read(table.outputs(), 0, out.outputs)) {
    return broken("operator " + out.name + " names a tensor that is not there");
  }
  return out;
}

// Every operator uses only what is constant, an input or computed before it, and no tensor is
// computed twice.
Result<void> check_order(const TfliteFile& file) {
  std::vector<bool> ready(file.tensors.size());
  for (size_t i = 0; i < ready.size(); ++i) ready[i] = !file.tensors[i].data.empty();
  for (const int input : file.inputs) ready[input] = true;
  for (const auto& step : file.operators) {
    for (const int input : step.inputs) {
      if (input >= 0 && !ready[input]) {
        return broken("operator " + step.name + " uses tensor '" + file.tensors[input].name +
                      "' before it is computed");
      }
    }
    for (const int output : step.outputs) {
      if (ready[output]) {
        return broken("tensor '" + file.tensors[output].name + "' is computed twice");
      }
      ready[output] = true;
    }
  }
  for (const int output : file.outputs) {
    if (!ready[output]) {
      return broken("the output '" + file.tensors[output].name + "' is never computed");
    }
  }
  return {};
}

}  // namespace

std::optional<std::int64_t> element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const auto size : shape) {
    if (size < 1 || size > std::numeric_limits<std::int32_t>::max() / count) return std::nullopt;
    count *= size;
  }
  return count;
}

std::string shape_text(const Shape& shape) {
  std::string out = "[";
  for (const auto size : shape) out += (out.size() > 1 ? ", " : "") + std::to_string(size);
  return out + "]";
}

std::string clean_text(std::string_view text, size_t limit) {
  std::string out;
  while (!text.empty()) {
    size_t length = utf8_length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool shown = length > 0 && first >= 0x20 && first != 0x7f;
    length = std::max<size_t>(length, 1);
    if (out.size() + length > limit) break;
    if (shown) {
      out += text.substr(0, length);
    } else {
      out += first == '\n' || first == '\t' || first == '\r' ? ' ' : '?';
    }
    text.remove_prefix(length);
  }
  return out;
}

Result<TfliteFile> read_tflite(std::string_view bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (bytes.size() < 8) return broken("it has only " + std::to_string(bytes.size()) + " bytes");
  if (bytes.size() >= FLATBUFFERS_MAX_BUFFER_SIZE) return broken("it is larger than 2 GB");
  if (!tflite::ModelBufferHasIdentifier(data)) return broken("the mark TFL3 is missing");
  flatbuffers::Verifier verifier(data, bytes.size());
  if (!tflite::VerifyModelBuffer(verifier)) return broken("its tables point outside of the file");
  const auto& model = *tflite::GetModel(data);
  if (model.version() != 3) {
    return Error{Code::invalid_argument, "the TFLite file has schema version " +
                                             std::to_string(model.version()) +
                                             "; only version 3 is supported"};
  }
  if (!model.subgraphs() || model.subgraphs()->size() == 0) return broken("it holds no graph");
  const auto& graph = *model.subgraphs()->Get(0);
  if (!model.buffers() || !model.operator_codes() || !graph.tensors() || !graph.operators() ||
      !graph.inputs() || !graph.outputs()) {
    return broken("its graph is incomplete");
  }
  if (graph.tensors()->size() > kMaxTensors || graph.operators()->size() > kMaxOperators) {
    return broken("it claims " + std::to_string(graph.operators()->size()) + " operators");
  }

  TfliteFile file;
  for (const auto* tensor : *graph.tensors()) {
    POSS_ASSIGN(file.tensors.emplace_back(), read_tensor(model, *tensor));
  }
  const auto tensors = file.tensors.size();
  for (const auto* step : *graph.operators()) {
    POSS_ASSIGN(file.operators.emplace_back(), read_operator(model, *step, tensors));
  }
  for (const auto& [from, to] :
       {std::pair{graph.inputs(), &file.inputs}, {graph.outputs(), &file.outputs}}) {
    for (const int index : *from) {
      if (index < 0 || static_cast<size_t>(index) >= tensors) {
        return broken("an input or output names a tensor that is not there");
      }
      to->push_back(index);
    }
  }
  POSS_TRY(check_order(file));

  if (model.metadata()) {
    for (const auto* entry : *model.metadata()) {
      if (!entry->name() || entry->name()->string_view() != "TFLITE_METADATA") continue;
      if (entry->buffer() >= model.buffers()->size()) return broken("its metadata is missing");
      const auto* buffer = model.buffers()->Get(entry->buffer());
      if (!buffer->data()) continue;
      file.metadata = {reinterpret_cast<const char*>(buffer->data()->data()),
                       buffer->data()->size()};
    }
  }
  return file;
}

}  // namespace poss::convert
