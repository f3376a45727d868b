// What belongs together is decided on names alone, the same for archives and folders; only TF.js's
// model.json is read, for the names of its weights.
#include "convert/archive.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "convert/tflite_file.h"

namespace poss::convert {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxTopologyBytes = 64u << 20;  // of TF.js's model.json
constexpr size_t kMaxFiles = 10'000;
constexpr int kMaxDepth = 16;

using Names = std::set<std::string>;  // relative, with '/'
using Read = std::function<Result<std::string>(const std::string& name)>;

struct Found {
  ModelFormat format = ModelFormat::onnx;
  ModelOrigin origin = ModelOrigin::other;
  std::string model, labels;
  std::vector<std::string> metadata, weights;
};

Error bad(std::string message) { return {Code::invalid_argument, std::move(message)}; }
std::string shown(const std::string& name) { return "'" + clean_text(name, 100) + "'"; }

// "a/b/" of "a/b/c"
std::string folder_of(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? "" : name.substr(0, slash + 1);
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}
std::string lower_base(const std::string& name) {
  return lower(name.substr(folder_of(name).size()));
}

// What systems leave behind in archives and folders.
bool is_litter(const std::string& name) {
  return name.starts_with("__MACOSX/") || lower_base(name).starts_with(".") ||
         name.find("/.") != std::string::npos;
}

std::vector<std::string> ending(const Names& names, std::string_view end) {
  std::vector<std::string> out;
  for (const auto& name : names) {
    if (lower(name).ends_with(end)) out.push_back(name);
  }
  return out;
}

// Why there is no model in it.
Error no_model(const Names& names) {
  constexpr std::pair<const char*, const char*> kOthers[] = {
      {".pt", "a PyTorch file"},          {".pth", "a PyTorch file"},
      {".pb", "a TensorFlow graph"},      {".h5", "a Keras file"},
      {".keras", "a Keras file"},         {".mlmodel", "a Core ML file"},
      {".caffemodel", "a Caffe file"},    {".weights", "a Darknet file"},
      {".engine", "a TensorRT file"},     {".pdmodel", "a Paddle file"},
      {".safetensors", "a weights file"}, {".zip", "an archive in the archive"},
  };
  for (const auto& [end, kind] : kOthers) {
    if (const auto found = ending(names, end); !found.empty()) {
      return bad("there is no ONNX, TFLite or TF.js model in it; " + shown(found.front()) + " is " +
                 kind + ": export the model as ONNX");
    }
  }
  return bad("there is no ONNX, TFLite or TF.js model in it; export the model as ONNX");
}

// The one of several; an error that names them when they are too many.
Result<std::string> only(std::vector<std::string> models) {
  if (models.size() > 1) {
    // Ultralytics writes the same model in several precisions.
    const auto exact = std::find_if(models.begin(), models.end(), [](const auto& name) {
      return lower(name).ends_with("_float32.tflite");
    });
    if (exact != models.end() && std::count_if(models.begin(), models.end(), [](const auto& name) {
                                   return lower(name).ends_with("_float32.tflite");
                                 }) == 1) {
      return *exact;
    }
    return bad("there are " + std::to_string(models.size()) + " models in it, such as " +
               shown(models[0]) + " and " + shown(models[1]) + "; leave only one");
  }
  return std::move(models.front());
}

// The shards that a model.json names, as names beside it.
Result<std::vector<std::string>> shards_of(const std::string& model, const Names& names,
                                           const Read& read) {
  POSS_ASSIGN(const std::string text, read(model));
  auto value = parse_json(text);
  if (!value) return value.error().with(shown(model));
  const auto* manifest =
      value->is_object() ? value->get_object().if_contains("weightsManifest") : nullptr;
  if (!manifest || !manifest->is_array()) {
    return bad(shown(model) + " has no weightsManifest; it is no model of TF.js");
  }
  std::vector<std::string> out;
  for (const auto& group : manifest->get_array()) {
    const auto* paths = group.is_object() ? group.get_object().if_contains("paths") : nullptr;
    if (!paths || !paths->is_array()) return bad(shown(model) + " names no weights");
    for (const auto& path : paths->get_array()) {
      const std::string name =
          folder_of(model) + (path.is_string() ? std::string(path.get_string()) : std::string());
      // Only what is in the archive can be meant, so the name cannot lead out of it.
      if (!names.contains(name)) {
        return bad("the weights " + shown(name) + " that " + shown(model) +
                   " names are missing; add them");
      }
      if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
    }
  }
  if (out.empty()) return bad(shown(model) + " names no weights");
  return out;
}

// How likely a file of this name holds labels: 0 best; none when it does not.
int label_rank(const std::string& name) {
  const std::string base = lower_base(name);
  const auto dot = base.rfind('.');
  const std::string end = dot == std::string::npos ? "" : base.substr(dot);
  const std::string stem = base.substr(0, dot);
  if (base == "labels.txt") return 0;
  const bool text = end == ".txt" || end == ".json" || end == ".yaml" || end == ".yml";
  if (end == ".pbtxt" || end == ".names") return 1;
  if (text && (stem.find("label") != stem.npos || stem.find("class") != stem.npos)) return 1;
  if (text && (stem.find("names") != stem.npos || stem.find("synset") != stem.npos)) return 2;
  if (base == "data.yaml" || base == "dataset.yaml") return 3;
  for (const char* other : {"readme", "license", "licence", "requirements", "notice", "version"}) {
    if (stem.find(other) != stem.npos) return -1;
  }
  return end == ".txt" ? 4 : -1;
}

// Beside the model before elsewhere; an error when two are as likely.
Result<std::string> find_labels(const Names& names, const std::string& model) {
  std::pair<int, int> best{9, 9};
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const int rank = label_rank(name);
    if (rank < 0) continue;
    const std::pair<int, int> key{folder_of(name) == folder_of(model) ? 0 : 1, rank};
    if (key < best) found.clear();
    if (key <= best) {
      best = key;
      found.push_back(name);
    }
  }
  if (found.empty()) return std::string();
  if (found.size() > 1) {
    return bad("both " + shown(found[0]) + " and " + shown(found[1]) +
               " may hold the labels; leave only one");
  }
  return found.front();
}

