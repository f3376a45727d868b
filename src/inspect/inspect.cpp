// The steps of an inspection: read, load, run once, recognise, try ways of feeding.
#include "inspect/inspect.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "convert/convert.h"
#include "convert/labels.h"
#include "infer/model.h"
#include "infer/preprocess.h"
#include "infer/session.h"
#include "inspect/families.h"
#include "inspect/onnx_file.h"
#include "inspect/picture.h"
#include "inspect/trials.h"

namespace poss::inspect {
namespace {

using Clock = std::chrono::steady_clock;
using infer::TensorLayout;
using infer::TensorType;

constexpr std::uintmax_t kMaxBytes = infer::Session::kMaxBytes;
constexpr int kUsualSide = 640;
constexpr int kUsualClassifierSide = 224;
constexpr int kMaxSide = 8192;
constexpr size_t kMaxLabels = 100'000;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

bool is_tflite(std::string_view bytes) { return bytes.size() >= 8 && bytes.substr(4, 4) == "TFL3"; }

// Text that JSON can hold: what is no UTF-8 becomes '?'.
std::string valid_text(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const size_t length = byte < 0x80 ? 1 : byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : 2;
    bool good = byte < 0x80 || (byte >= 0xc2 && byte < 0xf5 && at + length <= text.size());
    for (size_t i = 1; good && i < length; ++i) {
      good = (static_cast<unsigned char>(text[at + i]) & 0xc0) == 0x80;
    }
    if (good && length == 3) {
      const auto next = static_cast<unsigned char>(text[at + 1]);
      good = !(byte == 0xe0 && next < 0xa0) && !(byte == 0xed && next >= 0xa0);
    }
    if (good && length == 4) {
      const auto next = static_cast<unsigned char>(text[at + 1]);
      good = !(byte == 0xf0 && next < 0x90) && !(byte == 0xf4 && next >= 0x90);
    }
    if (good) {
      out.append(text.substr(at, length));
      at += length;
    } else {
      out += '?';
      ++at;
    }
  }
  return out;
}

std::string cut(std::string text, size_t most) {
  if (text.size() > most) {
    text.resize(most);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
      text.pop_back();
    }
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
  }
  return text;
}

TensorReport describe(const DeclaredTensor& tensor) {
  return {cut(valid_text(tensor.name), 1000), tensor.type, tensor.shape};
}

// What the file declares, as the report says it.
void describe(const OnnxFile& file, Report& report) {
  report.opset = file.opset;
  report.producer = cut(valid_text(file.producer), 200);
  for (const auto& input : file.inputs) report.inputs.push_back(describe(input));
  for (const auto& output : file.outputs) report.outputs.push_back(describe(output));
  report.parameters = file.parameters;
  for (const auto& [name, count] : file.operators) {
    if (report.operators.size() < 500) report.operators[valid_text(name)] += count;
  }
  for (const auto& one : file.unsupported) {
    report.unsupported.push_back({valid_text(one.name), valid_text(one.reason)});
  }
  for (const auto& problem : file.problems) report.problems.push_back(valid_text(problem));
  for (const char* key : {"license", "License", "licence"}) {
    const auto found = file.metadata.find(key);
    if (found != file.metadata.end()) report.license = cut(valid_text(found->second), 500);
  }
  if (!report.unsupported.empty()) {
    std::string names;
    for (const auto& one : report.unsupported) names += (names.empty() ? "" : ", ") + one.name;
    report.problems.push_back("it uses operators that only the program it was made for has: " +
                              names + "; export it without them");
  }
}

