// Model: a Session with the pre-processing and the decoder its manifest asks for.
#include "infer/model.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/sync.h"
#include "base/time.h"
#include "infer/decode.h"
#include "infer/gate.h"
#include "infer/half.h"
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

// An input besides the picture: its shape for `batch` pictures, and what each gets.
struct ExtraPlan {
  size_t index = 0;
  ElementType type = ElementType::other;
  std::vector<std::int64_t> shape;
  bool per_picture = false;  // its first dimension is the batch
  size_t count = 0;          // elements a picture
  ExtraValue value = ExtraValue::one;
};

// The model's inputs: which one takes the picture, and the shapes to run them with.
struct InputPlan {
  size_t index = 0;
  std::vector<std::int64_t> shape;  // of one picture
  bool batches = false;             // takes any number of pictures at once
  std::int64_t batch = 1;           // where it does not: how many it always takes
  std::vector<ExtraPlan> extras;
};

Result<size_t> input_named(const std::string& name, const std::vector<TensorInfo>& inputs) {
  std::string known;
  for (const auto& info : inputs) known += (known.empty() ? "" : ", ") + info.name;
  const auto found = std::ranges::find(inputs, name, &TensorInfo::name);
  if (found != inputs.end()) return static_cast<size_t>(found - inputs.begin());
  return Error{Code::invalid_argument, "the model has no input '" + name + "'; it has: " + known};
}

Result<ExtraPlan> plan_extra(const ExtraInput& extra, const std::vector<TensorInfo>& inputs) {
  ExtraPlan plan;
  POSS_ASSIGN(plan.index, input_named(extra.name, inputs));
  const auto& info = inputs[plan.index];
  plan.type = info.type;
  plan.value = extra.value;
  plan.shape = info.shape;
  if (element_size(info.type) == 0) {
    return Error{Code::invalid_argument, "input '" + info.name + "' does not take numbers"};
  }
  const bool pair = extra.value != ExtraValue::one;
  plan.per_picture = !plan.shape.empty() && plan.shape[0] < 0 && (!pair || plan.shape.size() > 1);
  for (size_t i = 0; i < plan.shape.size(); ++i) {
    if (plan.shape[i] < 0) plan.shape[i] = pair && i + 1 == plan.shape.size() ? 2 : 1;
  }
  std::int64_t count = 1;
  for (const auto size : plan.shape)
    count = std::min<std::int64_t>(count * std::min<std::int64_t>(size, 1 << 16), 1 << 16);
  if (pair ? count != 2 : count < 1 || count >= 1 << 16) {
    return Error{Code::invalid_argument, "input '" + info.name + "' has the shape " +
                                             shape_text(info.shape) + ", which does not hold the " +
                                             (pair ? "two numbers" : "number") + " of " +
                                             std::string(enum_name(extra.value))};
  }
  plan.count = static_cast<size_t>(count);
  return plan;
}

ElementType element_of(TensorType type) {
  switch (type) {
    case TensorType::float32:
      return ElementType::float32;
    case TensorType::float16:
      return ElementType::float16;
    case TensorType::uint8:
      return ElementType::uint8;
    case TensorType::int8:
      return ElementType::int8;
  }
  return ElementType::other;
}

Result<InputPlan> plan_input(const InputSpec& spec, const std::vector<TensorInfo>& inputs) {
  InputPlan plan;
  std::vector<bool> given(inputs.size());
  for (const auto& extra : spec.extras) {
    POSS_ASSIGN(auto made, plan_extra(extra, inputs));
    given[made.index] = true;
    plan.extras.push_back(std::move(made));
  }
  if (!spec.name.empty()) {
    POSS_ASSIGN(plan.index, input_named(spec.name, inputs));
  } else {
    plan.index = static_cast<size_t>(std::ranges::find(given, false) - given.begin());
  }
  if (plan.index < inputs.size()) given[plan.index] = true;
  std::string left;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!given[i]) left += (left.empty() ? "" : ", ") + inputs[i].name;
  }
  if (!left.empty() || plan.index >= inputs.size()) {
    return Error{Code::invalid_argument,
                 "the model has " + std::to_string(inputs.size()) + " inputs, and nothing says " +
                     (left.empty() ? "which takes the picture" : "what is put into " + left) +
                     ": name the picture's in input.name and the others in input.extras"};
  }
  const auto& info = inputs[plan.index];
  if (info.type != element_of(spec.type)) {
    return Error{Code::invalid_argument,
                 "input '" + info.name + "' does not take " + std::string(enum_name(spec.type)) +
                     ", which input.type says, but " + std::string(element_name(info.type))};
  }
  plan.shape = {1, 3, spec.height, spec.width};
  if (spec.layout == TensorLayout::nhwc) plan.shape = {1, spec.height, spec.width, 3};
  bool fits = info.shape.size() == 4 && info.shape[0] != 0 &&
              info.shape[0] <= static_cast<std::int64_t>(kMaxBatch);
  for (size_t i = 1; fits && i < 4; ++i) {
    fits = info.shape[i] < 0 || info.shape[i] == plan.shape[i];
  }
  if (!fits) {
    return Error{Code::invalid_argument, "input '" + info.name + "' has the shape " +
                                             shape_text(info.shape) + ", but the manifest says " +
                                             shape_text(plan.shape)};
  }
  plan.batches = info.shape[0] < 0;
  if (!plan.batches) plan.batch = plan.shape[0] = info.shape[0];
  return plan;
}

