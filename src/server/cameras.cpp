// /api/v1/cameras: cameras, their newest picture and their live view.
#include "server/cameras.h"

#include <cmath>

#include "base/id.h"
#include "server/api.h"
#include "server/live_view.h"

namespace poss::server {
namespace {

struct SnapshotParameters {
  int width = 640;
  static void declare(Fields<SnapshotParameters>& f) {
    f.add(&SnapshotParameters::width, "width")
        .range(16, 7680)
        .unit("px")
        .help("The picture is at most so wide.");
  }
};

Error no_camera(const std::string& id) {
  return {Code::not_found, "there is no camera '" + id + "'; GET /api/v1/cameras lists them"};
}

Result<std::shared_ptr<media::Camera>> find_camera(const Resources& resources,
                                                   const std::string& id) {
  if (!is_slug(id)) return no_camera(id);
  auto camera = resources.worker.camera(id);
  if (!camera && camera.error().code == Code::not_found) return no_camera(id);
  return camera;
}

// A view and the camera it is of, which goes last.
struct HeldView {
  std::shared_ptr<media::Camera> camera;
  std::shared_ptr<void> view;
};

Result<Page<CameraBody>> list(const Call<NoParameters>& call) {
  Page<CameraBody> page;
  for (const auto& report : call.resources.worker.cameras()) {
    page.items.push_back(camera_body(report));
  }
  return page;
}

Result<CameraBody> get(const Call<NoParameters>& call) {
  for (const auto& report : call.resources.worker.cameras()) {
    if (report.id == call.path("id")) return camera_body(report);
  }
  return no_camera(call.path("id"));
}

Result<Reply> snapshot(const Call<SnapshotParameters>& call) {
  POSS_ASSIGN(const auto camera, find_camera(call.resources, call.path("id")));
  POSS_ASSIGN(std::string bytes, camera->snapshot_jpeg(call.parameters.width));
  return HttpResponse{.status = 200,
                      .content_type = "image/jpeg",
                      .body = std::make_shared<const std::string>(std::move(bytes)),
                      .headers = {}};
}

Result<Reply> live(const Call<NoParameters>& call) {
  POSS_ASSIGN(const auto camera, find_camera(call.resources, call.path("id")));
  if (!call.request.web_socket) {
    HttpResponse response = problem(426, Code::invalid_argument,
                                    "the live view speaks WebSocket; open it with ws://…/live");
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  auto view = std::make_shared<LiveView>(call.resources.options.live_bytes);
  // The queue holds the camera's view, which ends before the queue does.
  auto seen = camera->view_live(
      [queue = view.get()](const media::LiveChunkPtr& chunk) { queue->push(chunk); });
  view->hold(std::make_shared<HeldView>(HeldView{camera, std::move(seen)}));
  return StreamReply{.kind = StreamReply::Kind::web_socket, .feed = std::move(view), .headers = {}};
}

double finite(double number) { return std::isfinite(number) ? number : 0; }

}  // namespace

void CameraBody::declare(Fields<CameraBody>& f) {
  f.add(&CameraBody::id, "id");
  f.add(&CameraBody::name, "name");
  f.add(&CameraBody::uri, "uri").help("Without credentials.");
  f.add(&CameraBody::state, "state");
  f.add(&CameraBody::cause, "cause").help("What happened and what to do; empty while all is well.");
  f.add(&CameraBody::since, "since").format("date-time").help("When the state began.");
  f.add(&CameraBody::width, "width").unit("px").help("0 while unknown.");
  f.add(&CameraBody::height, "height").unit("px").help("0 while unknown.");
  f.add(&CameraBody::codec, "codec");
  f.add(&CameraBody::source_fps, "source_fps").unit("fps").help("Measured; 0 while unknown.");
  f.add(&CameraBody::packets, "packets").help("Video packets read.");
  f.add(&CameraBody::frames_decoded, "frames_decoded");
  f.add(&CameraBody::frames_skipped, "frames_skipped")
      .help("Pictures not decoded because nobody wanted them.");
  f.add(&CameraBody::reconnects, "reconnects");
}

CameraBody camera_body(const fleet::CameraReport& report) {
  const auto& status = report.status;
  return {.id = report.id,
          .name = report.name,
          .uri = report.uri,
          .state = status.state,
          .cause = status.cause,
          .since = rfc3339(status.since),
          .width = status.width,
          .height = status.height,
          .codec = status.codec,
          .source_fps = finite(status.source_fps),
          .packets = status.packets,
          .frames_decoded = status.frames_decoded,
          .frames_skipped = status.frames_skipped,
          .reconnects = status.reconnects};
}

void declare_cameras(Api& api) {
  api.name_schema<CameraBody>("Camera");
  api.get<NoParameters, Page<CameraBody>>({.path = "/api/v1/cameras",
                                           .id = "listCameras",
                                           .tag = "cameras",
                                           .summary = "All cameras and how they are."},
                                          list);
  api.get<NoParameters, CameraBody>({.path = "/api/v1/cameras/{id}",
                                     .id = "getCamera",
                                     .tag = "cameras",
                                     .summary = "One camera and how it is."},
                                    get);
  api.add<SnapshotParameters>({.path = "/api/v1/cameras/{id}/snapshot",
                               .id = "getCameraSnapshot",
                               .tag = "cameras",
                               .summary = "The camera's newest picture."},
                              {.description = "A JPEG.",
                               .content_type = "image/jpeg",
                               .schema = {{"type", "string"}, {"contentMediaType", "image/jpeg"}}},
                              snapshot);
  api.add<NoParameters>(
      {.path = "/api/v1/cameras/{id}/live",
       .id = "openCameraLive",
       .tag = "cameras",
       .summary = "The camera's live view, over WebSocket."},
      {.status = 101,
       .description =
           "Messages: `hello` as text, JSON {\"mode\":\"fmp4\",\"mime\",\"base_time\"} or "
           "{\"mode\":\"jpeg\"}; then binary ones. fmp4: one init segment, then movie fragments "
           "for "
           "Media Source Extensions; capture time = base_time + presentation time, in seconds. "
           "jpeg: 8 bytes capture time (microseconds since the epoch, big endian) and a JPEG each. "
           "A further hello means: start over.",
       .content_type = "",
       .schema = {}},
      live);
}

}  // namespace poss::server
