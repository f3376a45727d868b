// Walking over an ONNX file's protobuf: a skeleton without weights is cut out and then parsed.
#include "inspect/onnx_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <set>

#include <fcntl.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <onnx/onnx_pb.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace poss::inspect {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kMaxDepth = 40;               // messages within messages
constexpr size_t kMaxSkeleton = 64u << 20;  // bytes
constexpr size_t kMaxKeptData = 1024;       // bytes of one tensor's numbers, or of one text
constexpr size_t kMaxNodes = 400'000;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 31;  // of one tensor
constexpr size_t kMaxProblems = 20;

// The kinds of message that the walk looks into; all others are copied or left out whole.
enum class Kind { model, graph, node, attribute, tensor, function };

enum class Step { copy, leave_out, enter };

struct Plan {
  Step step = Step::copy;
  Kind kind = Kind::model;
};

// What to do with field `number` of a message, by onnx.proto.
Plan plan(Kind kind, int number) {
  const auto enter = [](Kind into) { return Plan{Step::enter, into}; };
  constexpr Plan kLeaveOut{Step::leave_out, Kind::model};
  switch (kind) {
    case Kind::model:
      if (number == 7) return enter(Kind::graph);
      if (number == 25) return enter(Kind::function);
      if (number == 20) return kLeaveOut;  // training_info
      break;
    case Kind::graph:
      if (number == 1) return enter(Kind::node);
      if (number == 5) return enter(Kind::tensor);
      // sparse_initializer, doc_string, value_info, quantization_annotation
      if (number == 15 || number == 10 || number == 13 || number == 14) return kLeaveOut;
      break;
    case Kind::node:
      if (number == 5) return enter(Kind::attribute);
      if (number == 6) return kLeaveOut;  // doc_string
      break;
    case Kind::attribute:
      if (number == 5 || number == 10) return enter(Kind::tensor);
      if (number == 6 || number == 11) return enter(Kind::graph);
      if (number == 22 || number == 23 || number == 13) return kLeaveOut;  // sparse, doc_string
      break;
    case Kind::function:
      if (number == 7) return enter(Kind::node);
      if (number == 8) return kLeaveOut;  // doc_string
      break;
    case Kind::tensor:
      break;
  }
  return {};
}

// The numbers of a tensor, whatever the field.
bool is_data(int number) {
  return (number >= 4 && number <= 7) || number == 9 || number == 10 || number == 11;
}

// Bits of one element; 0 for texts and types that are not known.
std::int64_t element_bits(int type) {
  switch (type) {
    case onnx::TensorProto::BOOL:
    case onnx::TensorProto::UINT8:
    case onnx::TensorProto::INT8:
    case 17:  // the float8 types of newer versions
    case 18:
    case 19:
    case 20:
      return 8;
    case onnx::TensorProto::FLOAT16:
    case onnx::TensorProto::BFLOAT16:
    case onnx::TensorProto::UINT16:
    case onnx::TensorProto::INT16:
      return 16;
    case onnx::TensorProto::FLOAT:
    case onnx::TensorProto::INT32:
    case onnx::TensorProto::UINT32:
      return 32;
    case onnx::TensorProto::DOUBLE:
    case onnx::TensorProto::INT64:
    case onnx::TensorProto::UINT64:
    case onnx::TensorProto::COMPLEX64:
      return 64;
    case onnx::TensorProto::COMPLEX128:
      return 128;
    case 21:  // uint4, int4
    case 22:
      return 4;
    default:
      return 0;
  }
}

std::string type_name(int type) {
  switch (type) {
    case onnx::TensorProto::FLOAT:
      return "float32";
    case onnx::TensorProto::UINT8:
      return "uint8";
    case onnx::TensorProto::INT8:
      return "int8";
    case onnx::TensorProto::UINT16:
      return "uint16";
    case onnx::TensorProto::INT16:
      return "int16";
    case onnx::TensorProto::INT32:
      return "int32";
    case onnx::TensorProto::INT64:
      return "int64";
    case onnx::TensorProto::STRING:
      return "string";
    case onnx::TensorProto::BOOL:
      return "bool";
    case onnx::TensorProto::FLOAT16:
      return "float16";
    case onnx::TensorProto::DOUBLE:
      return "float64";
    case onnx::TensorProto::UINT32:
      return "uint32";
    case onnx::TensorProto::UINT64:
      return "uint64";
    case onnx::TensorProto::BFLOAT16:
      return "bfloat16";
    default:
      return "other";
  }
}

