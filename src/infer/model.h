// A model: an ONNX file with its manifest, ready to run on pictures; and the pool that shares
// loaded models between skills.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/image.h"
#include "base/result.h"
#include "infer/manifest.h"

namespace poss::infer {

// An object found: the box in fractions of the picture given.
struct DetectedObject {
  int class_index = 0;  // into Model::labels()
  float score = 0;      // 0..1
  Box box;
};

// A class given to a whole picture or crop.
struct ClassScore {
  int class_index = 0;
  float score = 0;  // 0..1, sums to 1 over all classes where the manifest says softmax
};

struct DetectOptions {
  float min_score = 0.5f;
  float max_iou = 0.6f;  // class-wise non-maximum suppression
  int max_objects = 100;
};

// Where the time of one call went.
struct Timings {
  std::chrono::nanoseconds pre{};
  std::chrono::nanoseconds run{};
  std::chrono::nanoseconds post{};
};

class RunGate;  // infer/gate.h
class Session;  // infer/session.h

struct ModelOptions {
  int threads = 1;  // intra-op threads; 1 measured fastest when several streams share a machine
  // Bounds how many calls work at once, in the order of their arrival; the others wait. Null: the
  // process's own gate, one call a CPU core over all models.
  std::shared_ptr<RunGate> gate;
};

// Thread-safe: any number of threads may call the const members at once.
class Model {
 public:
  // Loads `folder`/model.json and the ONNX file it names, checks that inputs, decoder and labels
  // fit each other, and runs nothing yet.
  static Result<std::shared_ptr<const Model>> load(const std::filesystem::path& folder,
                                                   const ModelOptions& options = {});

  // The same with a manifest that is in no file, over a session that several models may share: one
  // network read or fed in different ways. `folder` holds the anchor file, where there is one.
  static Result<std::shared_ptr<const Model>> make(Manifest manifest,
                                                   std::shared_ptr<const Session> session,
                                                   const std::filesystem::path& folder = {},
                                                   const ModelOptions& options = {});
  virtual ~Model() = default;

  virtual const Manifest& manifest() const = 0;
  virtual const std::vector<std::string>& labels() const = 0;

  // Objects in `image`, best first. Only for task detection. `timings` leaves out the wait for
  // other calls.
  virtual Result<std::vector<DetectedObject>> detect(const ImageView& image,
                                                     const DetectOptions& options,
                                                     Timings* timings = nullptr) const = 0;

  // The `top` best classes of each crop (pixels of `image`; an empty list: the whole picture),
  // best first; batches where the model allows them. Crops are cut to the picture; one wholly
  // outside gets an empty list. Only for task classification.
  virtual Result<std::vector<std::vector<ClassScore>>> classify(
      const ImageView& image, std::span<const PixelRect> crops, int top,
      Timings* timings = nullptr) const = 0;

  // Runs the network alone on a tensor of zeros: for measuring.
  virtual Result<void> run_empty() const = 0;
};

// What the pool knows of a model without loading it.
struct ModelInfo {
  std::string name;  // folder name
  Manifest manifest;
  std::uintmax_t bytes = 0;  // of the ONNX file
};

// Loads each model once and shares it. Thread-safe.
class ModelPool {
 public:
  // Folders that hold one folder a model, searched in order.
  explicit ModelPool(std::vector<std::filesystem::path> folders, ModelOptions options = {});
  ~ModelPool();

  // The model `name`, loaded at first use and dropped when nobody holds it. The error lists what
  // there is when the name is unknown.
  Result<std::shared_ptr<const Model>> get(const std::string& name);
  // Whether there is a model of this name; it is not loaded.
  bool has(const std::string& name) const;
  // All models with a readable manifest, by name.
  std::vector<ModelInfo> list() const;
  const std::vector<std::filesystem::path>& folders() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace poss::infer
