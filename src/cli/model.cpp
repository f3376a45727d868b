// `poss model import`: brings a model file to a server, or into a folder of this machine.
#include <algorithm>
#include <cstdio>
#include <sstream>

#include "base/file.h"
#include "cli/objects.h"
#include "cli/terminal.h"
#include "net/encoding.h"
#include "server/model_import.h"

namespace poss::cli {
namespace {

constexpr size_t kMaxText = 4u << 20;  // bytes of labels or a manifest

struct ImportArguments {
  std::string file;
  std::string manifest;
  std::string out;
  std::string labels;
  convert::ImportOptions options;
};

Result<void> import_into_folder(const ImportArguments& arguments) {
  auto options = arguments.options;
  if (options.name.empty()) {
    return Error{Code::invalid_argument, "--out needs --name, which the model's folder gets"};
  }
  if (!arguments.labels.empty()) options.labels = arguments.labels;
  POSS_ASSIGN(const auto folder,
              server::import_model(arguments.file, arguments.manifest, arguments.out, options));
  std::printf("%s\n", folder.c_str());
  return {};
}

// What the job of an import is told beside the file.
Result<json::object> import_body(const ImportArguments& arguments) {
  json::object body;
  if (!arguments.labels.empty()) {
    POSS_ASSIGN(const std::string text, read_file(arguments.labels, kMaxText));
    json::array labels;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with('\r')) line.pop_back();
      labels.emplace_back(line);
    }
    body["labels"] = std::move(labels);
  }
  if (!arguments.manifest.empty()) {
    POSS_ASSIGN(body["manifest"], read_json_file(arguments.manifest, kMaxText));
  }
  return body;
}

// The model to import into, made if there is none of this name; `made` tells whether.
Result<std::string> model_to_fill(Client& client, const KindInfo& kind, const std::string& name,
                                  const convert::ConvertOptions& about, bool& made) {
  Finder finder(client);
  auto found = finder.id_of(kind, name);
  if (found || found.error().code != Code::not_found) return found;
  POSS_ASSIGN(Answer answer,
              client.post(std::string(kind.path), json::object{{"name", name},
                                                               {"source", "external"},
                                                               {"description", about.description},
                                                               {"license", about.license}}));
  POSS_ASSIGN(const json::object model, object_of(std::move(answer)));
  made = true;
  return text_member(model, "id");
}

Result<json::object> send_file(Client& client, const std::string& model,
                               const ImportArguments& arguments, json::object body) {
  const std::filesystem::path file = arguments.file;
  POSS_ASSIGN(
      Answer sent,
      client.upload("/api/v1/uploads?name=" + net::percent_encode(file.filename().string()), file));
  POSS_ASSIGN(const json::object upload, object_of(std::move(sent)));
  const std::string id = text_member(upload, "id");
  body["upload"] = id;
  hold_stop_signals();
  auto started = client.post("/api/v1/models/" + net::percent_encode(model) + "/versions", body);
  if (!started) {
    static_cast<void>(client.remove("/api/v1/uploads/" + net::percent_encode(id), ""));
    return started.error();
  }
  POSS_ASSIGN(const json::object job, object_of(std::move(*started)));
  return wait_for_job(client, job);
}

Result<void> import_into_server(Client& client, const KindInfo& kind, const VerbOptions& options,
                                const ImportArguments& arguments) {
  if (std::filesystem::path(arguments.file).extension() == ".onnx" && arguments.manifest.empty()) {
    return Error{Code::invalid_argument, "'" + arguments.file +
                                             "' is an ONNX model, which needs its manifest: give "
                                             "--manifest model.json (docs/models.md)"};
  }
  POSS_ASSIGN(json::object body, import_body(arguments));
  std::error_code error;
  if (!std::filesystem::is_regular_file(arguments.file, error)) {
    return Error{Code::not_found, "there is no file '" + arguments.file + "'"};
  }
  const std::string name = arguments.options.name.empty()
                               ? std::filesystem::path(arguments.file).stem().string()
                               : arguments.options.name;
  bool made = false;
  POSS_ASSIGN(const std::string model,
              model_to_fill(client, kind, name, arguments.options.convert, made));
  const auto result = send_file(client, model, arguments, std::move(body));
  if (!result) {
    // Nothing half-made stays.
    if (made) static_cast<void>(client.remove(object_path(kind, model), ""));
    return result.error();
  }
  if (options.json) {
    print_json(*result);
  } else {
    std::printf("model '%s' has version %s\n", printable(name).c_str(),
                number_member(*result, "number").c_str());
  }
  return {};
}

}  // namespace

void add_model_verbs(const Verb& verb) {
  add_inspect_verb(verb);
  auto options = std::make_shared<VerbOptions>();
  auto arguments = std::make_shared<ImportArguments>();
  auto& import = add_verb(
      verb, "import",
      "Bring a TFLite model, or an ONNX model with its manifest: to the server, as a new version "
      "where it has a model of that name; with --out into a folder of this machine, without server",
      [&kind = verb.kind, arguments](Client& client, const VerbOptions& given) {
        return import_into_server(client, kind, given, *arguments);
      },
      options);
  // Into a folder no server is needed, nor a login file that can be read.
  import.callback([options, arguments, &kind = verb.kind, &action = verb.action] {
    action = [options, arguments, &kind]() -> Result<void> {
  if (!arguments->out.empty()) return import_into_folder(*arguments);
  POSS_ASSIGN(const auto client, Client::create(*options->server));
  return import_into_server(*client, kind, *options, *arguments);
};
}  // namespace poss::cli
);
auto& convert = arguments->options.convert;
import.add_option("file", arguments->file, "A .tflite or .onnx file")->required();
import.add_option("--name", arguments->options.name,
                  "Name of the model (default: the file's; with --out: a-z, 0-9, '_', '-')");
import.add_option("--labels", arguments->labels, "File with one label a line");
import.add_option("--manifest", arguments->manifest, "model.json of an ONNX model");
import.add_option("--description", convert.description, "What it is good for");
import.add_option("--license", convert.license, "Its licence");
auto* out = import.add_option("--out", arguments->out, "Folder of models on this machine");
const auto offline = [&](CLI::Option* option) { option->needs(out)->group("With --out"); };
offline(import.add_option("--title", convert.title, "Title people see"));
offline(import.add_option("--source", convert.source, "Where it comes from"));
offline(import
            .add_option("--letterbox", convert.letterbox,
                        "Keep the picture's proportions, standing top_left or center; else it is "
                        "stretched to the input")
            ->check(CLI::IsMember({"top_left", "center"})));
offline(import.add_flag("--force", arguments->options.force, "Replace a model of that name"));
}

}  // namespace poss::cli