// Names come from strangers: printable, and not long.
std::string shown(std::string_view text, size_t most = 80) {
  std::string out;
  for (const char c : text.substr(0, most)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  }
  // Not the half of a character.
  if (text.size() > most) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0) out.pop_back();
    out += "…";
  }
  return out;
}

Error damaged() {
  return {Code::invalid_argument,
          "it is not an ONNX model, or is damaged: export or copy it again"};
}

// Cuts the skeleton out of a file.
class Walk {
 public:
  explicit Walk(std::string_view bytes) : bytes_(bytes) {}

  std::int64_t parameters = 0;
  std::vector<std::string> problems;

  // Appends message `bytes` of `kind` to `out`. Protobuf's own rules: fields in any order, unknown
  // ones kept.
  Result<void> message(Kind kind, std::string_view bytes, int depth, bool stored,
                       std::string& out) {
    if (depth > kMaxDepth) {
      return Error{Code::invalid_argument, "it nests parts deeper than " +
                                               std::to_string(kMaxDepth) +
                                               " levels, as no exporter does; export it again"};
    }
    if (kind == Kind::node && ++nodes_ > kMaxNodes) {
      return Error{Code::resource_exhausted,
                   "it has more than " + std::to_string(kMaxNodes) + " operators"};
    }
    Tensor tensor;
    size_t at = 0;
    while (at < bytes.size()) {
      Field field;
      if (!next(bytes, at, field)) return damaged();
      const std::string_view whole = bytes.substr(field.start, at - field.start);
      if (kind == Kind::tensor) {
        POSS_TRY(tensor_field(field, whole, tensor, out));
        continue;
      }
      const Plan what = plan(kind, field.number);
      if (what.step == Step::enter && field.type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        std::string inner;
        const bool weights = kind == Kind::graph && what.kind == Kind::tensor;
        POSS_TRY(message(what.kind, field.content, depth + 1, weights, inner));
        POSS_TRY(append_message(field.number, inner, out));
      } else if (what.step == Step::copy && !(kind == Kind::attribute && too_long(field))) {
        POSS_TRY(append(whole, out));
      }
    }
    if (kind == Kind::tensor) check(tensor, stored);
    return {};
  }

 private:
  struct Field {
    size_t start = 0;
    int number = 0;
    WireFormatLite::WireType type = WireFormatLite::WIRETYPE_VARINT;
    std::string_view content;  // of a length-delimited field
    std::uint64_t value = 0;   // of a varint
  };

  struct Tensor {
    std::vector<std::int64_t> dims;
    int type = 0;
    std::string name;
    std::int64_t data_bytes = 0;
    std::int64_t kept = 0;
    bool external = false;
    std::string location;
  };

  // Reads the field at `at` and moves behind it.
  static bool next(std::string_view bytes, size_t& at, Field& field) {
    field.start = at;
    std::uint64_t tag = 0;
    if (!varint(bytes, at, tag) || tag > 0xffffffffu) return false;
    field.number = static_cast<int>(tag >> 3);
    field.type = static_cast<WireFormatLite::WireType>(tag & 7);
    if (field.number <= 0) return false;
    size_t length = 0;
    switch (field.type) {
      case WireFormatLite::WIRETYPE_VARINT:
        return varint(bytes, at, field.value);
      case WireFormatLite::WIRETYPE_FIXED64:
        length = 8;
        break;
      case WireFormatLite::WIRETYPE_FIXED32:
        length = 4;
        break;
      case WireFormatLite::WIRETYPE_LENGTH_DELIMITED: {
        std::uint64_t size = 0;
        if (!varint(bytes, at, size) || size > bytes.size() - at) return false;
        length = static_cast<size_t>(size);
        field.content = bytes.substr(at, length);
        break;
      }
      default:
        return false;  // groups: no message of ONNX has any
    }
    if (length > bytes.size() - at) return false;
    at += length;
    return true;
  }

  static bool varint(std::string_view bytes, size_t& at, std::uint64_t& value) {
    const auto* start = reinterpret_cast<const std::uint8_t*>(bytes.data()) + at;
    CodedInputStream stream(start, static_cast<int>(std::min<size_t>(bytes.size() - at, 10)));
    if (!stream.ReadVarint64(&value)) return false;
    at += static_cast<size_t>(stream.CurrentPosition());
    return true;
  }

