// /api/v1/recordings: video files that skills have made.
#include "server/recordings.h"

#include "base/log.h"
#include "server/api.h"
#include "server/audit.h"
#include "server/insights.h"
#include "server/resource.h"

namespace poss::server {
namespace {

namespace fs = std::filesystem;

struct RecordingBody {
  std::string id;
  Time time{};
  std::int64_t bytes = 0;
  std::string camera;
  std::string deployment;
  std::vector<std::string> labels;
  double duration_s = 0;
  int width = 0;
  int height = 0;
  std::string codec;
  bool has_thumbnail = false;
  static void declare(Fields<RecordingBody>& f) {
    f.add(&RecordingBody::id, "id");
    f.add(&RecordingBody::time, "time").help("Of the first frame.");
    f.add(&RecordingBody::bytes, "bytes").unit("B");
    f.add(&RecordingBody::camera, "camera");
    f.add(&RecordingBody::deployment, "deployment");
    f.add(&RecordingBody::labels, "labels").help("What it shows.");
    f.add(&RecordingBody::duration_s, "duration_s").unit("s");
    f.add(&RecordingBody::width, "width").unit("px");
    f.add(&RecordingBody::height, "height").unit("px");
    f.add(&RecordingBody::codec, "codec");
    f.add(&RecordingBody::has_thumbnail, "has_thumbnail");
  }
};

struct RecordingPage {
  std::vector<RecordingBody> items;
  std::string next_cursor;
  static void declare(Fields<RecordingPage>& f) {
    f.add(&RecordingPage::items, "items");
    f.add(&RecordingPage::next_cursor, "next_cursor").help("Of the next page; empty: the last.");
  }
};

struct RecordingParameters : InsightFilter {
  int limit = 50;
  std::string cursor;
  static void declare(Fields<RecordingParameters>& f) {
    declare_insight_filter(f);
    f.add(&RecordingParameters::limit, "limit").range(1, 1000).help("At most so many.");
    f.add(&RecordingParameters::cursor, "cursor")
        .max_length(8192)
        .help("next_cursor of the page before.");
  }
};

Result<RecordingBody> body_of(const store::HistoryEntry& entry) {
  POSS_ASSIGN(Recording recording,
              parse_fields<Recording>(entry.body).with("recording " + entry.id));
  return RecordingBody{.id = entry.id,
                       .time = entry.time,
                       .bytes = entry.bytes,
                       .camera = std::move(recording.camera),
                       .deployment = std::move(recording.deployment),
                       .labels = std::move(recording.labels),
                       .duration_s = recording.duration_s,
                       .width = recording.width,
                       .height = recording.height,
                       .codec = std::move(recording.codec),
                       .has_thumbnail = !recording.thumbnail.empty()};
}

Result<RecordingPage> list(const Call<RecordingParameters>& call) {
  POSS_ASSIGN(const auto found,
              call.resources.store.history().list(store::Log::recording, call.parameters.history(),
                                                  call.parameters.limit, call.parameters.cursor));
  RecordingPage page;
  for (const auto& entry : found.items) {
    POSS_ASSIGN(RecordingBody body, body_of(entry));
    page.items.push_back(std::move(body));
  }
  page.next_cursor = found.next_cursor;
  return page;
}

Result<store::HistoryEntry> find(const Call<NoParameters>& call) {
  return call.resources.store.history().get(store::Log::recording, call.path("id"));
}

Result<RecordingBody> get(const Call<NoParameters>& call) {
  POSS_ASSIGN(const auto entry, find(call));
  return body_of(entry);
}

Result<Reply> remove(const Call<NoParameters>& call) {
  POSS_ASSIGN(const auto entry, find(call));
  POSS_TRY(delete_recording_files(call.resources.options.data, entry));
  POSS_TRY(call.resources.store.history().remove(store::Log::recording, entry.id));
  audit(call.resources.store, call.request,
        {.name = "delete",
         .kind = "recording",
         .id = entry.id,
         .object = "recording of " + rfc3339(entry.time),
         .detail = ""});
  tell_change(call.resources.hub, "recording", entry.id, 1, "delete");
  return Reply(HttpResponse{.status = 204, .content_type = "", .body = nullptr, .headers = {}});
}

Result<Reply> send_file(const Call<NoParameters>& call, std::string Recording::*member,
                        const char* content_type) {
  POSS_ASSIGN(const auto entry, find(call));
  POSS_ASSIGN(const auto recording, parse_fields<Recording>(entry.body));
  if ((recording.*member).empty()) {
    return Error{Code::not_found, "the recording '" + entry.id + "' has none"};
  }
  POSS_ASSIGN(const auto path, recording_path(call.resources.options.data, recording.*member));
  return Reply(file_response(call.request, path, content_type));
}

Result<Reply> video(const Call<NoParameters>& call) {
  return send_file(call, &Recording::file, "video/mp4");
}

Result<Reply> thumbnail(const Call<NoParameters>& call) {
  return send_file(call, &Recording::thumbnail, "image/jpeg");
}

std::vector<AnswerInfo> file_answers(const char* content_type) {
  const json::object bytes{{"type", "string"}, {"format", "binary"}};
  return {{.description = "The file.", .content_type = content_type, .schema = bytes},
          {.status = 206,
           .description = "The part that Range asks for.",
           .content_type = content_type,
           .schema = bytes},
          {.status = 304, .description = "Unchanged.", .content_type = "", .schema = {}}};
}

}  // namespace

void Recording::declare(Fields<Recording>& f) {
  f.add(&Recording::camera, "camera");
  f.add(&Recording::deployment, "deployment");
  f.add(&Recording::labels, "labels");
  f.add(&Recording::duration_s, "duration_s").unit("s");
  f.add(&Recording::width, "width").unit("px");
  f.add(&Recording::height, "height").unit("px");
  f.add(&Recording::codec, "codec");
  f.add(&Recording::file, "file").required();
  f.add(&Recording::thumbnail, "thumbnail");
}

fs::path recordings_folder(const fs::path& data) { return data / "recordings"; }

Result<fs::path> recording_path(const fs::path& data, const std::string& name) {
  const Error outside{Code::permission_denied,
                      "the file of the recording lies outside of the folder of recordings"};
  const fs::path relative(name);
  if (name.empty() || relative.is_absolute() || name.find('\0') != std::string::npos) {
    return outside;
  }
  std::error_code error;
  const fs::path root = fs::weakly_canonical(recordings_folder(data), error);
  if (error) return outside;
  fs::path path = fs::weakly_canonical(root / relative, error);
  if (error) return outside;
  const auto [end, ignored] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  if (end != root.end() || path == root) return outside;
  return path;
}

Result<void> delete_recording_files(const fs::path& data, const store::HistoryEntry& entry) {
  const auto recording = parse_fields<Recording>(entry.body);
  if (!recording) {
    spdlog::warn("recording {} names no files: {}", entry.id, recording.error().message);
    return {};
  }
  for (const std::string& name : {recording->file, recording->thumbnail}) {
    if (name.empty()) continue;
    const auto path = recording_path(data, name);
    if (!path) {
      spdlog::warn("recording {}: {}; it is left alone", entry.id, path.error().message);
      continue;
    }
    std::error_code error;
    fs::remove(*path, error);
    if (error) {
      return Error{Code::internal,
                   "cannot delete the recording '" + path->string() + "': " + error.message()};
    }
  }
  return {};
}

void declare_recordings(Api& api) {
  api.name_schema<RecordingBody>("Recording");
  const std::string path = "/api/v1/recordings";
  api.get<RecordingParameters, RecordingPage>({.path = path,
                                               .id = "listRecordings",
                                               .tag = "recordings",
                                               .summary = "A page of recordings, newest first."},
                                              list);
  api.get<NoParameters, RecordingBody>({.path = path + "/{id}",
                                        .id = "getRecording",
                                        .tag = "recordings",
                                        .summary = "One recording."},
                                       get);
  api.add<NoParameters>(
      {.method = "DELETE",
       .path = path + "/{id}",
       .id = "deleteRecording",
       .tag = "recordings",
       .summary = "Remove a recording and its files."},
      {.status = 204, .description = "It is gone.", .content_type = "", .schema = {}}, remove);
  api.add<NoParameters>({.path = path + "/{id}/video",
                         .id = "getRecordingVideo",
                         .tag = "recordings",
                         .summary = "The video; Range asks for a part of it."},
                        file_answers("video/mp4"), video);
  api.add<NoParameters>({.path = path + "/{id}/thumbnail",
                         .id = "getRecordingThumbnail",
                         .tag = "recordings",
                         .summary = "A small picture of the recording."},
                        file_answers("image/jpeg"), thumbnail);
}

}  // namespace poss::server
