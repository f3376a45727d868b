// Model: a Session with the pre-processing and the decoder its manifest asks for.
#include "infer/model.h"

#include <algorithm>

#include "base/sync.h"
#include "base/time.h"
#include "infer/decode.h"
#include "infer/gate.h"
#include "infer/preprocess.h"
#include "infer/session.h"

namespace poss::infer {

namespace {

constexpr size_t kMaxBatch = 16;  // bounds the memory of a picture with hundreds of crops

// What one call needs besides the model; reused by later calls.
struct Workspace {
  Scratch scratch;
  std::vector<float> tensor;  // float for its alignment

  std::span<std::byte> bytes(size_t count) {
    const size_t floats = (count + sizeof(float) - 1) / sizeof(float);
    if (tensor.size() < floats) tensor.resize(floats);
    return std::as_writable_bytes(std::span(tensor)).first(count);
  }
};

// As many workspaces as calls ever worked at once, which the gate bounds. Thread-safe.
class Workspaces {
 public:
  std::unique_ptr<Workspace> take() {
    {
      Lock lock(mutex_);
      if (!free_.empty()) {
        auto workspace = std::move(free_.back());
        free_.pop_back();
        return workspace;
      }
    }
    return std::make_unique<Workspace>();
  }

  void give_back(std::unique_ptr<Workspace> workspace) {
    Lock lock(mutex_);
    free_.push_back(std::move(workspace));
  }

 private:
  Mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> free_ GUARDED_BY(mutex_);
};

class Borrowed {
 public:
  explicit Borrowed(Workspaces& from) : from_(from), workspace_(from.take()) {}
  ~Borrowed() { from_.give_back(std::move(workspace_)); }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  Workspace* operator->() const { return workspace_.get(); }

 private:
  Workspaces& from_;
  std::unique_ptr<Workspace> workspace_;
};

// The model's input: which one it is, and the shape to run it with.
struct InputPlan {
  size_t index = 0;
  std::vector<std::int64_t> shape;  // of one picture
  bool batches = false;
};

Result<InputPlan> plan_input(const InputSpec& spec, const std::vector<TensorInfo>& inputs) {
  InputPlan plan;
  std::string known;
  for (const auto& info : inputs) known += (known.empty() ? "" : ", ") + info.name;
  if (!spec.name.empty()) {
    const auto found = std::ranges::find(inputs, spec.name, &TensorInfo::name);
    if (found == inputs.end()) {
      return Error{Code::invalid_argument,
                   "the model has no input '" + spec.name + "'; it has: " + known};
    }
    plan.index = static_cast<size_t>(found - inputs.begin());
  }
  if (inputs.size() != 1) {
    return Error{Code::invalid_argument, "the model has " + std::to_string(inputs.size()) +
                                             " inputs (" + known +
                                             "); only models with one, the picture, can be used"};
  }
  const auto& info = inputs[plan.index];
  if (spec.type == TensorType::float16 || spec.type == TensorType::int8) {
    return Error{Code::invalid_argument, "inputs of " + std::string(enum_name(spec.type)) +
                                             " are not supported yet: use float32 or uint8"};
  }
  const auto wanted = spec.type == TensorType::uint8 ? ElementType::uint8 : ElementType::float32;
  if (info.type != wanted) {
    return Error{Code::invalid_argument, "input '" + info.name + "' does not take " +
                                             std::string(enum_name(spec.type)) +
                                             ", which input.type says"};
  }
  plan.shape = {1, 3, spec.height, spec.width};
  if (spec.layout == TensorLayout::nhwc) plan.shape = {1, spec.height, spec.width, 3};
  bool fits = info.shape.size() == 4;
  for (size_t i = 0; fits && i < 4; ++i) {
    fits = info.shape[i] < 0 || info.shape[i] == plan.shape[i];
  }
  if (!fits) {
    return Error{Code::invalid_argument, "input '" + info.name + "' has the shape " +
                                             shape_text(info.shape) + ", but the manifest says " +
                                             shape_text(plan.shape)};
  }
  plan.batches = info.shape[0] < 0;
  return plan;
}

class LoadedModel final : public Model {
 public:
  LoadedModel(std::unique_ptr<const Manifest> manifest, std::unique_ptr<Session> session,
              OutputDecoder decoder, InputPlan plan, std::shared_ptr<RunGate> gate)
      : manifest_(std::move(manifest)),
        session_(std::move(session)),
        decoder_(std::move(decoder)),
        plan_(std::move(plan)),
        gate_(std::move(gate)) {}

  const Manifest& manifest() const override { return *manifest_; }
  const std::vector<std::string>& labels() const override { return manifest_->labels; }