  static bool too_long(const Field& field) { return field.content.size() > kMaxKeptData * 64; }

  Result<void> append(std::string_view piece, std::string& out) {
    kept_ += piece.size();
    // Each level holds its own copy until it is appended to the next.
    if (kept_ > kMaxSkeleton * 2) {
      return Error{Code::resource_exhausted, "its structure, without weights, has more than " +
                                                 std::to_string(kMaxSkeleton >> 20) +
                                                 " MB; no model needs that"};
    }
    out.append(piece);
    return {};
  }

  Result<void> append_message(int number, const std::string& inner, std::string& out) {
    std::string head;
    for (std::uint64_t value :
         {static_cast<std::uint64_t>(number) << 3 | 2, static_cast<std::uint64_t>(inner.size())}) {
      for (; value >= 0x80; value >>= 7) head += static_cast<char>(value | 0x80);
      head += static_cast<char>(value);
    }
    out.append(head);
    out.append(inner);
    return {};
  }

  Result<void> tensor_field(const Field& field, std::string_view whole, Tensor& tensor,
                            std::string& out) {
    const bool packed = field.type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (is_data(field.number)) {
      const auto size = static_cast<std::int64_t>(packed ? field.content.size() : whole.size());
      tensor.data_bytes += size;
      if (tensor.kept + size > static_cast<std::int64_t>(kMaxKeptData)) return {};
      tensor.kept += size;
      return append(whole, out);
    }
    if (field.number == 1 && packed) {
      for (size_t at = 0; at < field.content.size();) {
        std::uint64_t value = 0;
        if (!varint(field.content, at, value)) return damaged();
        tensor.dims.push_back(static_cast<std::int64_t>(value));
      }
    } else if (field.number == 1) {
      tensor.dims.push_back(static_cast<std::int64_t>(field.value));
    } else if (field.number == 2) {
      tensor.type = static_cast<int>(field.value & 0x7fffffff);
    } else if (field.number == 8) {
      tensor.name = std::string(field.content.substr(0, 200));
    } else if (field.number == 13) {
      onnx::StringStringEntryProto entry;
      if (field.content.size() > (1u << 20) ||
          !entry.ParseFromArray(field.content.data(), static_cast<int>(field.content.size()))) {
        return damaged();
      }
      if (entry.key() == "location") tensor.location = entry.value();
      tensor.external = true;
    } else if (field.number == 14) {
      tensor.external = tensor.external || field.value == onnx::TensorProto::EXTERNAL;
    } else if (field.number == 12) {
      return {};  // doc_string
    }
    if (tensor.dims.size() > 64) return damaged();
    return append(whole, out);
  }

  void complain(std::string sentence) {
    if (problems.size() < kMaxProblems && std::ranges::find(problems, sentence) == problems.end()) {
      problems.push_back(std::move(sentence));
    }
  }

  void check(const Tensor& tensor, bool stored) {
    const std::string name =
        tensor.name.empty() ? "a tensor" : "tensor '" + shown(tensor.name) + "'";
    std::int64_t elements = 1;
    bool huge = false;
    for (const auto size : tensor.dims) {
      if (size < 0) {
        complain(name + " declares a negative size; export the model again");
        return;
      }
      huge = huge || (size > 0 && elements > kMaxElements / size);
      if (!huge) elements *= size;
    }
    if (huge) {
      complain(name + " declares more than " + std::to_string(kMaxElements) +
               " numbers; no model needs that, so the file is damaged or hostile");
      return;
    }
    if (stored || tensor.data_bytes > 0 || tensor.external) parameters += elements;
    if (tensor.external) {
      const std::string where = "'" + shown(tensor.location) + "'";
      const std::filesystem::path path(tensor.location);
      const bool outside = path.is_absolute() ||
                           std::ranges::find(path, std::filesystem::path("..")) != path.end() ||
                           tensor.location.find('\\') != std::string::npos;
      complain(outside ? "it keeps weights in " + where +
                             ", outside of its own folder, which is refused; save it as a single "
                             "file"
                       : "it keeps weights in another file, " + where +
                             "; save it as a single file (onnx.save_model with "
                             "save_as_external_data=False)");
      return;
    }
    const std::int64_t bits = element_bits(tensor.type);
    if (bits == 0 || elements == 0) return;
    // Packed fields need a byte an element at least; raw data exactly what the type says.
    const std::int64_t least = bits < 8 ? elements / (8 / bits) : elements;
    if (tensor.data_bytes < least) {
      complain(name + " declares " + std::to_string(elements) + " numbers, but the file holds " +
               std::to_string(tensor.data_bytes) + " bytes of it; export or copy the model again");
    }
  }

