// Importing models: reading, converting or checking, and the swap into place.
#include "convert/import.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include <fcntl.h>
#include <onnx/onnx_pb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "convert/labels.h"
#include "convert/tflite_file.h"

namespace poss::convert {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxModelBytes = size_t{1} << 30;

Result<void> check_name(const std::string& name) {
  const bool good =
      !name.empty() && name.size() <= 64 && name[0] != '-' && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      });
  if (good) return {};
  return Error{
      Code::invalid_argument,
      "'" + clean_text(name, 100) + "' cannot name a model; use 1 to 64 of a-z, 0-9, '_' and '-'"};
}

Error cannot(const std::string& what, const fs::path& path, int error) {
  const Code code = error == EACCES || error == EPERM ? Code::permission_denied
                    : error == ENOSPC                 ? Code::resource_exhausted
                                                      : Code::internal;
  return {code, "cannot " + what + " " + path.string() + ": " + std::strerror(error)};
}

// A folder beside the models, gone at the end unless it got its name.
class NewFolder {
 public:
  static Result<NewFolder> create(const fs::path& out, const std::string& name) {
    std::error_code error;
    fs::create_directories(out, error);
    if (error) return cannot("create", out, error.value());
    // The dot keeps it from being taken for a model.
    std::string pattern = (out / ("." + name + ".XXXXXX")).string();
    if (!mkdtemp(pattern.data())) return cannot("create a folder in", out, errno);
    NewFolder made(pattern);
    if (chmod(pattern.c_str(), 0755) != 0) return cannot("open up", pattern, errno);
    return made;
  }
  NewFolder(NewFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  NewFolder& operator=(NewFolder&& other) noexcept {
    std::swap(path_, other.path_);
    return *this;
  }
  ~NewFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& path() const { return path_; }

  // Renames the folder to `target`; with `force` what was there takes the temporary name and is
  // removed with it.
  Result<void> become(const fs::path& target, bool force) {
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) == 0) {
      path_.clear();
      return {};
    }
    if (errno != EEXIST) return cannot("create", target, errno);
    if (!force) {
      return Error{Code::conflict, "a model named '" + target.filename().string() +
                                       "' is there already; use force to replace it"};
    }
    if (renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) != 0) {
      return cannot("replace", target, errno);
    }
    return {};
  }

 private:
  explicit NewFolder(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

// The last steps of every import.
Result<fs::path> publish(const std::string& onnx, const json::object& manifest, const fs::path& out,
                         const ImportOptions& options) {
  POSS_ASSIGN(NewFolder folder, NewFolder::create(out, options.name));
  POSS_TRY(replace_file(folder.path() / "model.onnx", onnx));
  POSS_TRY(replace_file(folder.path() / "model.json", pretty_json(manifest)));
  if (options.check) POSS_TRY(options.check(folder.path()).with("the imported model"));
  auto target = out / options.name;
  POSS_TRY(folder.become(target, options.force));
  return target;
}

// Early, so that nothing is converted in vain.
Result<void> check_free(const fs::path& out, const ImportOptions& options) {
  POSS_TRY(check_name(options.name));
  std::error_code ignored;
  if (!options.force && fs::exists(out / options.name, ignored)) {
    return Error{Code::conflict,
                 "a model named '" + options.name + "' is there already; use force to replace it"};
  }
  return {};
}

bool outside_data(const onnx::GraphProto& graph) {
  return std::ranges::any_of(graph.initializer(), [](const auto& tensor) {
    return tensor.data_location() == onnx::TensorProto::EXTERNAL;
  });
}

// Checks that the manifest's input is an input of the model.
Result<void> check_input(const onnx::GraphProto& graph, const json::object& input) {
  std::set<std::string> stored;  // old files list their weights among the inputs
  for (const auto& tensor : graph.initializer()) stored.insert(tensor.name());
  const auto text = [&](const char* key) {
    const auto* found = input.if_contains(key);
    return found && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  const auto number = [&](const char* key) -> std::int64_t {
    const auto* found = input.if_contains(key);
    return found && found->is_int64() ? found->as_int64() : 0;
  };
  const std::string wanted = text("name");
  for (const auto& candidate : graph.input()) {
    if (stored.contains(candidate.name())) continue;
    if (!wanted.empty() && candidate.name() != wanted) continue;
    const auto& tensor = candidate.type().tensor_type();
    const int type = text("type") == "uint8" ? onnx::TensorProto::UINT8 : onnx::TensorProto::FLOAT;
    const bool nhwc = text("layout") == "nhwc";
    const auto fits = [&](int axis, std::int64_t size) {
      const auto& dim = tensor.shape().dim(axis);
      return !dim.has_dim_value() || dim.dim_value() <= 0 || dim.dim_value() == size;
    };
    if (tensor.elem_type() != type || tensor.shape().dim_size() != 4 || !fits(nhwc ? 3 : 1, 3) ||
        !fits(nhwc ? 1 : 2, number("height")) || !fits(nhwc ? 2 : 3, number("width"))) {
      return Error{Code::invalid_argument, "the model's input '" +
                                               clean_text(candidate.name(), 100) +
                                               "' has not the type, layout or size that the "
                                               "manifest says"};
    }
    return {};
  }
  return Error{Code::invalid_argument,
               "the model has no input named '" + clean_text(wanted, 100) + "'"};
}

Result<void> check_onnx(const std::string& bytes, const json::object& manifest) {
  onnx::ModelProto model;
  if (!model.ParseFromString(bytes) || model.graph().node_size() == 0) {
    return Error{Code::invalid_argument, "it is not an ONNX model, or is damaged"};
  }
  if (outside_data(model.graph())) {
    return Error{Code::invalid_argument,
                 "it keeps weights in other files; save it as a single file"};
  }
  const auto* input = manifest.if_contains("input");
  const auto* decoder = manifest.if_contains("decoder");
  if (!input || !input->is_object() || !decoder || !decoder->is_object()) {
    return Error{Code::invalid_argument, "its manifest lacks \"input\" or \"decoder\""};
  }
  POSS_TRY(check_input(model.graph(), input->as_object()));
  for (const char* key : {"boxes", "scores"}) {
    const auto* name = decoder->as_object().if_contains(key);
    if (!name || !name->is_string() || name->as_string().empty()) continue;
    const std::string wanted(name->as_string());
    if (std::ranges::none_of(model.graph().output(),
                             [&](const auto& output) { return output.name() == wanted; })) {
      return Error{Code::invalid_argument,
                   "the model has no output named '" + clean_text(wanted, 100) + "'"};
    }
  }
  return {};
}

}  // namespace

Result<fs::path> import_tflite(const fs::path& file, const fs::path& out,
                               const ImportOptions& options) {
  POSS_TRY(check_free(out, options));
  POSS_ASSIGN(const auto bytes, read_file(file, kMaxModelBytes));
  ConvertOptions convert = options.convert;
  if (options.labels) {
    POSS_ASSIGN(const auto text, read_file(*options.labels, kMaxLabelFileBytes));
    POSS_ASSIGN(convert.labels, parse_labels(text).with(options.labels->string()));
  }
  if (convert.title.empty()) convert.title = options.name;
  POSS_ASSIGN(const auto model, convert_tflite(bytes, convert).with(file.string()));
  return publish(model.onnx, model.manifest, out, options);
}

Result<fs::path> import_onnx(const fs::path& file, const fs::path& manifest, const fs::path& out,
                             const ImportOptions& options) {
  POSS_TRY(check_free(out, options));
  POSS_ASSIGN(const auto bytes, read_file(file, kMaxModelBytes));
  POSS_ASSIGN(auto value, read_json_file(manifest));
  if (!value.is_object()) {
    return Error{Code::invalid_argument, manifest.string() + ": must be an object"};
  }
  auto& object = value.as_object();
  object["file"] = "model.onnx";
  POSS_TRY(check_onnx(bytes, object).with(file.string()));
  return publish(bytes, object, out, options);
}

}  // namespace poss::convert