Result<Found> recognise(const Names& names, const Read& read) {
  const auto onnx = ending(names, ".onnx");
  const auto tflite = ending(names, ".tflite");
  Names bins_of;
  for (const auto& name : ending(names, ".bin")) bins_of.insert(folder_of(name));
  std::vector<std::string> tfjs;
  for (const auto& name : ending(names, "model.json")) {
    if (lower_base(name) == "model.json" && bins_of.contains(folder_of(name))) tfjs.push_back(name);
  }
  Found out;
  if (!onnx.empty()) {
    POSS_ASSIGN(out.model, only(onnx));
  } else if (!tflite.empty()) {
    out.format = ModelFormat::tflite;
    POSS_ASSIGN(out.model, only(tflite));
  } else if (!tfjs.empty()) {
    out.format = ModelFormat::tfjs;
    POSS_ASSIGN(out.model, only(tfjs));
    POSS_ASSIGN(out.weights, shards_of(out.model, names, read));
  } else {
    return no_model(names);
  }

  const std::string folder = folder_of(out.model);
  // Adds the description of that name to the metadata, if it is there.
  const auto describes = [&](const char* base) {
    for (const auto& name : names) {
      if (lower(name) != lower(folder) + base) continue;
      out.metadata.push_back(name);
      return true;
    }
    return false;
  };
  // Each on a line of its own: both are wanted.
  const bool manifest = describes("cvexport.manifest");
  const bool properties = describes("metadata_properties.json");
  if (manifest || properties) {
    out.origin = ModelOrigin::custom_vision;
  } else if (describes("metadata.yaml")) {
    out.origin = ModelOrigin::ultralytics;
    out.labels = out.metadata.front();
  } else if (out.format == ModelFormat::tfjs && describes("metadata.json")) {
    out.origin = ModelOrigin::teachable_machine;
    out.labels = out.metadata.front();
  } else if (out.format == ModelFormat::tflite && lower_base(out.model) == "model_unquant.tflite") {
    out.origin = ModelOrigin::teachable_machine;
  } else if (out.format == ModelFormat::onnx && describes("model.json")) {
    out.origin = ModelOrigin::poss;
    return out;  // which has the labels
  }
  if (out.labels.empty()) {
    POSS_ASSIGN(out.labels, find_labels(names, out.model));
  }
  return out;
}

