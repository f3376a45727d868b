// /api/v1/insights/export: the insights kept as a file, CSV for spreadsheets or JSON for programs.
#include <map>

#include "server/insights.h"

namespace poss::server {

enum class ExportFormat { csv, json };

}  // namespace poss::server

template <>
struct poss::EnumNames<poss::server::ExportFormat> {
  static constexpr std::array values{std::pair{poss::server::ExportFormat::csv, "csv"},
                                     std::pair{poss::server::ExportFormat::json, "json"}};
};

namespace poss::server {
namespace {

constexpr size_t kMaxRows = 100'000;
constexpr size_t kBlock = 256u << 10;  // bytes gathered before they are written
constexpr const char* kNote =
    "only the newest 100000 rows; choose a shorter time or a narrower filter for the others";

struct ExportParameters : InsightFilter {
  ExportFormat format = ExportFormat::csv;
  static void declare(Fields<ExportParameters>& f) {
    declare_insight_filter(f);
    f.add(&ExportParameters::format, "format");
  }
};

// A field of CSV (RFC 4180).
std::string csv(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

const json::object& object_at(const json::object& object, const char* name) {
  static const json::object nothing;
  const auto* found = object.if_contains(name);
  return found && found->is_object() ? found->get_object() : nothing;
}

std::string text_of(const json::object& object, const char* name) {
  const auto* found = object.if_contains(name);
  return found && found->is_string() ? std::string(found->get_string()) : "";
}

std::string number_of(const json::object& object, const char* name) {
  const auto* found = object.if_contains(name);
  return found && found->is_number() ? json_text(*found) : "";
}

// The names of stored objects, each looked up once; the id of one that is gone.
class Names {
 public:
  Names(store::Store& store, const store::Kind& kind) : store_(store), kind_(kind) {}
  const std::string& of(const std::string& id) {
    const auto [found, added] = names_.try_emplace(id, id);
    if (added) {
      if (const auto record = store_.get(kind_, id)) {
        found->second = text_of(record->value, "name");
      }
    }
    return found->second;
  }

 private:
  store::Store& store_;
  const store::Kind& kind_;
  std::map<std::string, std::string> names_;
};

// The file on its way. What is written lies on disk, so that its size does not matter.
class Writer {
 public:
  explicit Writer(std::shared_ptr<UploadedFile> file) : file_(std::move(file)) {}
  Result<void> append(std::string_view text) {
    waiting_ += text;
    return waiting_.size() < kBlock ? Result<void>() : flush();
  }
  // The file to send; it goes once it is sent.
  Result<std::shared_ptr<const FileBody>> finish() {
    POSS_TRY(flush());
    POSS_ASSIGN(auto body, FileBody::open(file_->path()));
    return std::shared_ptr<const FileBody>(std::move(body));
  }

 private:
  Result<void> flush() {
    POSS_TRY(file_->append(waiting_));
    waiting_.clear();
    return {};
  }
  const std::shared_ptr<UploadedFile> file_;
  std::string waiting_;
};

// One export: rows are objects in CSV and insights in JSON.
class Export {
 public:
  Export(const Call<ExportParameters>& call, std::shared_ptr<UploadedFile> file)
      : history_(call.resources.store.history()),
        wanted_(call.parameters),
        cameras_(call.resources.store, store::kind_of<store::Camera>()),
        deployments_(call.resources.store, store::kind_of<store::Deployment>()),
        writer_(std::move(file)) {}

  Result<Reply> run() {
    const bool is_csv = wanted_.format == ExportFormat::csv;
    POSS_TRY(writer_.append(is_csv ? "time,camera,camera_id,deployment,deployment_id,label,"
                                     "confidence,l,t,w,h,tracking_id\r\n"
                                   : "{\"items\":["));
    std::string cursor;
    bool complete = true;
    do {
      POSS_ASSIGN(const auto page,
                  history_.list(store::Log::insight, wanted_.history(), 1000, cursor));
      for (const auto& entry : page.items) {
        POSS_ASSIGN(complete, is_csv ? append_objects(entry) : append_insight(entry));
        if (!complete) break;
      }
      cursor = page.next_cursor;
    } while (complete && !cursor.empty());
    if (!is_csv) {
      POSS_TRY(writer_.append(std::string("],\"complete\":") + (complete ? "true" : "false") +
                              ",\"note\":\"" + (complete ? "" : kNote) + "\"}"));
    }
    HttpResponse response;
    response.content_type = is_csv ? "text/csv; charset=utf-8; header=present" : "application/json";
    response.headers.emplace_back(
        "Content-Disposition",
        std::string("attachment; filename=\"insights.") + (is_csv ? "csv\"" : "json\""));
    if (!complete) response.headers.emplace_back("X-Export-Note", kNote);
    POSS_ASSIGN(response.file, writer_.finish());
    return Reply(std::move(response));
  }

 private:
  // Both answer false when there is no room for a row more.
  Result<bool> append_insight(const store::HistoryEntry& entry) {
    if (rows_ == kMaxRows) return false;
    POSS_TRY(writer_.append((rows_++ ? "," : "") + json_text(entry.body)));
    return true;
  }

  Result<bool> append_objects(const store::HistoryEntry& entry) {
    const auto* objects = object_at(entry.body, "insights_meta").if_contains("objects_meta");
    if (!objects || !objects->is_array()) return true;
    const std::string camera = text_of(entry.body, "device_id");
    const std::string deployment = text_of(entry.body, "instance_id");
    const std::string head = rfc3339(entry.time) + ',' + csv(cameras_.of(camera)) + ',' +
                             csv(camera) + ',' + csv(deployments_.of(deployment)) + ',' +
                             csv(deployment) + ',';
    for (const auto& item : objects->get_array()) {
      if (!item.is_object()) continue;
      const json::object& object = item.get_object();
      const std::string label = text_of(object, "label");
      if (!wanted_.label.empty() && label != wanted_.label) continue;
      if (rows_ == kMaxRows) return false;
      ++rows_;
      const json::object& box = object_at(object, "bbox");
      std::string row = head + csv(label) + ',' + number_of(object, "confidence");
      for (const char* side : {"l", "t", "w", "h"}) {
        row += ',' + number_of(box, side);
      }
      row += ',' + csv(text_of(object_at(object, "tracking_info"), "tracking_id")) + "\r\n";
      POSS_TRY(writer_.append(row));
    }
    return true;
  }

  store::History& history_;
  const ExportParameters& wanted_;
  Names cameras_;
  Names deployments_;
  Writer writer_;
  size_t rows_ = 0;
};

Result<Reply> answer(const Call<ExportParameters>& call) {
  POSS_ASSIGN(auto file, UploadedFile::create(call.resources.options.upload_folder));
  return Export(call, std::move(file)).run();
}

}  // namespace

void declare_insight_export(Api& api, const json::object& insights) {
  api.add<ExportParameters>(
      {.path = "/api/v1/insights/export",
       .id = "exportInsights",
       .tag = "insights",
       .summary = "The insights kept as a file, newest first: CSV has a row for each object, JSON "
                  "the insights. At most 100000 rows; X-Export-Note says when that left some out."},
      {{.description = "The file.", .content_type = "text/csv", .schema = {{"type", "string"}}},
       {.description = "",
        .content_type = "application/json",
        .schema = {{"type", "object"},
                   {"properties",
                    {{"items", insights},
                     {"complete", {{"type", "boolean"}}},
                     {"note", {{"type", "string"}, {"description", "What is left out."}}}}},
                   {"required", {"items", "complete", "note"}}}}},
      answer);
}

}  // namespace poss::server
