// What the inspection of a model file found, as the REST interface and the portal show it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "infer/manifest.h"

namespace poss::inspect {

// An input or output; a dimension of −1 is decided at run time.
struct TensorReport {
  std::string name;
  std::string type;  // "float32", "uint8" …
  std::vector<std::int64_t> shape;
  static void declare(Fields<TensorReport>& f);
};

struct OperatorReport {
  std::string name;
  std::string reason;  // why it cannot run here
  static void declare(Fields<OperatorReport>& f);
};

// A family of networks the file may belong to.
struct FamilyReport {
  std::string family;
  std::string why;
  static void declare(Fields<FamilyReport>& f);
};

// One way of feeding pictures that was tried.
struct TrialReport {
  infer::InputSpec input;
  double score = 0;  // 0: nothing found; comparable within one report only
  int objects = 0;   // found, or pictures with a confident class
  std::string sentence;
  static void declare(Fields<TrialReport>& f);
};

struct PreprocessingReport {
  std::string choice;  // in plain words
  std::string why;
  std::string runner_up;                // empty: there was nothing to choose from
  std::vector<TrialReport> candidates;  // best first
  static void declare(Fields<PreprocessingReport>& f);
};

struct Report {
  std::string format;  // "onnx", "tflite"
  std::int64_t opset = 0;
  std::string producer;  // empty: not stated
  std::vector<TensorReport> inputs;
  std::vector<TensorReport> outputs;
  std::int64_t parameters = 0;
  std::int64_t bytes = 0;
  std::string sha256;
  std::map<std::string, std::int64_t> operators;
  std::vector<OperatorReport> unsupported;
  std::string license;  // empty: not stated
  std::string family;   // empty: not recognised
  std::string why;
  std::vector<FamilyReport> candidates;     // the families considered, best first
  std::vector<std::string> missing;         // what the person may add, a sentence each
  std::optional<infer::Manifest> manifest;  // absent: the model cannot be used as it is
  PreprocessingReport preprocessing;
  std::string labels_from;  // "given", "the file's metadata", "numbered"; empty: no classes known
  std::int64_t classes = 0;
  std::vector<std::string> problems;      // why it is refused; empty: it is not
  std::map<std::string, double> timings;  // milliseconds: read, load, run, probe, total
  static void declare(Fields<Report>& f);
};

// The report as text for a terminal.
std::string report_text(const Report& report);

}  // namespace poss::inspect