  std::string_view bytes_;
  size_t kept_ = 0;
  size_t nodes_ = 0;
};

std::vector<std::int64_t> shape_of(const onnx::TypeProto_Tensor& tensor) {
  std::vector<std::int64_t> out;
  for (const auto& dim : tensor.shape().dim()) {
    out.push_back(dim.has_dim_value() && dim.dim_value() >= 0 ? dim.dim_value() : -1);
  }
  return out;
}

DeclaredTensor declared(const onnx::ValueInfoProto& info) {
  DeclaredTensor out;
  out.name = info.name();
  if (info.type().has_tensor_type()) {
    const auto& tensor = info.type().tensor_type();
    out.type = type_name(tensor.elem_type());
    out.shape = shape_of(tensor);
    out.ranked = tensor.has_shape();
  } else {
    out.type = "other";
    out.ranked = false;
  }
  return out;
}

// Standard operators, and what ONNX Runtime brings along.
bool known_domain(const std::string& domain) {
  static const std::set<std::string> kKnown{"", "ai.onnx", "ai.onnx.ml", "com.microsoft",
                                            "com.microsoft.nchwc"};
  return kKnown.contains(domain);
}

// Only moves or retypes numbers.
bool passes_on(const std::string& op) {
  static const std::set<std::string> kMoves{
      "Identity", "Cast",      "Reshape",          "Transpose",     "Squeeze",
      "Flatten",  "Unsqueeze", "DequantizeLinear", "QuantizeLinear"};
  return kMoves.contains(op);
}

void count_operators(const onnx::GraphProto& graph, const std::set<std::string>& functions,
                     OnnxFile& out);

void count_operator(const onnx::NodeProto& node, const std::set<std::string>& functions,
                    OnnxFile& out) {
  const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
  const std::string name =
      standard ? shown(node.op_type()) : shown(node.domain()) + "." + shown(node.op_type());
  ++out.operators[name];
  if (!known_domain(node.domain()) && !functions.contains(node.domain() + "\n" + node.op_type())) {
    const auto same = [&](const UnsupportedOperator& one) { return one.name == name; };
    if (out.unsupported.size() < kMaxProblems && std::ranges::none_of(out.unsupported, same)) {
      out.unsupported.push_back(
          {name, "it belongs to '" + shown(node.domain()) +
                     "', which only the program it was made for has; export the model without it"});
    }
  }
  for (const auto& attribute : node.attribute()) {
    if (attribute.has_g()) count_operators(attribute.g(), functions, out);
    for (const auto& graph : attribute.graphs()) count_operators(graph, functions, out);
  }
}

void count_operators(const onnx::GraphProto& graph, const std::set<std::string>& functions,
                     OnnxFile& out) {
  for (const auto& node : graph.node()) count_operator(node, functions, out);
}

void follow_outputs(const onnx::GraphProto& graph, OnnxFile& out) {
  std::map<std::string, const onnx::NodeProto*> maker;
  for (const auto& node : graph.node()) {
    for (const auto& name : node.output()) maker[name] = &node;
  }
  for (const auto& output : graph.output()) {
    std::string name = output.name();
    for (int hops = 0; hops < 32; ++hops) {
      const auto found = maker.find(name);
      if (found == maker.end()) break;
      const auto& node = *found->second;
      out.made_by[output.name()] = node.op_type();
      if (!passes_on(node.op_type()) || node.input_size() == 0) break;
      name = node.input(0);
    }
  }
}

void follow_inputs(const onnx::GraphProto& graph, OnnxFile& out) {
  std::multimap<std::string, const onnx::NodeProto*> readers;
  for (const auto& node : graph.node()) {
    for (const auto& name : node.input()) readers.emplace(name, &node);
  }
  for (const auto& input : out.inputs) {
    std::vector<std::string> names{input.name};
    for (size_t i = 0; i < names.size() && names.size() < 16; ++i) {
      const auto [first, last] = readers.equal_range(names[i]);
      for (auto at = first; at != last; ++at) {
        const auto& node = *at->second;
        const bool through = node.op_type() == "Cast" || node.op_type() == "Identity" ||
                             node.op_type() == "QuantizeLinear" ||
                             node.op_type() == "DequantizeLinear";
        if (through && node.output_size() > 0) {
          names.push_back(node.output(0));
          continue;
        }
        out.read_by[input.name].push_back(node.op_type());
        if (node.op_type() != "Transpose") continue;
        for (const auto& attribute : node.attribute()) {
          if (attribute.name() == "perm" && attribute.ints_size() == 4 && attribute.ints(1) == 3) {
            out.turned_to_planes.push_back(input.name);
          }
        }
      }
    }
  }
}

