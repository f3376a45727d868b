// The declaration of the report, and its text.
#include "inspect/report.h"

#include <cstdio>

namespace poss::inspect {
namespace {

constexpr size_t kMaxText = 100'000;

std::string tensor_text(const TensorReport& tensor) {
  std::string out = tensor.name + " " + tensor.type + " [";
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    out += (i ? "," : "") + (tensor.shape[i] < 0 ? "?" : std::to_string(tensor.shape[i]));
  }
  return out + "]";
}

std::string rounded(double value, const char* format = "%.1f") {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

void TensorReport::declare(Fields<TensorReport>& f) {
  f.add(&TensorReport::name, "name");
  f.add(&TensorReport::type, "type");
  f.add(&TensorReport::shape, "shape");
}

void OperatorReport::declare(Fields<OperatorReport>& f) {
  f.add(&OperatorReport::name, "operator");
  f.add(&OperatorReport::reason, "reason");
}

void FamilyReport::declare(Fields<FamilyReport>& f) {
  f.add(&FamilyReport::family, "family");
  f.add(&FamilyReport::why, "why").max_length(kMaxText);
}

void TrialReport::declare(Fields<TrialReport>& f) {
  f.add(&TrialReport::input, "input").help("How the picture was fed.");
  f.add(&TrialReport::score, "score")
      .help("How confident and stable the answers were; to compare within one report.");
  f.add(&TrialReport::objects, "objects")
      .help("Objects found, or pictures with a confident class.");
  f.add(&TrialReport::sentence, "sentence");
}

void PreprocessingReport::declare(Fields<PreprocessingReport>& f) {
  f.add(&PreprocessingReport::choice, "choice");
  f.add(&PreprocessingReport::why, "why");
  f.add(&PreprocessingReport::runner_up, "runner_up");
  f.add(&PreprocessingReport::candidates, "candidates");
}

void Report::declare(Fields<Report>& f) {
  f.add(&Report::format, "format").help("onnx or tflite.");
  f.add(&Report::opset, "opset").help("Version of the standard operators.");
  f.add(&Report::producer, "producer").help("The program that wrote the file.");
  f.add(&Report::inputs, "inputs").help("Inputs as declared; -1 is decided at run time.");
  f.add(&Report::outputs, "outputs").help("Outputs as declared; -1 is decided at run time.");
  f.add(&Report::parameters, "parameters").help("Numbers in stored tensors.");
  f.add(&Report::bytes, "bytes").help("Size of the file.").unit("B");
  f.add(&Report::sha256, "sha256").help("SHA-256 of the file.");
  f.add(&Report::operators, "operators").help("How often each operator is used.");
  f.add(&Report::unsupported, "unsupported").help("Operators that cannot run here.");
  f.add(&Report::license, "license").help("Licence that the file states.").max_length(kMaxText);
  f.add(&Report::family, "family").help("Family of the network; empty: not recognised.");
  f.add(&Report::why, "why").help("Why this family.").max_length(kMaxText);
  f.add(&Report::candidates, "candidates").help("Families considered, best first.");
  f.add(&Report::missing, "missing").help("What may be added: labels, a choice, a picture.");
  f.add(&Report::manifest, "manifest").help("model.json for this file; absent: it cannot be used.");
  f.add(&Report::preprocessing, "preprocessing").help("How pictures are fed, and what was tried.");
  f.add(&Report::labels_from, "labels_from").help("Where the labels come from.");
  f.add(&Report::classes, "classes").help("Number of classes; 0: not known.");
  f.add(&Report::problems, "problems").help("Why the file is refused; empty: it is not.");
  f.add(&Report::timings, "timings").help("Where the time went.").unit("ms");
}

std::string report_text(const Report& report) {
  std::string out;
  const auto line = [&](const std::string& name, const std::string& text) {
    if (text.empty()) return;
    out += name + std::string(name.size() < 16 ? 16 - name.size() : 1, ' ') + text + "\n";
  };
  line("Family", report.family.empty() ? "not recognised" : report.family);
  line("Why", report.why);
  for (size_t i = 1; i < report.candidates.size() && i < 4; ++i) {
    line(i == 1 ? "Or" : "", report.candidates[i].family + ": " + report.candidates[i].why);
  }
  for (const auto& tensor : report.inputs) line("Input", tensor_text(tensor));
  for (const auto& tensor : report.outputs) line("Output", tensor_text(tensor));
  if (report.classes > 0) {
    line("Classes", std::to_string(report.classes) +
                        (report.labels_from.empty() ? "" : ", labels: " + report.labels_from));
  }
  line("Pictures", report.preprocessing.choice);
  line("", report.preprocessing.why);
  if (!report.preprocessing.runner_up.empty()) line("Runner-up", report.preprocessing.runner_up);
  for (const auto& trial : report.preprocessing.candidates) {
    line("  " + rounded(trial.score, "%.3f"), trial.sentence);
  }
  line("Format", report.format + (report.opset ? ", opset " + std::to_string(report.opset) : "") +
                     (report.producer.empty() ? "" : ", made by " + report.producer));
  line("Size", rounded(static_cast<double>(report.bytes) / 1e6) + " MB, " +
                   rounded(static_cast<double>(report.parameters) / 1e6, "%.2f") +
                   " million parameters");
  line("SHA-256", report.sha256);
  line("Licence", report.license);
  for (const auto& one : report.unsupported) line("Unsupported", one.name + ": " + one.reason);
  for (const auto& sentence : report.missing) line("Missing", sentence);
  for (const auto& sentence : report.problems) line("Refused", sentence);
  std::string spent;
  for (const auto& [name, ms] : report.timings) {
    spent += (spent.empty() ? "" : ", ") + name + " " + rounded(ms) + " ms";
  }
  line("Time", spent);
  return out;
}

}  // namespace poss::inspect
