// Looking at outputs as tables of numbers.
#include "inspect/facts.h"

#include <algorithm>
#include <cmath>

namespace poss::inspect {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool Facts::has_input(std::string_view name) const {
  return std::ranges::any_of(file.inputs, [&](const auto& input) { return input.name == name; });
}

std::string Facts::metadata(const std::string& key) const {
  const auto found = file.metadata.find(key);
  return found == file.metadata.end() ? "" : found->second;
}

bool Facts::from_tensorflow() const {
  const std::string producer = lower(file.producer);
  return producer.starts_with("tf2onnx") || producer.find("keras") != std::string::npos ||
         producer.find("tensorflow") != std::string::npos;
}

const OutputFact* Facts::named(std::string_view part) const {
  const OutputFact* found = nullptr;
  for (const auto& output : outputs) {
    if (lower(output.name).find(part) == std::string::npos) continue;
    if (found) return nullptr;
    found = &output;
  }
  return found;
}

std::optional<Pair> two_dimensions(const OutputFact& output) {
  std::vector<std::int64_t> sizes = output.shape;
  if (sizes.size() < 2 || sizes.size() > 6) return std::nullopt;
  // The first is the batch where there are more than two.
  if (sizes.size() > 2) {
    if (sizes.front() > 1) return std::nullopt;
    sizes.erase(sizes.begin());
  }
  while (sizes.size() > 2) {
    const auto one = std::ranges::find(sizes, 1);
    if (one == sizes.end()) return std::nullopt;
    sizes.erase(one);
  }
  return Pair{sizes[0], sizes[1]};
}

Table table_of(const OutputFact& output, std::int64_t rows, std::int64_t columns, bool rows_first) {
  if (rows <= 0 || columns <= 0 || std::ssize(output.values) != rows * columns) {
    return {nullptr, rows, columns, 0, 0};
  }
  return {output.values.data(), rows, columns, rows_first ? columns : 1, rows_first ? 1 : rows};
}

double share_between(const Table& table, std::int64_t first, std::int64_t last, double low,
                     double high) {
  if (table.empty() || last <= first) return 0;
  std::int64_t inside = 0;
  for (std::int64_t row = 0; row < table.rows; ++row) {
    for (std::int64_t column = first; column < last; ++column) {
      const double value = table.at(row, column);
      inside += value >= low && value <= high ? 1 : 0;
    }
  }
  return static_cast<double>(inside) / static_cast<double>(table.rows * (last - first));
}

double share_whole(const Table& table, std::int64_t column) {
  if (table.empty()) return 0;
  std::int64_t whole = 0;
  for (std::int64_t row = 0; row < table.rows; ++row) {
    const float value = table.at(row, column);
    whole += std::nearbyint(value) == value ? 1 : 0;
  }
  return static_cast<double>(whole) / static_cast<double>(table.rows);
}

Range range_of(const Table& table, std::int64_t first, std::int64_t last) {
  Range out;
  bool any = false;
  for (std::int64_t row = 0; !table.empty() && row < table.rows; ++row) {
    for (std::int64_t column = first; column < last; ++column) {
      const double value = table.at(row, column);
      if (!std::isfinite(value)) continue;
      out.low = any ? std::min(out.low, value) : value;
      out.high = any ? std::max(out.high, value) : value;
      any = true;
    }
  }
  return out;
}

std::int64_t cells(const PictureInput& picture, std::initializer_list<int> strides) {
  std::int64_t out = 0;
  for (const int stride : strides) {
    out += static_cast<std::int64_t>((picture.width + stride - 1) / stride) *
           ((picture.height + stride - 1) / stride);
  }
  return out;
}

}  // namespace poss::inspect
