// The ONNX project's backend node tests: a Session computes each as its authors say, or refuses it
// with a sentence. scripts/conformance writes the result into docs/models.md, and this test
// compares.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>

#include <gtest/gtest.h>
#include <onnx/onnx_pb.h>

#include "base/file.h"
#include "infer/half.h"
#include "infer/session.h"

namespace poss::infer {
namespace {

namespace fs = std::filesystem;
using onnx::TensorProto;

constexpr const char* kFolder = "/usr/share/libonnx-testdata/data/node";
constexpr const char* kPage = "docs/models.md";
constexpr std::string_view kBegin = "<!-- conformance: scripts/conformance writes this -->\n";
constexpr std::string_view kEnd = "<!-- end of conformance -->\n";

// As the ONNX project's own runner compares.
constexpr double kRelative = 1e-3;
constexpr double kAbsolute = 1e-7;

std::optional<ElementType> type_of(int type) {
  switch (type) {
    case TensorProto::FLOAT:
      return ElementType::float32;
    case TensorProto::FLOAT16:
      return ElementType::float16;
    case TensorProto::DOUBLE:
      return ElementType::float64;
    case TensorProto::BFLOAT16:
      return ElementType::bfloat16;
    case TensorProto::INT8:
      return ElementType::int8;
    case TensorProto::INT16:
      return ElementType::int16;
    case TensorProto::INT32:
      return ElementType::int32;
    case TensorProto::INT64:
      return ElementType::int64;
    case TensorProto::UINT8:
      return ElementType::uint8;
    case TensorProto::UINT16:
      return ElementType::uint16;
    case TensorProto::UINT32:
      return ElementType::uint32;
    case TensorProto::UINT64:
      return ElementType::uint64;
    case TensorProto::BOOL:
      return ElementType::boolean;
    case TensorProto::STRING:
      return ElementType::text;
    default:
      return std::nullopt;
  }
}

template <class T, class Field>
void put(const Field& field, std::vector<std::byte>& to) {
  for (const auto number : field) {
    const T value = static_cast<T>(number);
    const auto bytes = std::as_bytes(std::span(&value, 1));
    to.insert(to.end(), bytes.begin(), bytes.end());
  }
}

// `declared`: the type that the model states. Files store bfloat16 as uint16.
std::optional<AnyTensor> tensor_of(const TensorProto& proto, const onnx::ValueInfoProto& declared) {
  const bool brain = declared.type().tensor_type().elem_type() == TensorProto::BFLOAT16 &&
                     proto.data_type() == TensorProto::UINT16;
  const auto type = type_of(brain ? TensorProto::BFLOAT16 : proto.data_type());
  if (!type) return std::nullopt;
  AnyTensor out{*type, {proto.dims().begin(), proto.dims().end()}, {}, {}};
  if (*type == ElementType::text) {
    out.texts.assign(proto.string_data().begin(), proto.string_data().end());
    return out;
  }
  if (proto.has_raw_data()) {
    const auto bytes = std::as_bytes(std::span(proto.raw_data()));
    out.data.assign(bytes.begin(), bytes.end());
    return out;
  }
  switch (element_size(*type)) {
    case 1:
      put<std::uint8_t>(proto.int32_data(), out.data);
      break;
    case 2:
      put<std::uint16_t>(proto.int32_data(), out.data);
      break;
    case 4:
      if (*type == ElementType::float32) put<float>(proto.float_data(), out.data);
      if (*type == ElementType::int32) put<std::int32_t>(proto.int32_data(), out.data);
      if (*type == ElementType::uint32) put<std::uint32_t>(proto.uint64_data(), out.data);
      break;
    default:
      if (*type == ElementType::float64) put<double>(proto.double_data(), out.data);
      if (*type == ElementType::int64) put<std::int64_t>(proto.int64_data(), out.data);
      if (*type == ElementType::uint64) put<std::uint64_t>(proto.uint64_data(), out.data);
  }
  return out;
}

template <class T>
double element(const AnyTensor& tensor, size_t index) {
  T value;
  std::memcpy(&value, tensor.data.data() + index * sizeof(T), sizeof(T));
  return static_cast<double>(value);
}

double number_at(const AnyTensor& tensor, size_t i) {
  switch (tensor.type) {
    case ElementType::float32:
      return element<float>(tensor, i);
    case ElementType::float64:
      return element<double>(tensor, i);
    case ElementType::float16:
      return half_to_float(static_cast<std::uint16_t>(element<std::uint16_t>(tensor, i)));
    case ElementType::bfloat16:
      return std::bit_cast<float>(static_cast<std::uint32_t>(element<std::uint16_t>(tensor, i))
                                  << 16);
    case ElementType::int8:
      return element<std::int8_t>(tensor, i);
    case ElementType::int16:
      return element<std::int16_t>(tensor, i);
    case ElementType::int32:
      return element<std::int32_t>(tensor, i);
    case ElementType::int64:
      return element<std::int64_t>(tensor, i);
    case ElementType::uint16:
      return element<std::uint16_t>(tensor, i);
    case ElementType::uint32:
      return element<std::uint32_t>(tensor, i);
    case ElementType::uint64:
      return element<std::uint64_t>(tensor, i);
    default:
      return element<std::uint8_t>(tensor, i);
  }
}

bool same(const AnyTensor& got, const AnyTensor& wanted) {
  if (got.type != wanted.type || got.shape != wanted.shape || got.texts != wanted.texts ||
      got.data.size() != wanted.data.size()) {
    return false;
  }
  if (got.type == ElementType::text) return true;
  const size_t count = got.data.size() / element_size(got.type);
  for (size_t i = 0; i < count; ++i) {
    const double a = number_at(got, i), b = number_at(wanted, i);
    if (std::isnan(a) || std::isnan(b)
            ? std::isnan(a) != std::isnan(b)
            : a != b && !(std::abs(a - b) <= kAbsolute + kRelative * std::abs(b))) {
      return false;
    }
  }
  return true;
}

template <class Proto>
Proto parsed(const fs::path& file) {
  Proto out;
  const auto bytes = read_file(file, 64 << 20);
  if (!bytes || !out.ParseFromString(*bytes)) ADD_FAILURE() << "cannot read " << file;
  return out;
}

enum class Outcome { right, random, no_tensor, refused, fails, wrong };

struct Verdict {
  Outcome outcome = Outcome::right;
  std::string sentence;
};

// Whether the model draws random numbers, which differ from anybody else's by intent.
bool is_random(const onnx::ModelProto& model) {
  return std::ranges::any_of(model.graph().node(), [](const onnx::NodeProto& node) {
    return node.op_type() == "Bernoulli" || node.op_type().starts_with("Random") ||
           (node.op_type() == "Dropout" && node.input_size() == 3);
  });
}

Verdict run_set(const Session& session, const onnx::ModelProto& model, const fs::path& set) {
  std::vector<NamedTensor> inputs;
  for (int i = 0; i < model.graph().input_size(); ++i) {
    const auto& declared = model.graph().input(i);
    const auto file = set / ("input_" + std::to_string(i) + ".pb");
    if (!fs::exists(file)) continue;
    auto tensor = tensor_of(parsed<TensorProto>(file), declared);
    if (!tensor) return {Outcome::wrong, "input '" + declared.name() + "' has an unknown type"};
    inputs.push_back({declared.name(), std::move(*tensor)});
  }
  const auto outputs = session.run(inputs);
  if (!outputs) return {Outcome::fails, outputs.error().message};
  for (int i = 0; i < model.graph().output_size(); ++i) {
    const auto& declared = model.graph().output(i);
    const auto wanted =
        tensor_of(parsed<TensorProto>(set / ("output_" + std::to_string(i) + ".pb")), declared);
    const auto& name = declared.name();
    const auto got = std::ranges::find(*outputs, name, [](const NamedTensor& t) { return t.name; });
    if (!wanted || got == outputs->end() || !same(got->tensor, *wanted)) {
      return {is_random(model) ? Outcome::random : Outcome::wrong, "output '" + name + "' differs"};
    }
  }
  return {};
}

Verdict run_test(const fs::path& folder) {
  const auto model = parsed<onnx::ModelProto>(folder / "model.onnx");
  const auto session = Session::open(folder / "model.onnx", 1);
  if (!session) return {Outcome::refused, session.error().message};
  for (const auto* list : {&model.graph().input(), &model.graph().output()}) {
    for (const auto& value : *list) {
      if (value.type().has_tensor_type()) continue;
      const auto refused = (*session)->run(std::span<const NamedTensor>());
      if (refused) return {Outcome::wrong, "is not refused"};
      return {Outcome::no_tensor, refused.error().message};
    }
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    auto verdict = run_set(**session, model, entry.path());
    if (verdict.outcome != Outcome::right) return verdict;
  }
  return {};
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "`" : ", `") + name + "`";
  return out;
}

std::string table_of(const std::map<Outcome, std::vector<std::string>>& by_outcome) {
  const std::map<Outcome, const char*> titles{
      {Outcome::right, "right numbers"},
      {Outcome::random, "random by intent: nothing to compare with"},
      {Outcome::no_tensor, "refused with a sentence: inputs or outputs that are no tensors"},
      {Outcome::refused,
       "refused with a sentence when loading: ONNX Runtime lacks the operator or "
       "the type"},
      {Outcome::fails, "refused with a sentence when running"},
      {Outcome::wrong, "numbers of ONNX Runtime that differ from the ONNX project's"}};
  std::string out = "| outcome | tests | which |\n|---|---|---|\n";
  for (const auto& [outcome, names] : by_outcome) {
    out += std::string("| ") + titles.at(outcome) + " | " + std::to_string(names.size()) + " | " +
           (outcome == Outcome::right ? "all others" : listed(names)) + " |\n";
  }
  return out;
}

TEST(OnnxConformance, computes_every_node_test_or_refuses_it_as_documented) {
  if (!fs::exists(kFolder)) GTEST_SKIP() << "Debian's libonnx-testdata is not installed";
  std::set<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (fs::exists(entry.path() / "model.onnx")) folders.insert(entry.path());
  }
  ASSERT_GT(folders.size(), 900u);
  std::map<Outcome, std::vector<std::string>> by_outcome;
  for (const auto& folder : folders) {
    const auto verdict = run_test(folder);
    const auto name = folder.filename().string().substr(std::string_view("test_").size());
    by_outcome[verdict.outcome].push_back(name);
    if (verdict.outcome != Outcome::right) {
      EXPECT_FALSE(verdict.sentence.empty()) << name;
      std::printf("%s: %s\n", name.c_str(), verdict.sentence.c_str());
    }
  }
  const auto table = table_of(by_outcome);
  const auto page = read_file(kPage, 1 << 20);
  ASSERT_TRUE(page) << page.error().message;
  const auto begin = page->find(kBegin), end = page->find(kEnd);
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos && begin < end) << kPage;
  const auto from = begin + kBegin.size();
  if (std::getenv("POSS_WRITE_CONFORMANCE")) {
    ASSERT_TRUE(replace_file(kPage, page->substr(0, from) + table + page->substr(end)));
    return;
  }
  EXPECT_EQ(page->substr(from, end - from), table)
      << "scripts/conformance writes the table anew, once the difference is what is meant";
}

}  // namespace
}  // namespace poss::infer
