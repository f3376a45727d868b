// bench/import: how fast a model that somebody brings becomes one that runs, and how much faster
// its INT8 form is.
//
// Ratios are taken within one run: both forms of a model take turns, and the best time of each
// counts, which is the one that nothing else on the machine disturbed.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include <CLI/CLI.hpp>
#include <onnx/onnx_pb.h>

#include "base/file.h"
#include "base/id.h"
#include "base/json.h"
#include "convert/convert.h"
#include "convert/quantize.h"
#include "infer/session.h"
#include "inspect/process.h"

namespace poss {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

struct Options {
  fs::path originals = "build/downloads/originals";
  int rounds = 100;
};

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  throw std::runtime_error(result.error().message);
}

double rounded(double number) { return std::nearbyint(number * 1000) / 1000; }

template <class F>
double time_ms(F call) {
  const auto start = Steady::now();
  call();
  return Milliseconds(Steady::now() - start).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// A folder of its own, removed at the end.
class Scratch {
 public:
  Scratch() : path_(fs::temp_directory_path() / ("poss-bench-" + new_id())) {
    fs::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// A model on one thread, and a picture of noise for it.
class Loaded {
 public:
  Loaded(const fs::path& file, const std::string& onnx) {
    if (const auto written = replace_file(file, onnx); !written) {
      throw std::runtime_error(written.error().message);
    }
    session_ = need(infer::Session::open(file, 1));
    const auto& shape = session_->inputs()[0].shape;
    size_t count = 1;
    for (const auto size : shape) count *= static_cast<size_t>(size);
    std::uint32_t state = 1;
    for (size_t i = 0; i < count; ++i) {
      state = state * 1664525 + 1013904223;
      picture_.push_back(static_cast<float>(state >> 24));
    }
    for (size_t i = 0; i < session_->outputs().size(); ++i) wanted_.push_back(i);
  }
  infer::Outputs run() const {
    const infer::InputTensor picture{0, std::as_bytes(std::span(picture_)),
                                     session_->inputs()[0].shape};
    return need(session_->run(std::span(&picture, 1), wanted_));
  }
  const infer::Session& session() const { return *session_; }
  std::span<const float> picture() const { return picture_; }

 private:
  std::unique_ptr<infer::Session> session_;
  std::vector<float> picture_;
  std::vector<size_t> wanted_;
};

// The float32 model as INT8, with the ranges that its tensors have on the picture of noise.
std::string measured(const std::string& onnx, const fs::path& scratch) {
  const auto observed = need(convert::observe(onnx));
  const Loaded shown(scratch / "observed.onnx", observed.onnx);
  const auto outputs = shown.run();
  convert::RangeCollector collector;
  for (const auto& tensor : observed.tensors) {
    if (tensor == shown.session().inputs()[0].name) collector.add(tensor, shown.picture());
  }
  for (size_t i = 0; i < outputs.tensors.size(); ++i) {
    collector.add(shown.session().outputs()[i].name, outputs.tensors[i].values);
  }
  return need(convert::quantize_onnx(onnx, collector.ranges())).onnx;
}

// Float32 time over INT8 time, both in turns.
json::object speed(const std::string& real, const std::string& fast, int rounds,
                   const fs::path& scratch, const std::string& prefix) {
  const Loaded slow_one(scratch / "float.onnx", real), fast_one(scratch / "int8.onnx", fast);
  std::vector<double> slow_ms, fast_ms;
  for (int i = 0; i < rounds; ++i) {
    slow_ms.push_back(time_ms([&] { slow_one.run(); }));
    fast_ms.push_back(time_ms([&] { fast_one.run(); }));
  }
  const double slow = std::ranges::min(slow_ms), least = std::ranges::min(fast_ms);
  return {{"float_ms", rounded(slow)},
          {prefix + "int8_ms", rounded(least)},
          {prefix + "int8_speedup", rounded(slow / least)},
          {"float_mb", rounded(static_cast<double>(real.size()) / 1e6)},
          {prefix + "int8_mb", rounded(static_cast<double>(fast.size()) / 1e6)}};
}

// What a TFLite file becomes: the time that takes, and INT8 against float32.
json::object convert_figures(const fs::path& file, int rounds, const fs::path& scratch) {
  const auto bytes = need(read_file(file, size_t{1} << 30));
  convert::ConvertOptions options;
  options.labels = std::vector<std::string>();
  if (convert::convert_tflite(bytes)) options.labels.reset();
  json::object out;
  const auto convert = [&](convert::Precision precision) {
    options.precision = precision;
    auto made = convert::convert_tflite(bytes, options);
    // A classifier without labels of its own: any do, the error says how many.
    if (!made && options.labels) {
      const auto at = made.error().message.find("for its ");
      if (at != std::string::npos) {
        options.labels->resize(std::stoul(made.error().message.substr(at + 8)), "class");
        made = convert::convert_tflite(bytes, options);
      }
    }
    return made;
  };
  std::vector<double> times;
  Result<convert::ConvertedModel> real = convert(convert::Precision::float32);
  for (int i = 0; i < std::clamp(rounds / 10, 1, 5); ++i) {
    times.push_back(time_ms([&] { real = convert(convert::Precision::float32); }));
  }
  out["tflite_to_onnx_ms"] = rounded(median(times));
  const auto model = need(std::move(real));
  for (const auto& [key, value] :
       speed(model.onnx, measured(model.onnx, scratch), rounds, scratch, "measured_")) {
    out[key] = value;
  }
  const auto fast = convert(convert::Precision::int8);
  if (!fast) return out;  // not quantised
  for (const auto& [key, value] : speed(model.onnx, fast->onnx, rounds, scratch, "")) {
    out[key] = value;
  }
  return out;
}

// A classifier of 50 MB, nearly all of it weights of one dense layer.
std::string large_model() {
  constexpr int kHidden = 4096, kClasses = 3050;
  onnx::ModelProto model;
  model.set_ir_version(6);
  model.add_opset_import()->set_version(11);
  auto& graph = *model.mutable_graph();
  graph.set_name("large");
  const auto describe = [](onnx::ValueInfoProto& info, const char* name,
                           std::initializer_list<int> shape) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    for (const int size : shape) tensor.mutable_shape()->add_dim()->set_dim_value(size);
  };
  const auto weights = [&](const char* name, int rows, int columns) {
    std::vector<float> values(static_cast<size_t>(rows) * static_cast<size_t>(columns));
    std::uint32_t state = 1;
    for (float& value : values) {
      state = state * 1664525 + 1013904223;
      value = static_cast<float>(state >> 8) / float{1 << 24} - 0.5f;
    }
    auto& tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    tensor.add_dims(rows);
    tensor.add_dims(columns);
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
  };
  const auto node = [&](const char* op, std::initializer_list<const char*> inputs,
                        const char* output) {
    auto& made = *graph.add_node();
    made.set_op_type(op);
    for (const char* name : inputs) made.add_input(name);
    made.add_output(output);
  };
  describe(*graph.add_input(), "images", {1, 3, 224, 224});
  weights("w1", 3, kHidden);
  weights("w2", kHidden, kClasses);
  node("GlobalAveragePool", {"images"}, "pooled");
  node("Flatten", {"pooled"}, "flat");
  node("MatMul", {"flat", "w1"}, "hidden");
  node("Relu", {"hidden"}, "positive");
  node("MatMul", {"positive", "w2"}, "logits");
  node("Softmax", {"logits"}, "prob");
  describe(*graph.add_output(), "prob", {1, kClasses});
  return model.SerializeAsString();
}

// Finding out what a file of 50 MB is, in a process of its own, from its start to its report.
double inspect_figure(int rounds, const fs::path& scratch) {
  inspect::InspectRequest request;
  request.file = (scratch / "large.onnx").string();
  if (const auto written = replace_file(request.file, large_model()); !written) {
    throw std::runtime_error(written.error().message);
  }
  std::vector<double> times;
  for (int i = 0; i < std::clamp(rounds / 10, 1, 5); ++i) {
    times.push_back(time_ms([&] {
      const auto report = need(inspect::inspect_in_process(request, {}));
      if (!report.manifest) throw std::runtime_error("the model of 50 MB was not recognised");
    }));
  }
  return median(times);
}

int run(const Options& options) {
  const Scratch scratch;
  json::object figures;
  std::vector<fs::path> files;
  if (fs::exists(options.originals)) {
    for (const auto& entry : fs::directory_iterator(options.originals)) {
      if (entry.path().extension() == ".tflite") files.push_back(entry.path());
    }
  }
  if (files.empty()) {
    throw std::runtime_error("there is no TFLite file in '" + options.originals.string() +
                             "'; run scripts/fetch_zoo");
  }
  std::ranges::sort(files);
  std::printf("%-20s %12s %10s %10s %8s %9s\n", "MODEL", "CONVERTED IN", "FLOAT", "INT8", "SPEEDUP",
              "MEASURED");
  json::object models;
  double slowest = 0, least = INFINITY;
  for (const auto& file : files) {
    auto row = convert_figures(file, options.rounds, scratch.path());
    slowest = std::max(slowest, row["tflite_to_onnx_ms"].as_double());
    std::printf("%-20s %9.0f ms %7.1f ms", file.stem().c_str(),
                row["tflite_to_onnx_ms"].as_double(), row["float_ms"].as_double());
    if (row.contains("int8_speedup")) {
      least = std::min(least, row["int8_speedup"].as_double());
      std::printf(" %7.1f ms %8.2f", row["int8_ms"].as_double(), row["int8_speedup"].as_double());
    } else {
      std::printf(" %10s %8s", "", "");
    }
    std::printf(" %9.2f\n", row["measured_int8_speedup"].as_double());
    models[file.stem().string()] = std::move(row);
  }
  figures["inspect_50mb_ms"] = rounded(inspect_figure(options.rounds, scratch.path()));
  std::printf("%-20s %9.0f ms\n", "inspecting 50 MB", figures["inspect_50mb_ms"].as_double());
  figures["tflite_to_onnx_ms"] = slowest;
  if (std::isfinite(least)) figures["int8_speedup"] = least;
  figures["models"] = std::move(models);
  std::printf("%s\n", json_text(figures).c_str());
  return 0;
}

}  // namespace
}  // namespace poss

int main(int argc, char** argv) {
  poss::Options options;
  bool quick = false;
  CLI::App app(
      "Measures bringing a model. The last line is a JSON object:\n"
      "inspect_50mb_ms: finding out what an ONNX file of 50 MB is, in its own process\n"
      "tflite_to_onnx_ms: converting the slowest of the zoo's TFLite files, from bytes to bytes\n"
      "int8_speedup: the least of the zoo's quantised models, float32 time over INT8 time of the "
      "network on one thread\n"
      "measured_int8_speedup: the same of INT8 with measured ranges, a model\n"
      "models: both for each");
  app.add_option("--originals", options.originals, "Folder with TFLite files");
  app.add_option("--rounds", options.rounds, "Runs of each model")->check(CLI::Range(1, 100000));
  app.add_flag("--quick", quick, "Only see that it works");
  CLI11_PARSE(app, argc, argv);
  if (quick) options.rounds = 2;
  try {
    return poss::run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench/import: %s\n", error.what());
    return 3;
  }
}
