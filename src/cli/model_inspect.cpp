// `poss model inspect`: what a model file is, and model.json for it, without a server.
#include <cstdio>
#include <sstream>

#include "base/file.h"
#include "cli/objects.h"
#include "cli/terminal.h"
#include "convert/labels.h"
#include "inspect/process.h"
#include "server/photographs.h"

namespace poss::cli {
namespace {

constexpr size_t kFromEach = 4;  // photographs of one source

struct InspectArguments {
  std::string file;
  std::string labels;
  std::string manifest;
  std::string converted;
  std::vector<std::string> pictures;
  double seconds = 5;
  bool json = false;
};

Result<void> inspect_file(const InspectArguments& arguments) {
  inspect::InspectRequest request;
  request.file = arguments.file;
  request.converted = arguments.converted;
  if (!arguments.manifest.empty()) {
    const auto manifest = std::filesystem::absolute(arguments.manifest);
    request.anchors = (manifest.parent_path() / "anchors.bin").string();
  }
  request.probe_seconds = arguments.seconds;
  if (!arguments.labels.empty()) {
    POSS_ASSIGN(const auto text, read_file(arguments.labels, convert::kMaxLabelFileBytes));
    POSS_ASSIGN(request.labels, convert::parse_labels(text).with("'" + arguments.labels + "'"));
  }
  std::vector<inspect::Picture> photographs;
  for (const auto& source : arguments.pictures) {
    POSS_ASSIGN(auto some, server::read_photographs(source, kFromEach));
    for (auto& picture : some) photographs.push_back(std::move(picture));
  }
  if (photographs.empty()) photographs = server::built_in_photographs();
  POSS_ASSIGN(const auto report, inspect::inspect_in_process(std::move(request), photographs));
  if (arguments.json) {
    print_json(to_json(report));
  } else {
    std::istringstream lines(inspect::report_text(report));
    for (std::string line; std::getline(lines, line);) std::printf("%s\n", printable(line).c_str());
  }
  if (!arguments.manifest.empty() && report.manifest) {
    POSS_TRY(replace_file(arguments.manifest, pretty_json(to_json(*report.manifest))));
  }
  if (report.problems.empty()) return {};
  return Error{Code::invalid_argument,
               "'" + arguments.file + "' is refused: " + report.problems.front()};
}

}  // namespace

void add_inspect_verb(const Verb& verb) {
  auto arguments = std::make_shared<InspectArguments>();
  auto& command = *verb.parent.add_subcommand(
      "inspect", "What a model file is: its family, how pictures are fed and answers read");
  command.add_option("file", arguments->file, "A .onnx or .tflite file")->required();
  command.add_option("--labels", arguments->labels, "File with one label a line");
  command.add_option("--picture", arguments->pictures,
                     "Photographs to try it on: a picture, a folder or a recording (default: those "
                     "that come with POSS)");
  command.add_option("--seconds", arguments->seconds, "Time for trying ways of feeding pictures")
      ->check(CLI::Range(0.0, 600.0));
  command.add_option(
      "--manifest", arguments->manifest,
      "Write model.json here, and the file of anchors, where there is one, beside it");
  command.add_option("--onnx", arguments->converted, "Write the ONNX file of a TFLite model here");
  command.add_flag("--json", arguments->json, "Print JSON");
  command.callback([arguments, &action = verb.action] {
    action = [arguments] { return inspect_file(*arguments); };
  });
}

}  // namespace poss::cli