void check_sizes(const std::vector<DeclaredTensor>& tensors, const char* what, OnnxFile& out) {
  for (const auto& tensor : tensors) {
    std::int64_t elements = 1;
    for (const auto size : tensor.shape) {
      if (size > 0 && elements > kMaxElements / size) {
        out.problems.push_back(std::string(what) + " '" + shown(tensor.name) +
                               "' declares more than " + std::to_string(kMaxElements) +
                               " numbers; no model needs that, so the file is damaged or hostile");
        break;
      }
      if (size > 0) elements *= size;
    }
  }
}

}  // namespace

Result<OnnxFile> read_onnx(std::string_view bytes) {
  if (bytes.empty()) {
    return Error{Code::invalid_argument, "it is empty: export or copy the model again"};
  }
  Walk walk(bytes);
  std::string skeleton;
  POSS_TRY(walk.message(Kind::model, bytes, 0, false, skeleton));
  onnx::ModelProto model;
  if (skeleton.size() > kMaxSkeleton || !model.ParseFromString(skeleton) ||
      model.graph().node_size() == 0) {
    return damaged();
  }
  const auto& graph = model.graph();

  OnnxFile out;
  out.parameters = walk.parameters;
  out.problems = std::move(walk.problems);
  for (const auto& import : model.opset_import()) {
    if (import.domain().empty() || import.domain() == "ai.onnx") out.opset = import.version();
  }
  out.producer = shown(model.producer_name());
  if (!model.producer_version().empty()) out.producer += " " + shown(model.producer_version(), 40);
  out.description = shown(model.doc_string(), 1000);
  for (const auto& entry : model.metadata_props()) {
    if (out.metadata.size() < 200) out.metadata[entry.key()] = entry.value();
  }
  std::set<std::string> stored;  // old files list their weights among the inputs
  for (const auto& tensor : graph.initializer()) stored.insert(tensor.name());
  for (const auto& input : graph.input()) {
    if (!stored.contains(input.name())) out.inputs.push_back(declared(input));
  }
  for (const auto& output : graph.output()) out.outputs.push_back(declared(output));
  check_sizes(out.inputs, "input", out);
  check_sizes(out.outputs, "output", out);

  std::set<std::string> functions;
  for (const auto& function : model.functions()) {
    functions.insert(function.domain() + "\n" + function.name());
  }
  count_operators(graph, functions, out);
  for (const auto& function : model.functions()) {
    for (const auto& node : function.node()) count_operator(node, functions, out);
  }
  follow_outputs(graph, out);
  follow_inputs(graph, out);
  return out;
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path, std::uintmax_t max_bytes) {
  const std::string name = "'" + path.string() + "'";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    const int error = errno;
    return Error{error == ENOENT ? Code::not_found : Code::permission_denied,
                 "cannot read " + name + ": " + std::strerror(error)};
  }
  struct stat status {};
  Result<MappedFile> out = Error{Code::invalid_argument, name + " is not a regular file"};
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
    const auto bytes = static_cast<std::uintmax_t>(status.st_size);
    if (bytes == 0) {
      out = Error{Code::invalid_argument, name + " is empty: export or copy the model again"};
    } else if (bytes > max_bytes) {
      out = Error{Code::resource_exhausted, name + " has " + std::to_string(bytes) +
                                                " bytes; a model may have " +
                                                std::to_string(max_bytes)};
    } else if (void* at = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0);
               at == MAP_FAILED) {
      out = Error{Code::resource_exhausted, "cannot read " + name + ": " + std::strerror(errno)};
    } else {
      MappedFile made;
      made.bytes_ = {static_cast<const char*>(at), bytes};
      out = std::move(made);
    }
  }
  ::close(file);
  return out;
}

MappedFile::MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(bytes_, other.bytes_);
  return *this;
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

std::string sha256_text(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1)
    return "";
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < length; ++i) {
    out += kDigits[digest[i] >> 4];
    out += kDigits[digest[i] & 15];
  }
  return out;
}

}  // namespace poss::inspect
