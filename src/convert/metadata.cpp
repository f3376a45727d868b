// Reading TFLite metadata with the generated reader, and the zip archive behind a model with
// libzip.
#include "convert/metadata.h"

#include <cmath>
#include <memory>

#include <zip.h>

#include "convert/labels.h"
#include "convert/tflite_file.h"
#include "tflite_metadata_generated.h"

namespace poss::convert {
namespace {

std::string text_of(const flatbuffers::String* text) {
  return text ? clean_text(text->string_view(), 4000) : "";
}

struct Closer {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

// The archive behind the model; null when there is none.
std::unique_ptr<zip_t, Closer> open_archive(std::string_view file) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(file.data(), file.size(), 0, &error);
  zip_t* archive = source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr;
  if (source && !archive) zip_source_free(source);
  zip_error_fini(&error);
  return std::unique_ptr<zip_t, Closer>(archive);
}

Result<std::string> read_entry(zip_t* archive, zip_uint64_t index, const std::string& name) {
  const Error failure{Code::invalid_argument,
                      "the label file '" + name + "' inside the model cannot be read"};
  zip_stat_t stat;
  if (zip_stat_index(archive, index, 0, &stat) != 0 || !(stat.valid & ZIP_STAT_SIZE) ||
      stat.size > kMaxLabelFileBytes) {
    return failure;
  }
  const std::unique_ptr<zip_file_t, Closer> file(zip_fopen_index(archive, index, 0));
  if (!file) return failure;
  std::string text(stat.size, '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    const auto got = zip_fread(file.get(), text.data() + filled, text.size() - filled);
    if (got <= 0) return failure;
    filled += static_cast<size_t>(got);
  }
  return text;
}

// Name of the label file of the outputs, as far as the metadata names one.
std::string label_file(const tflite_metadata::SubGraphMetadata& graph) {
  if (!graph.outputs()) return "";
  for (const auto* output : *graph.outputs()) {
    if (!output->associated_files()) continue;
    for (const auto* file : *output->associated_files()) {
      using enum tflite_metadata::AssociatedFileType;
      if ((file->type() == TENSOR_VALUE_LABELS || file->type() == TENSOR_AXIS_LABELS) &&
          file->name()) {
        return file->name()->str();
      }
    }
  }
  return "";
}

void read_normalization(const tflite_metadata::SubGraphMetadata& graph, Metadata& out) {
  if (!graph.inputs() || graph.inputs()->size() == 0) return;
  const auto* units = graph.inputs()->Get(0)->process_units();
  if (!units) return;
  for (const auto* unit : *units) {
    const auto* options = unit->options_as_NormalizationOptions();
    if (!options || !options->mean() || !options->std() || options->mean()->size() != 1 ||
        options->std()->size() != 1) {
      continue;
    }
    const double mean = options->mean()->Get(0), std = options->std()->Get(0);
    if (!std::isfinite(mean) || !std::isfinite(std) || std <= 0) continue;
    out.mean = mean;
    out.std = std;
  }
}

}  // namespace

Result<Metadata> read_metadata(std::string_view table, std::string_view file) {
  Metadata out;
  std::string name;
  // A copy, so that the table lies on a boundary its own offsets were made for.
  const std::vector<std::uint8_t> bytes(table.begin(), table.end());
  flatbuffers::Verifier verifier(bytes.data(), bytes.size());
  if (bytes.size() >= 8 && tflite_metadata::ModelMetadataBufferHasIdentifier(bytes.data()) &&
      tflite_metadata::VerifyModelMetadataBuffer(verifier)) {
    const auto& model = *tflite_metadata::GetModelMetadata(bytes.data());
    out.name = text_of(model.name());
    out.description = text_of(model.description());
    out.license = text_of(model.license());
    if (model.subgraphs() && model.subgraphs()->size() > 0) {
      const auto& graph = *model.subgraphs()->Get(0);
      name = label_file(graph);
      read_normalization(graph, out);
    }
  }

  const auto archive = open_archive(file);
  if (!archive) return out;
  const auto count = zip_get_num_entries(archive.get(), 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    const char* found = zip_get_name(archive.get(), static_cast<zip_uint64_t>(i), 0);
    if (!found) continue;
    const std::string entry = found;
    const bool likely = entry.find("label") != entry.npos && entry.ends_with(".txt");
    if (name.empty() ? !likely : entry != name) continue;
    POSS_ASSIGN(const auto text,
                read_entry(archive.get(), static_cast<zip_uint64_t>(i), clean_text(entry, 100)));
    POSS_ASSIGN(out.labels, parse_labels(text));
    break;
  }
  return out;
}

}  // namespace poss::convert