  Result<std::vector<DetectedObject>> detect(const ImageView& image, const DetectOptions& options,
                                             Timings* timings) const override {
    POSS_TRY(check_task(Task::detection));
    POSS_TRY(check_picture(image));
    const RunGate::Pass pass(*gate_);
    const Borrowed workspace(workspaces_);
    const auto start = Steady::now();
    const auto tensor = workspace->bytes(tensor_bytes(manifest_->input));
    const Placement placement = fill_tensor(image, {0, 0, image.width, image.height},
                                            manifest_->input, workspace->scratch, tensor);
    const auto filled = Steady::now();
    POSS_ASSIGN(const Outputs outputs, run(tensor, plan_.shape));
    const auto ran = Steady::now();
    auto objects = decoder_.objects(outputs.tensors, options, placement);
    if (timings) *timings = {filled - start, ran - filled, Steady::now() - ran};
    return std::move(objects).with(name());
  }

  Result<std::vector<std::vector<ClassScore>>> classify(const ImageView& image,
                                                        std::span<const PixelRect> crops, int top,
                                                        Timings* timings) const override {
    POSS_TRY(check_task(Task::classification));
    POSS_TRY(check_picture(image));
    const PixelRect whole{0, 0, image.width, image.height};
    if (crops.empty()) crops = {&whole, 1};
    std::vector<std::vector<ClassScore>> out(crops.size());
    std::vector<size_t> left;  // crops with pixels in them
    for (size_t i = 0; i < crops.size(); ++i) {
      if (align_crop(image, crops[i]).width > 0) left.push_back(i);
    }
    Timings spent;
    const size_t batch = plan_.batches ? kMaxBatch : 1;
    for (size_t first = 0; first < left.size(); first += batch) {
      const auto chunk = std::span(left).subspan(first, std::min(batch, left.size() - first));
      POSS_TRY(classify_batch(image, crops, chunk, top, out, spent));
    }
    if (timings) *timings = spent;
    return out;
  }

  Result<void> run_empty() const override {
    const RunGate::Pass pass(*gate_);
    const Borrowed workspace(workspaces_);
    const auto tensor = workspace->bytes(tensor_bytes(manifest_->input));
    std::ranges::fill(tensor, std::byte{0});
    POSS_TRY(run(tensor, plan_.shape));
    return {};
  }

 private:
  std::string name() const { return "model '" + manifest_->title + "'"; }

  Result<void> check_task(Task task) const {
    if (manifest_->task == task) return {};
    return Error{Code::invalid_argument, name() + " does " +
                                             std::string(enum_name(manifest_->task)) + ", not " +
                                             std::string(enum_name(task))};
  }

  Result<Outputs> run(std::span<const std::byte> tensor,
                      std::span<const std::int64_t> shape) const {
    return session_->run(plan_.index, tensor, shape, decoder_.wanted());
  }

  // Classifies the crops at the indices `chunk` in one run.
  Result<void> classify_batch(const ImageView& image, std::span<const PixelRect> crops,
                              std::span<const size_t> chunk, int top,
                              std::vector<std::vector<ClassScore>>& out, Timings& spent) const {
    const RunGate::Pass pass(*gate_);
    const Borrowed workspace(workspaces_);
    const auto start = Steady::now();
    const size_t bytes = tensor_bytes(manifest_->input);
    const auto tensor = workspace->bytes(bytes * chunk.size());
    for (size_t i = 0; i < chunk.size(); ++i) {
      fill_tensor(image, align_crop(image, crops[chunk[i]]), manifest_->input, workspace->scratch,
                  tensor.subspan(i * bytes, bytes));
    }
    const auto filled = Steady::now();
    auto shape = plan_.shape;
    shape[0] = static_cast<std::int64_t>(chunk.size());
    POSS_ASSIGN(const Outputs outputs, run(tensor, shape));
    const auto ran = Steady::now();
    POSS_ASSIGN(auto classes, decoder_.classes(outputs.tensors, chunk.size(), top).with(name()));
    for (size_t i = 0; i < chunk.size(); ++i) out[chunk[i]] = std::move(classes[i]);
    spent.pre += filled - start;
    spent.run += ran - filled;
    spent.post += Steady::now() - ran;
    return {};
  }

  const std::unique_ptr<const Manifest> manifest_;  // the decoder refers to it
  const std::unique_ptr<const Session> session_;
  const OutputDecoder decoder_;
  const InputPlan plan_;
  const std::shared_ptr<RunGate> gate_;
  mutable Workspaces workspaces_;
};

}  // namespace

Result<std::shared_ptr<const Model>> Model::load(const std::filesystem::path& folder,
                                                 const ModelOptions& options) {
  POSS_ASSIGN(Manifest manifest, read_manifest(folder));
  if (manifest.title.empty()) manifest.title = folder.filename().string();
  auto kept = std::make_unique<const Manifest>(std::move(manifest));
  POSS_ASSIGN(auto session, Session::open(folder / kept->file, options.threads));
  const std::string context = "'" + (folder / kept->file).string() + "'";
  POSS_ASSIGN(auto plan, plan_input(kept->input, session->inputs()).with(context));
  POSS_ASSIGN(auto decoder, OutputDecoder::create(*kept, session->outputs(), folder).with(context));
  auto gate = options.gate ? options.gate : RunGate::of_process();
  return std::shared_ptr<const Model>(std::make_shared<LoadedModel>(
      std::move(kept), std::move(session), std::move(decoder), std::move(plan), std::move(gate)));
}

}  // namespace poss::infer