// Which input takes the picture, and in what form.
Result<PictureInput> picture_input(const OnnxFile& file) {
  std::string known;
  std::optional<PictureInput> found;
  for (size_t i = 0; i < file.inputs.size(); ++i) {
    const auto& input = file.inputs[i];
    known += (known.empty() ? "" : "; ") + describe(input).name + " " + input.type + " " +
             infer::shape_text(input.shape);
    if (input.shape.size() != 4 || found) continue;
    PictureInput made;
    made.index = i;
    made.name = input.name;
    if (input.type == "float32") {
      made.type = TensorType::float32;
    } else if (input.type == "float16") {
      made.type = TensorType::float16;
    } else if (input.type == "uint8") {
      made.type = TensorType::uint8;
    } else if (input.type == "int8") {
      made.type = TensorType::int8;
    } else {
      continue;
    }
    const bool turned =
        std::ranges::find(file.turned_to_planes, input.name) != file.turned_to_planes.end();
    const auto& shape = input.shape;
    if (shape[1] == 3 && !turned) {
      made.layout = TensorLayout::nchw;
    } else if (shape[3] == 3 || turned) {
      made.layout = TensorLayout::nhwc;
    } else if (shape[1] > 0 && shape[3] > 0) {
      continue;  // both are stated, and neither is three colours
    }
    const bool planes = made.layout == TensorLayout::nchw;
    const std::int64_t height = shape[planes ? 2 : 1];
    const std::int64_t width = shape[planes ? 3 : 2];
    if (height > kMaxSide || width > kMaxSide) continue;
    made.height = static_cast<int>(std::max<std::int64_t>(height, 0));
    made.width = static_cast<int>(std::max<std::int64_t>(width, 0));
    made.free_size = made.width == 0 || made.height == 0;
    const auto readers = file.read_by.find(input.name);
    if (readers != file.read_by.end()) {
      made.normalised_inside = std::ranges::any_of(readers->second, [](const std::string& op) {
        return op == "Sub" || op == "Div" || op == "Mul" || op == "Add" ||
               op == "BatchNormalization" || op == "ImageScaler";
      });
    }
    found = made;
  }
  if (found) return *found;
  return Error{Code::invalid_argument,
               "none of its inputs takes a colour picture, [1,3,height,width] or "
               "[1,height,width,3]; it has: " +
                   (known.empty() ? "none" : cut(known, 400))};
}

// The size for a file that leaves it open: what its metadata says, else what is usual.
void choose_size(const OnnxFile& file, PictureInput& picture) {
  if (!picture.free_size) return;
  int side = kUsualSide;
  const bool flat = std::ranges::all_of(file.outputs, [](const DeclaredTensor& output) {
    return output.shape.size() <= 2 && output.shape.size() > 0;
  });
  if (flat && file.outputs.size() == 1) side = kUsualClassifierSide;
  int height = side;
  int width = side;
  if (const auto found = file.metadata.find("imgsz"); found != file.metadata.end()) {
    // "[640, 640]": height, width
    std::vector<int> sizes;
    const std::string& text = found->second;
    for (size_t at = 0; at < text.size() && sizes.size() < 2;) {
      int value = 0;
      const auto [next, error] =
          std::from_chars(text.data() + at, text.data() + text.size(), value);
      if (error == std::errc()) {
        sizes.push_back(value);
        at = static_cast<size_t>(next - text.data());
      } else {
        ++at;
      }
    }
    const auto good = [](int value) { return value >= 16 && value <= 4096; };
    if (sizes.size() == 1 && good(sizes[0])) height = width = sizes[0];
    if (sizes.size() == 2 && good(sizes[0]) && good(sizes[1])) {
      height = sizes[0];
      width = sizes[1];
    }
  }
  if (picture.height == 0) picture.height = height;
  if (picture.width == 0) picture.width = width;
}

