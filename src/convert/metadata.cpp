// Reading TFLite metadata with the generated reader.
#include "convert/metadata.h"

#include <cmath>

#include "convert/labels.h"
#include "convert/tflite_file.h"
#include "convert/zip_file.h"
#include "tflite_metadata_generated.h"

namespace poss::convert {
namespace {

std::string text_of(const flatbuffers::String* text) {
  return text ? clean_text(text->string_view(), 4000) : "";
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

  const auto archive = ZipFile::behind(file);
  if (!archive) return out;
  for (const ZipEntry& entry : archive->entries()) {
    const bool likely = entry.name.find("label") != entry.name.npos && entry.name.ends_with(".txt");
    if (name.empty() ? !likely : entry.name != name) continue;
    POSS_ASSIGN(const auto text, archive->read(entry, kMaxLabelFileBytes).with("the model"));
    POSS_ASSIGN(out.labels, parse_labels(text).with("the model"));
    break;
  }
  return out;
}

}  // namespace poss::convert