// Writes two numbers over and over, in the type that the input takes.
void write_extra(ElementType type, std::array<double, 2> values, std::span<std::byte> out) {
  const auto write = [&]<class T>(T first, T second) {
    for (size_t at = 0; at + sizeof(T) <= out.size(); at += sizeof(T)) {
      const T value = at / sizeof(T) % 2 == 0 ? first : second;
      std::memcpy(out.data() + at, &value, sizeof(T));
    }
  };
  const auto as = [&]<class T>(T) { write(static_cast<T>(values[0]), static_cast<T>(values[1])); };
  switch (type) {
    case ElementType::float32:
      return as(float{});
    case ElementType::float16:
      return write(float_to_half(static_cast<float>(values[0])),
                   float_to_half(static_cast<float>(values[1])));
    case ElementType::float64:
      return as(double{});
    case ElementType::bfloat16:
      return write(static_cast<std::uint16_t>(
                       std::bit_cast<std::uint32_t>(static_cast<float>(values[0])) >> 16),
                   static_cast<std::uint16_t>(
                       std::bit_cast<std::uint32_t>(static_cast<float>(values[1])) >> 16));
    case ElementType::int64:
      return as(std::int64_t{});
    case ElementType::uint64:
      return as(std::uint64_t{});
    case ElementType::int32:
      return as(std::int32_t{});
    case ElementType::uint32:
      return as(std::uint32_t{});
    case ElementType::int16:
      return as(std::int16_t{});
    case ElementType::uint16:
      return as(std::uint16_t{});
    case ElementType::int8:
    case ElementType::uint8:
    case ElementType::boolean: {
      // A size does not fit a byte; what such an input can be given is 1.
      const auto byte = [](double value) {
        return static_cast<std::uint8_t>(std::min(value, 127.0));
      };
      return write(byte(values[0]), byte(values[1]));
    }
    case ElementType::text:
    case ElementType::other:
      break;
  }
}

