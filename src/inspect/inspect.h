// Inspection: what a model file is, how to feed it and how to read its answer.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "base/result.h"
#include "inspect/report.h"

namespace poss::inspect {

struct InspectRequest {
  std::string file;                   // the model: ONNX or TFLite
  std::string name;                   // as people know it, for messages; empty: the file's
  std::vector<std::string> labels;    // one a class; empty: the file's own, if any
  std::vector<std::string> pictures;  // PPM files: photographs to try the model on
  // Where the ONNX file of a converted model is written; empty: it cannot be converted.
  std::string converted;
  // Where the anchors are written that a manifest may name, as a file "anchors.bin"; empty: a model
  // that needs them gets no manifest.
  std::string anchors;
  // Both files, where the caller has opened them for writing.
  int converted_file = -1;
  int anchors_file = -1;
  double probe_seconds = 1.5;  // for trying ways of feeding, when photographs are there
  int threads = 2;             // of one run
  static void declare(Fields<InspectRequest>& f);
};

// The steps after which hanging or crashing means something else.
enum class Step { read, loaded, ran };

// Inspects in this process: only for files one trusts; process.h is for all others. Fails when the
// file is no model at all; what is wrong with a model that can be read stands in the report's
// `problems`. `step` is called after each step with the report so far.
Result<Report> inspect(const InspectRequest& request,
                       const std::function<void(Step, const Report&)>& step = {});

}  // namespace poss::inspect