// What the inputs beside the picture are given.
Result<std::vector<infer::ExtraInput>> extra_inputs(const OnnxFile& file,
                                                    const PictureInput& picture) {
  using infer::ExtraValue;
  static const std::map<std::string, ExtraValue> kKnown{
      {"scale_factor", ExtraValue::scale_hw},
      {"im_shape", ExtraValue::input_size_hw},
      {"image_shape", ExtraValue::picture_size_hw},
      {"orig_target_sizes", ExtraValue::picture_size_wh},
      {"pixel_mask", ExtraValue::one},
  };
  std::vector<infer::ExtraInput> out;
  for (size_t i = 0; i < file.inputs.size(); ++i) {
    if (i == picture.index) continue;
    const auto found = kKnown.find(lower(file.inputs[i].name));
    if (found == kKnown.end()) {
      return Error{Code::invalid_argument,
                   "it needs a further input '" + describe(file.inputs[i]).name + "' (" +
                       file.inputs[i].type + " " + infer::shape_text(file.inputs[i].shape) +
                       "), which POSS does not know how to fill; export it without"};
    }
    out.push_back({file.inputs[i].name, found->second});
  }
  return out;
}

// Bytes of an input of few numbers, all of one value or two in turn.
std::vector<std::byte> numbers_of(const infer::TensorInfo& info, size_t count, double first,
                                  double second) {
  std::vector<std::byte> out(count * std::max<size_t>(infer::element_size(info.type), 1));
  const auto put = [&]<class T>(T) {
    for (size_t i = 0; i < count; ++i) {
      const T value = static_cast<T>(i % 2 == 0 ? first : second);
      std::memcpy(out.data() + i * sizeof(T), &value, sizeof(T));
    }
  };
  switch (info.type) {
    case infer::ElementType::float32:
      put(float{});
      break;
    case infer::ElementType::float64:
      put(double{});
      break;
    case infer::ElementType::int32:
      put(std::int32_t{});
      break;
    case infer::ElementType::int64:
      put(std::int64_t{});
      break;
    default:
      if (infer::element_size(info.type) == 1) put(std::uint8_t{});
  }
  return out;
}

// One run over everything, before anything is known: fills the outputs' facts.
Result<void> run_once(const infer::Session& session, const infer::InputSpec& spec,
                      const PictureInput& picture, const Picture& shown, Facts& facts) {
  infer::Scratch scratch;
  const size_t bytes = infer::tensor_bytes(spec);
  std::vector<float> memory((bytes + sizeof(float) - 1) / sizeof(float));
  const auto tensor = std::as_writable_bytes(std::span(memory)).first(bytes);
  infer::fill_tensor(shown.view(), {0, 0, shown.width, shown.height}, spec, scratch, tensor);
  std::vector<infer::InputTensor> given;
  std::vector<std::vector<std::int64_t>> shapes(session.inputs().size());
  std::vector<std::vector<std::byte>> numbers(session.inputs().size());
  for (size_t i = 0; i < session.inputs().size(); ++i) {
    const auto& info = session.inputs()[i];
    if (info.name == picture.name) {
      shapes[i] = {1, 3, spec.height, spec.width};
      if (spec.layout == TensorLayout::nhwc) shapes[i] = {1, spec.height, spec.width, 3};
      const auto batch = info.shape.empty() ? 1 : info.shape[0];
      if (batch > 1) {
        return Error{Code::invalid_argument, "it always takes " + std::to_string(batch) +
                                                 " pictures at once; export it for one"};
      }
      given.push_back({i, tensor, shapes[i]});
      continue;
    }
    const auto extra = std::ranges::find(spec.extras, info.name, &infer::ExtraInput::name);
    if (extra == spec.extras.end()) continue;
    shapes[i] = info.shape;
    size_t count = 1;
    const bool pair = extra->value != infer::ExtraValue::one;
    for (size_t d = 0; d < shapes[i].size(); ++d) {
      if (shapes[i][d] < 0) shapes[i][d] = pair && d + 1 == shapes[i].size() ? 2 : 1;
      count *= static_cast<size_t>(std::clamp<std::int64_t>(shapes[i][d], 0, 1 << 16));
      count = std::min<size_t>(count, 1 << 24);
    }
    const bool scale = extra->value == infer::ExtraValue::scale_hw || !pair;
    const bool width_first = extra->value == infer::ExtraValue::input_size_wh ||
                             extra->value == infer::ExtraValue::picture_size_wh;
    const double height = scale ? 1 : spec.height;
    const double width = scale ? 1 : spec.width;
    numbers[i] =
        numbers_of(info, count, width_first ? width : height, width_first ? height : width);
    given.push_back({i, numbers[i], shapes[i]});
  }
  std::vector<size_t> wanted;
  for (size_t i = 0; i < facts.outputs.size(); ++i) {
    if (facts.outputs[i].type != "string" && facts.outputs[i].type != "other") wanted.push_back(i);
  }
  POSS_ASSIGN(const auto outputs, session.run(given, wanted));
  for (size_t i = 0; i < wanted.size(); ++i) {
    auto& fact = facts.outputs[wanted[i]];
    fact.shape = outputs.tensors[i].shape;
    fact.values.assign(outputs.tensors[i].values.begin(), outputs.tensors[i].values.end());
  }
  facts.ran = true;
  return {};
}

