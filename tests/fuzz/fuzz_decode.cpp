// Fuzzes the decoders: whatever a manifest says and a network answers, what comes out are boxes
// inside the picture, sorted and of labelled classes, or an error.
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "fuzz.h"
#include "infer/decode.h"

namespace {

using namespace poss::infer;

// Numbers and choices out of the input; zeros after its end.
class Source {
 public:
  Source(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  unsigned byte() { return at_ < size_ ? data_[at_++] : 0; }
  unsigned below(unsigned bound) { return byte() % bound; }
  bool flag() { return (byte() & 1) != 0; }
  template <class E>
  E one_of() {
    const auto& values = poss::EnumNames<E>::values;
    return values[below(static_cast<unsigned>(values.size()))].first;
  }
  // Mostly numbers that mean something, sometimes any bits.
  float number() {
    const unsigned kind = byte();
    if (kind < 8) return std::bit_cast<float>(byte() << 24 | byte() << 16 | byte() << 8 | byte());
    const auto value = static_cast<float>(byte());
    if (kind < 128) return value / 256;
    return kind < 192 ? value : value / 8 - 16;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
  std::size_t at_ = 0;
};

// A folder with an anchor file of six rows.
const std::filesystem::path& folder() {
  static const std::filesystem::path path = [] {
    auto made =
        std::filesystem::temp_directory_path() / ("poss-fuzz-" + std::to_string(::getpid()));
    std::filesystem::create_directories(made);
    std::array<float, 24> anchors{};
    for (std::size_t i = 0; i < anchors.size(); ++i) anchors[i] = 0.03f * static_cast<float>(i + 1);
    std::ofstream(made / "anchors.bin", std::ios::binary)
        .write(reinterpret_cast<const char*>(anchors.data()), sizeof(anchors));
    std::atexit([] { std::filesystem::remove_all(folder()); });
    return made;
  }();
  return path;
}

Manifest manifest_of(Source& source) {
  Manifest out;
  out.input.width = static_cast<int>(1 + source.below(64));
  out.input.height = static_cast<int>(1 + source.below(64));
  out.input.fit = source.one_of<Fit>();
  auto& spec = out.decoder;
  spec.type = source.one_of<Decoder>();
  if (spec.type == Decoder::classification) out.task = Task::classification;
  spec.activation = source.one_of<Activation>();
  spec.box_format = source.one_of<BoxFormat>();
  spec.box_units = source.one_of<BoxUnits>();
  spec.grid_form = source.one_of<GridForm>();
  spec.offset_form = source.one_of<OffsetForm>();
  spec.suppress = source.flag();
  spec.bins = static_cast<int>(1 + source.below(9));
  spec.cell_center = source.flag() ? 0.5 : 0;
  spec.anchors = "anchors.bin";
  for (unsigned i = 1 + source.below(4); i > 0; --i) {
    out.labels.push_back(source.below(4) == 0 ? "" : "label");
  }
  spec.background = static_cast<int>(source.below(4)) - 1;
  static constexpr std::array kColumns{"box",   "objectness", "scores", "score",
                                       "class", "batch",      "rest"};
  for (unsigned i = source.below(6); i > 0; --i) {
    spec.columns.emplace_back(kColumns[source.below(kColumns.size())]);
  }
  spec.strides.clear();
  for (unsigned i = 1 + source.below(3); i > 0; --i) {
    spec.strides.push_back(static_cast<int>(8 + 8 * source.below(8)));
  }
  for (std::size_t i = 2 * spec.strides.size() * (1 + source.below(2)); i > 0; --i) {
    spec.anchor_sizes.push_back(1 + source.below(64));
  }
  const auto name = [&]() -> std::string {
    const unsigned which = source.below(12);
    return which < 6 ? std::string(1, static_cast<char>('a' + which)) : "";
  };
  spec.boxes = name();
  spec.scores = name();
  spec.classes = name();
  spec.count = name();
  spec.selected = name();
  for (unsigned i = source.below(7); i > 0; --i) {
    if (auto output = name(); !output.empty()) spec.outputs.push_back(std::move(output));
  }
  return out;
}

std::vector<std::int64_t> shape_of(Source& source, const Manifest& manifest) {
  const auto labels = static_cast<unsigned>(manifest.labels.size());
  std::vector<std::int64_t> out;
  for (unsigned i = source.below(6); i > 0; --i) {
    // Sizes that decoders look for, and small ones.
    const std::array<unsigned, 10> sizes{
        1,          1, 4, labels, labels + 4,
        labels + 5, 6, 2, 3,      4u * static_cast<unsigned>(manifest.decoder.bins)};
    const unsigned choice = source.below(14);
    out.push_back(choice < sizes.size() ? sizes[choice] : source.below(9));
  }
  return out;
}

void check_objects(const Manifest& manifest, const DetectOptions& options,
                   const std::vector<DetectedObject>& objects) {
  using poss::fuzz::require;
  require(std::ssize(objects) <= std::max(options.max_objects, 0),
          "no more objects than asked for");
  float last = 1;
  for (const auto& object : objects) {
    require(object.score >= options.min_score && object.score <= last,
            "best first, above the minimum");
    last = object.score;
    const auto index = static_cast<std::size_t>(object.class_index);
    require(object.class_index >= 0 && index < manifest.labels.size() &&
                !manifest.labels[index].empty() &&
                object.class_index != manifest.decoder.background,
            "of a class that may be reported");
    const auto& box = object.box;
    require(box.l >= 0 && box.t >= 0 && box.w > 0 && box.h > 0 && box.l + box.w <= 1.00001 &&
                box.t + box.h <= 1.00001,
            "inside the picture");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Source source(data, size);
  const Manifest manifest = manifest_of(source);
  std::vector<poss::FieldError> errors;
  manifest.validate("", errors);
  if (!errors.empty()) return 0;

  std::vector<TensorInfo> infos;
  std::vector<std::vector<std::int64_t>> shapes;
  for (unsigned i = 1 + source.below(6); i > 0; --i) {
    shapes.push_back(shape_of(source, manifest));
    auto declared = shapes.back();
    for (auto& dimension : declared) {
      if (source.below(4) == 0) dimension = -1;
    }
    const auto type = source.below(8) == 0 ? ElementType::int64 : ElementType::float32;
    infos.push_back({std::string(1, static_cast<char>('a' + infos.size())), type, declared});
  }
  const auto decoder = OutputDecoder::create(manifest, infos, folder());
  if (!decoder) {
    poss::fuzz::require(!decoder.error().message.empty(), "an error says something");
    return 0;
  }
  std::vector<std::vector<float>> values;
  std::vector<OutputTensor> tensors;
  for (const auto index : decoder->wanted()) {
    auto shape = shapes[index];
    if (source.below(8) == 0) shape = shape_of(source, manifest);  // not what was declared
    std::size_t count = 1;
    for (const auto side : shape) count *= static_cast<std::size_t>(side);
    if (count > 20'000) return 0;
    auto& made = values.emplace_back(count);
    for (float& value : made) value = source.number();
    tensors.push_back({std::move(shape), {}});
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) tensors[i].values = values[i];

  if (manifest.task == Task::classification) {
    const auto classes = decoder->classes(tensors, 1, 3);
    poss::fuzz::require(!classes || classes->size() == 1, "one list a picture");
    return 0;
  }
  DetectOptions options;
  options.min_score = static_cast<float>(source.below(5)) / 4;
  options.max_objects = static_cast<int>(source.below(8));
  const auto placement = place_picture(manifest.input, static_cast<int>(1 + source.below(200)),
                                       static_cast<int>(1 + source.below(200)));
  const auto objects = decoder->objects(tensors, options, placement);
  if (objects) check_objects(manifest, options, *objects);
  return 0;
}