ModelFiles in_folder(const Found& found, const fs::path& folder) {
  ModelFiles out{.format = found.format, .origin = found.origin, .model = folder / found.model};
  if (!found.labels.empty()) out.labels = folder / found.labels;
  for (const auto& name : found.metadata) out.metadata.push_back(folder / name);
  for (const auto& name : found.weights) out.weights.push_back(folder / name);
  return out;
}

Result<void> unpack(const ZipFile& zip, const Found& found, const fs::path& folder) {
  Names wanted{found.model};
  if (!found.labels.empty()) wanted.insert(found.labels);
  wanted.insert(found.metadata.begin(), found.metadata.end());
  wanted.insert(found.weights.begin(), found.weights.end());
  for (const ZipEntry& entry : zip.entries()) {
    if (!wanted.contains(entry.name)) continue;
    const fs::path target = folder / entry.name;
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    if (error) {
      return Error{Code::internal,
                   "cannot create '" + target.parent_path().string() + "': " + error.message()};
    }
    POSS_TRY(zip.extract(entry, target));
  }
  return {};
}

}  // namespace

Result<ModelFiles> unpack_model(const fs::path& archive, const fs::path& folder,
                                const ZipLimits& limits) {
  POSS_ASSIGN(const ZipFile zip, ZipFile::open(archive, limits));
  Names names;
  for (const ZipEntry& entry : zip.entries()) {
    if (!is_litter(entry.name)) names.insert(entry.name);
  }
  const Read read = [&](const std::string& name) {
    const auto entry = std::find_if(zip.entries().begin(), zip.entries().end(),
                                    [&](const ZipEntry& one) { return one.name == name; });
    return zip.read(*entry, kMaxTopologyBytes);
  };
  auto found = recognise(names, read);
  if (!found) return found.error().with("the archive");
  std::error_code error;
  if (!fs::create_directory(folder, error)) {
    return Error{Code::internal, "cannot create '" + folder.string() +
                                     "': " + (error ? error.message() : "it is there already")};
  }
  if (const auto done = unpack(zip, *found, folder); !done) {
    fs::remove_all(folder, error);
    return done.error();
  }
  return in_folder(*found, folder);
}

Result<ModelFiles> find_model(const fs::path& folder) {
  Names names;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry.depth() > kMaxDepth) entry.disable_recursion_pending();
    if (entry->symlink_status(error).type() != fs::file_type::regular) continue;
    const std::string name = entry->path().lexically_relative(folder).generic_string();
    if (!is_litter(name)) names.insert(name);
    if (names.size() > kMaxFiles) {
      return bad("'" + folder.string() + "' has more than " + std::to_string(kMaxFiles) +
                 " files; give the folder of the model alone");
    }
  }
  if (error) {
    return Error{Code::not_found,
                 "cannot read the folder '" + folder.string() + "': " + error.message()};
  }
  const Read read = [&](const std::string& name) {
    return read_file(folder / name, kMaxTopologyBytes);
  };
  auto found = recognise(names, read);
  if (!found) return found.error().with("the folder '" + folder.filename().string() + "'");
  return in_folder(*found, folder);
}

}  // namespace poss::convert