std::string count_text(std::int64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

bool means_nothing(const std::string& label) {
  const std::string text = lower(label);
  return text.empty() || text == "background" || text == "__background__" || text == "bg" ||
         text == "n/a" || text == "none";
}

// `count` 0: the outputs do not tell how many.
void say_labels_are_missing(std::int64_t count, Report& report) {
  report.missing.push_back("The file names no labels: give a label file" +
                           (count > 0 ? " of " + count_text(count, "name", "names") : "") +
                           ", one name a line; until then classes are called by their numbers.");
}

// The labels for a guess, made to fit its outputs; what is missing is said.
Result<std::vector<std::string>> fit_labels(const Guess& guess, std::vector<std::string> labels,
                                            Report& report) {
  const std::int64_t needed = guess.classes;
  const int nothing = guess.decoder.background;
  const bool from_one = guess.counts_from_one && needed == 0;
  if (labels.empty()) {
    const std::int64_t count = needed > 0 ? needed : guess.usual_classes;
    report.labels_from = "numbered";
    say_labels_are_missing(needed > 0 ? count - (nothing >= 0 ? 1 : 0) : 0, report);
    for (std::int64_t i = 0; i < count; ++i) {
      const bool empty = i == nothing || (from_one && i == 0);
      labels.push_back(empty ? "" : "class " + std::to_string(i));
    }
    return labels;
  }
  if (needed == 0) {
    if (from_one && !means_nothing(labels.front())) labels.insert(labels.begin(), "");
    if (from_one) labels.front().clear();
    return labels;
  }
  if (nothing >= 0 && std::ssize(labels) == needed - 1) {
    labels.insert(labels.begin() + std::min<std::int64_t>(nothing, std::ssize(labels)), "");
  }
  if (std::ssize(labels) == needed) {
    if (nothing >= 0) labels[static_cast<size_t>(nothing)].clear();
    return labels;
  }
  return Error{Code::invalid_argument,
               "there are " + count_text(std::ssize(labels), "label", "labels") +
                   ", but the model has " + count_text(needed, "class", "classes") +
                   ": give the label file it was trained with"};
}

// Writes to `file`, or to `path` where that is −1.
Result<void> write_out(const std::string& path, int file, std::string_view bytes) {
  if (file < 0) file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool written = file >= 0;
  for (size_t at = 0; written && at < bytes.size();) {
    const auto wrote = ::write(file, bytes.data() + at, bytes.size() - at);
    written = wrote > 0;
    if (written) at += static_cast<size_t>(wrote);
  }
  const int error = errno;
  if (file >= 0) ::close(file);
  if (written) return {};
  return Error{Code::resource_exhausted, "'" + std::filesystem::path(path).filename().string() +
                                             "' could not be written: " + std::strerror(error)};
}

// One inspection.
class Inspection {
 public:
  Inspection(const InspectRequest& request, const std::function<void(Step, const Report&)>& step)
      : request_(request), step_(step), started_(Clock::now()) {}

  Result<Report> run() {
    POSS_TRY(read());
    tell(Step::read);
    if (report_.problems.empty()) look();
    report_.timings["total"] = milliseconds_since(started_);
    return std::move(report_);
  }

 private:
  void tell(Step step) const {
    if (step_) step_(step, report_);
  }
  void refuse(const Error& error) { report_.problems.push_back(valid_text(error.message)); }

  Result<void> read() {
    const auto start = Clock::now();
    const std::filesystem::path path = request_.file;
    POSS_ASSIGN(auto file, MappedFile::open(path, kMaxBytes));
    report_.bytes = static_cast<std::int64_t>(file.bytes().size());
    report_.sha256 = sha256_text(file.bytes());
    report_.format = "onnx";
    onnx_ = path;
    if (is_tflite(file.bytes())) {
      report_.format = "tflite";
      POSS_TRY(convert(file.bytes()));
      POSS_ASSIGN(file, MappedFile::open(onnx_, kMaxBytes));
    }
    POSS_ASSIGN(facts_.file, read_onnx(file.bytes()));
    describe(facts_.file, report_);
    report_.timings["read"] = milliseconds_since(start);
    return {};
  }

  // Makes an ONNX file of a TFLite one; its manifest says how to use it.
  Result<void> convert(std::string_view bytes) {
    if (request_.converted.empty()) {
      return Error{Code::invalid_argument, "there is nowhere to put the converted model"};
    }
    convert::ConvertOptions options;
    if (!request_.labels.empty()) options.labels = request_.labels;
    options.number_classes = true;
    POSS_ASSIGN(const auto made, convert::convert_tflite(bytes, options));
    onnx_ = request_.converted;
    POSS_TRY(write_out(request_.converted, request_.converted_file, made.onnx));
    POSS_ASSIGN(converted_, parse_fields<infer::Manifest>(made.manifest));
    return {};
  }

  void look() {
    auto picture = picture_input(facts_.file);
    if (!picture) return refuse(picture.error());
    choose_size(facts_.file, *picture);
    facts_.picture = *picture;
    auto extras = extra_inputs(facts_.file, *picture);
    if (!extras) return refuse(extras.error());
    extras_ = std::move(*extras);

    auto start = Clock::now();
    auto session = infer::Session::open(onnx_, request_.threads);
    if (!session) return refuse(named(session.error()));
    session_ = std::move(*session);
    report_.timings["load"] = milliseconds_since(start);
    tell(Step::loaded);

    load_photographs();
    start = Clock::now();
    gather_facts();
    report_.timings["run"] = milliseconds_since(start);
    tell(Step::ran);
    if (!report_.problems.empty()) return;

    if (converted_) {
      use_conversion();
    } else {
      use_rules();
    }
  }

  // Messages of the runtime name the file; a private copy is called what people know it by.
  Error named(Error error) const {
    const std::string name = request_.name.empty()
                                 ? std::filesystem::path(request_.file).filename().string()
                                 : request_.name;
    const std::string path = onnx_.string();
    for (size_t at = 0; (at = error.message.find(path, at)) != std::string::npos;) {
      error.message.replace(at, path.size(), name);
      at += name.size();
    }
    return error;
  }

  void load_photographs() {
    for (const auto& path : request_.pictures) {
      if (auto picture = read_ppm(path)) {
        photographs_.push_back(std::move(*picture));
      } else {
        report_.missing.push_back(valid_text(picture.error().message));
      }
    }
  }

  void gather_facts() {
    for (const auto& output : facts_.file.outputs) {
      const auto made_by = facts_.file.made_by.find(output.name);
      facts_.outputs.push_back({output.name,
                                output.type,
                                output.shape,
                                {},
                                made_by == facts_.file.made_by.end() ? "" : made_by->second});
    }
    Feeding first;
    first.numbers = facts_.picture.normalised_inside ? Numbers::bytes : Numbers::unit;
    const Picture stand_in = drawn(640, 480);
    const Picture& shown = photographs_.empty() ? stand_in : photographs_.front();
    auto spec = input_spec(facts_.picture, first);
    spec.extras = extras_;
    if (const auto ran = run_once(*session_, spec, facts_.picture, shown, facts_); !ran) {
      refuse(named(ran.error()));
    }
  }

  infer::Manifest manifest_for(const Guess& guess, const Feeding& feeding,
                               const infer::DecoderSpec& decoder,
                               std::vector<std::string> labels) const {
    infer::Manifest out;
    out.license = report_.license;
    out.task = guess.task;
    out.input = input_spec(facts_.picture, feeding);
    out.input.extras = extras_;
    out.decoder = decoder;
    out.labels = std::move(labels);
    return out;
  }

  Result<std::shared_ptr<const infer::Model>> model_of(infer::Manifest manifest) const {
    std::vector<FieldError> errors;
    manifest.validate("", errors);
    if (!errors.empty()) return join_errors(errors);
    infer::ModelOptions options;
    options.threads = request_.threads;
    const auto folder = std::filesystem::path(request_.anchors).parent_path();
    return infer::Model::make(std::move(manifest), session_, folder, options);
  }

  // What image metadata of the file says (ONNX's own keys), which Custom Vision writes.
  void read_stated_feeding(Feeding& feeding) const {
    const std::string format = lower(facts_.metadata("Image.BitmapPixelFormat"));
    const std::string range = lower(facts_.metadata("Image.NominalPixelRange"));
    if (format.empty() && range.empty()) return;
    if (!format.empty()) {
      feeding.color = format.starts_with("bgr") ? infer::ColorOrder::bgr : infer::ColorOrder::rgb;
    }
    if (range.find("0_255") != std::string::npos) feeding.numbers = Numbers::bytes;
    if (range.find("0_1") != std::string::npos) feeding.numbers = Numbers::unit;
    if (range.find("-1_1") != std::string::npos) feeding.numbers = Numbers::symmetric;
    if (!format.empty() && !range.empty()) feeding.stated = true;
    feeding.why = "the file's image metadata says so";
  }

  void use_rules() {
    if (facts_.labels = request_.labels; facts_.labels.empty()) {
      if (auto named = convert::parse_label_literal(facts_.metadata("names"))) {
        facts_.labels = std::move(*named);
      }
      if (!facts_.labels.empty()) report_.labels_from = "the file's metadata";
    } else {
      report_.labels_from = "given";
    }
    if (facts_.labels.size() > kMaxLabels) facts_.labels.resize(kMaxLabels);
    auto guesses = recognise(facts_);
    std::optional<Error> first_error;
    for (auto& guess : guesses) {
      read_stated_feeding(guess.feeding);
      report_.candidates.push_back({guess.family, valid_text(guess.why)});
    }
    for (const auto& guess : guesses) {
      Report with = report_;
      auto labels = fit_labels(guess, facts_.labels, with);
      if (!labels) {
        if (!first_error) first_error = labels.error();
        continue;
      }
      // Without its anchors a model cannot be tried, but it is known.
      bool complete = guess.decoder.anchors.empty();
      if (!complete && !guess.anchors.empty() && !request_.anchors.empty()) {
        const auto bytes = std::as_bytes(std::span(guess.anchors));
        const auto written = write_out(request_.anchors, request_.anchors_file,
                                       {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        if (!written) return refuse(written.error());
        complete = true;
      }
      if (complete) {
        const auto model = model_of(manifest_for(guess, guess.feeding, guess.decoder, *labels));
        if (!model) {
          if (!first_error) first_error = model.error();
          continue;
        }
      }
      report_ = std::move(with);
      accept(guess, std::move(*labels), complete);
      return;
    }
    if (first_error) {
      report_.family = guesses.front().family;
      report_.why = valid_text(guesses.front().why);
      report_.classes = guesses.front().classes;
      return refuse(*first_error);
    }
    report_.missing.emplace_back(
        "What its outputs hold was not recognised: write model.json for it (docs/models.md).");
  }

  void accept(const Guess& guess, std::vector<std::string> labels, bool complete) {
    report_.family = guess.family;
    report_.why = valid_text(guess.why);
    report_.classes = guess.classes > 0 ? guess.classes : std::ssize(labels);
    for (const auto& sentence : guess.missing) report_.missing.push_back(valid_text(sentence));
    // The one that was chosen comes first.
    const auto chosen = std::ranges::find(report_.candidates, guess.family, &FamilyReport::family);
    std::rotate(report_.candidates.begin(), chosen, chosen + 1);
    Outcome outcome;
    outcome.best = {guess.feeding, guess.decoder, 0, 0};
    const auto start = Clock::now();
    if (complete) {
      const auto make = [&](const Feeding& feeding, const infer::DecoderSpec& decoder) {
        return model_of(manifest_for(guess, feeding, decoder, labels));
      };
      const auto budget = std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(std::clamp(request_.probe_seconds, 0.0, 600.0)));
      outcome = try_feedings(guess, facts_.picture, make, photographs_, start + budget);
      report_.timings["probe"] = milliseconds_since(start);
    }
    report_.preprocessing = trials_report(outcome, guess, facts_.picture);
    if (!guess.feeding.stated && outcome.tried.empty()) {
      report_.missing.emplace_back(
          "How pictures are fed is what this family usually wants; a photograph with objects the "
          "model knows would show whether it is right.");
    }
    if (complete) {
      report_.manifest =
          manifest_for(guess, outcome.best.feeding, outcome.best.decoder, std::move(labels));
    }
  }

  // A converted file brings its manifest along.
  void use_conversion() {
    report_.family = converted_->task == infer::Task::detection
                         ? "TensorFlow Lite detector (SSD or EfficientDet)"
                         : "TensorFlow Lite classifier";
    report_.why = "the conversion read its outputs from the file";
    report_.candidates.push_back({report_.family, report_.why});
    const auto& labels = converted_->labels;
    const bool numbered = !labels.empty() && labels.front() == "class 0";
    report_.labels_from = !request_.labels.empty() ? "given"
                          : numbered               ? "numbered"
                                                   : "the file's metadata";
    if (numbered) say_labels_are_missing(std::ssize(labels), report_);
    report_.classes = std::ssize(converted_->labels);
    report_.license = converted_->license.empty() ? report_.license : converted_->license;
    auto model = model_of(*converted_);
    if (!model) return refuse(model.error());
    report_.preprocessing.choice = "as the file says";
    report_.preprocessing.why = "a TensorFlow Lite file states how it is fed";
    report_.manifest = *converted_;
  }

  const InspectRequest& request_;
  const std::function<void(Step, const Report&)>& step_;
  const Clock::time_point started_;
  Report report_;
  Facts facts_;
  std::filesystem::path onnx_;
  std::vector<infer::ExtraInput> extras_;
  std::shared_ptr<const infer::Session> session_;
  std::vector<Picture> photographs_;
  std::optional<infer::Manifest> converted_;
};

}  // namespace

void InspectRequest::declare(Fields<InspectRequest>& f) {
  f.add(&InspectRequest::file, "file").required();
  f.add(&InspectRequest::name, "name");
  f.add(&InspectRequest::labels, "labels").max_length(kMaxLabels);
  f.add(&InspectRequest::pictures, "pictures").max_length(64);
  f.add(&InspectRequest::converted, "converted");
  f.add(&InspectRequest::anchors, "anchors");
  f.add(&InspectRequest::probe_seconds, "probe_seconds").range(0, 600);
  f.add(&InspectRequest::threads, "threads").range(1, 64);
}

Result<Report> inspect(const InspectRequest& request,
                       const std::function<void(Step, const Report&)>& step) {
  const std::string name =
      request.name.empty() ? std::filesystem::path(request.file).filename().string() : request.name;
  return Inspection(request, step).run().with("'" + name + "'");
}

}  // namespace poss::inspect
