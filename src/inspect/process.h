// Inspection in a process of its own, which a malformed or hostile model may crash or hang.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

#include "inspect/inspect.h"
#include "inspect/picture.h"

namespace poss::inspect {

struct ProcessOptions {
  // The program poss-inspect. Empty: $POSS_INSPECT, else beside this program or one folder above.
  std::filesystem::path program;
  std::filesystem::path scratch;  // where a private folder is made; empty: the system's
  // From the start until the model has answered once, and from then on beyond probe_seconds; and a
  // second for each 100 MB of the file. What takes longer is stopped.
  std::chrono::milliseconds limit{10'000};
  std::uint64_t memory = std::uint64_t{4} << 30;  // bytes, beside thrice the file's size
  std::function<bool()> cancelled;                // asked now and then
};

// inspect() in the program poss-inspect: no network, no writing, bounded memory, time and files.
// `request.pictures` is set from `photographs`; `request.converted` and `request.anchors`, where
// not empty, get the ONNX file of a converted model and its anchors. Nothing else is left behind.
// Fails with one sentence when the file is no model or its reading crashed, took too long or too
// much memory; where that happened while it ran, the report of its reading comes back with that
// sentence among its problems. Any thread; blocks.
Result<Report> inspect_in_process(InspectRequest request, std::span<const Picture> photographs,
                                  const ProcessOptions& options = {});

// What the program poss-inspect does: reads a request from the file named and answers on standard
// output, a JSON object a line. Returns its exit code.
int serve_inspection(const char* request_file);

}  // namespace poss::inspect