class LoadedModel final : public Model {
 public:
  LoadedModel(std::unique_ptr<const Manifest> manifest, std::shared_ptr<const Session> session,
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
    const size_t bytes = tensor_bytes(manifest_->input);
    const auto tensor = workspace->bytes(bytes * static_cast<size_t>(plan_.batch));
    const Placement placement =
        fill_tensor(image, {0, 0, image.width, image.height}, manifest_->input, workspace->scratch,
                    tensor.first(bytes));
    std::ranges::fill(tensor.subspan(bytes), std::byte{0});
    const auto filled = Steady::now();
    POSS_ASSIGN(Outputs outputs, run(tensor, plan_.shape, {&placement, 1}));
    if (plan_.batch > 1) keep_first(outputs);
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
    const size_t batch = plan_.batches ? kMaxBatch : static_cast<size_t>(plan_.batch);
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
    const auto tensor =
        workspace->bytes(tensor_bytes(manifest_->input) * static_cast<size_t>(plan_.batch));
    std::ranges::fill(tensor, std::byte{0});
    const auto placement =
        place_picture(manifest_->input, manifest_->input.width, manifest_->input.height);
    POSS_TRY(run(tensor, plan_.shape, {&placement, 1}));
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

  // Runs the network on the pictures in `tensor`, which were placed as `placements` says; a batch
  // that they do not fill repeats the last.
  Result<Outputs> run(std::span<const std::byte> tensor, std::span<const std::int64_t> shape,
                      std::span<const Placement> placements) const {
    std::vector<InputTensor> inputs{{plan_.index, tensor, shape}};
    std::vector<std::vector<std::byte>> memory(plan_.extras.size());
    std::vector<std::vector<std::int64_t>> shapes(plan_.extras.size());
    for (size_t i = 0; i < plan_.extras.size(); ++i) {
      const auto& extra = plan_.extras[i];
      const size_t pictures = extra.per_picture ? static_cast<size_t>(shape[0]) : 1;
      const size_t bytes = extra.count * element_size(extra.type);
      memory[i].resize(bytes * pictures);
      for (size_t k = 0; k < pictures; ++k) {
        const auto& placement = placements[std::min(k, placements.size() - 1)];
        write_extra(extra.type, extra_value(extra.value, manifest_->input, placement),
                    std::span(memory[i]).subspan(k * bytes, bytes));
      }
      shapes[i] = extra.shape;
      if (extra.per_picture) shapes[i][0] = shape[0];
      inputs.push_back({extra.index, memory[i], shapes[i]});
    }
    return session_->run(inputs, decoder_.wanted());
  }

  // Cuts outputs for a whole batch to those of its first picture.
  void keep_first(Outputs& outputs) const {
    for (auto& tensor : outputs.tensors) {
      if (tensor.shape.empty() || tensor.shape[0] != plan_.batch) continue;
      tensor.shape[0] = 1;
      tensor.values = tensor.values.first(tensor.values.size() / static_cast<size_t>(plan_.batch));
    }
  }

  // Classifies the crops at the indices `chunk` in one run.
  Result<void> classify_batch(const ImageView& image, std::span<const PixelRect> crops,
                              std::span<const size_t> chunk, int top,
                              std::vector<std::vector<ClassScore>>& out, Timings& spent) const {
    const RunGate::Pass pass(*gate_);
    const Borrowed workspace(workspaces_);
    const auto start = Steady::now();
    const size_t bytes = tensor_bytes(manifest_->input);
    const size_t batch = plan_.batches ? chunk.size() : static_cast<size_t>(plan_.batch);
    const auto tensor = workspace->bytes(bytes * batch);
    std::vector<Placement> placements;
    for (size_t i = 0; i < chunk.size(); ++i) {
      placements.push_back(fill_tensor(image, align_crop(image, crops[chunk[i]]), manifest_->input,
                                       workspace->scratch, tensor.subspan(i * bytes, bytes)));
    }
    std::ranges::fill(tensor.subspan(chunk.size() * bytes), std::byte{0});
    const auto filled = Steady::now();
    auto shape = plan_.shape;
    shape[0] = static_cast<std::int64_t>(batch);
    POSS_ASSIGN(const Outputs outputs, run(tensor, shape, placements));
    const auto ran = Steady::now();
    POSS_ASSIGN(auto classes, decoder_.classes(outputs.tensors, batch, top).with(name()));
    for (size_t i = 0; i < chunk.size(); ++i) out[chunk[i]] = std::move(classes[i]);
    spent.pre += filled - start;
    spent.run += ran - filled;
    spent.post += Steady::now() - ran;
    return {};
  }

  const std::unique_ptr<const Manifest> manifest_;  // the decoder refers to it
  const std::shared_ptr<const Session> session_;
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
  const auto file = folder / manifest.file;
  POSS_ASSIGN(auto session, Session::open(file, options.threads));
  return make(std::move(manifest), std::move(session), folder, options)
      .with("'" + file.string() + "'");
}

Result<std::shared_ptr<const Model>> Model::make(Manifest manifest,
                                                 std::shared_ptr<const Session> session,
                                                 const std::filesystem::path& folder,
                                                 const ModelOptions& options) {
  auto kept = std::make_unique<const Manifest>(std::move(manifest));
  POSS_ASSIGN(auto plan, plan_input(kept->input, session->inputs()));
  auto outputs = session->outputs();
  if (plan.batch > 1 && kept->task == Task::detection) {
    for (auto& info : outputs) {  // as LoadedModel::keep_first() leaves them
      if (!info.shape.empty() && info.shape[0] == plan.batch) info.shape[0] = 1;
    }
  }
  POSS_ASSIGN(auto decoder, OutputDecoder::create(*kept, outputs, folder));
  auto gate = options.gate ? options.gate : RunGate::of_process();
  return std::shared_ptr<const Model>(std::make_shared<LoadedModel>(
      std::move(kept), std::move(session), std::move(decoder), std::move(plan), std::move(gate)));
}

}  // namespace poss::infer
