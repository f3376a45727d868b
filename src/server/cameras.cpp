// /api/v1/cameras: cameras, their newest picture and their live view.
#include "server/cameras.h"

#include <algorithm>
#include <cmath>

#include "server/camera_source.h"
#include "server/desired.h"
#include "server/live_view.h"
#include "server/resource.h"

namespace poss::server {
namespace {

using store::Camera;

constexpr auto kApplyTime = std::chrono::seconds(2);  // that a view waits for a new camera

struct SnapshotParameters {
  int width = 640;
  static void declare(Fields<SnapshotParameters>& f) {
    f.add(&SnapshotParameters::width, "width")
        .range(16, 7680)
        .unit("px")
        .help("The picture is at most so wide.");
  }
};

// The camera for a view or a picture, opened if it is not open.
Result<std::shared_ptr<media::Camera>> open_camera(const Resources& resources,
                                                   const std::string& id) {
  // The store knows first what is there and what is not any more.
  POSS_ASSIGN(const auto stored, resources.store.get<Camera>(id));
  auto camera = resources.agent.open_camera(id);
  if (camera || camera.error().code != Code::not_found) return camera;
  const std::string name = "camera '" + stored.value.name + "'";
  // Perhaps it was made just now.
  if (resources.desired.applied(Steady::now() + kApplyTime)) {
    camera = resources.agent.open_camera(id);
    if (camera || camera.error().code != Code::not_found) return camera;
  }
  if (const std::string fault = resources.desired.camera_fault(id); !fault.empty()) {
    return Error{Code::unavailable, name + ": " + fault};
  }
  return Error{Code::unavailable,
               name + " may not be used by this machine; add this machine to its compute devices"};
}

// A view and the camera it is of, which goes last.
struct HeldView {
  std::shared_ptr<media::Camera> camera;
  std::shared_ptr<void> view;
};

Result<Reply> snapshot(const Call<SnapshotParameters>& call) {
  POSS_ASSIGN(const auto camera, open_camera(call.resources, call.path("id")));
  POSS_ASSIGN(std::string bytes, camera->snapshot_jpeg(call.parameters.width));
  return HttpResponse{.status = 200,
                      .content_type = "image/jpeg",
                      .body = std::make_shared<const std::string>(std::move(bytes)),
                      .headers = {}};
}

// Tells a viewer that its camera has let go of it.
struct EndOfView {
  std::weak_ptr<LiveView> view;
  ~EndOfView() {
    if (const auto still = view.lock()) still->finish();
  }
};

Result<Reply> live(const Call<NoParameters>& call) {
  POSS_ASSIGN(const auto camera, open_camera(call.resources, call.path("id")));
  if (!call.request.web_socket) {
    HttpResponse response = problem(426, Code::invalid_argument,
                                    "the live view speaks WebSocket; open it with ws://…/live");
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  auto view = std::make_shared<LiveView>(call.resources.options.live_bytes);
  // The queue holds the camera's view, which ends before the queue does.
  auto end = std::make_shared<EndOfView>();
  end->view = view;
  auto seen = camera->view_live(
      [queue = view.get(), end](const media::LiveChunkPtr& chunk) { queue->push(chunk); });
  end.reset();
  view->hold(std::make_shared<HeldView>(HeldView{camera, std::move(seen)}));
  return StreamReply{.kind = StreamReply::Kind::web_socket, .feed = std::move(view), .headers = {}};
}

double finite(double number) { return std::isfinite(number) ? number : 0; }

void check(const Draft<Camera>& draft, Camera& camera, std::vector<FieldError>& errors) {
  check_source(camera, draft.secrets, draft.before ? &draft.before->value : nullptr,
               draft.resources.options.data, errors);
  if (camera.devices.empty()) camera.devices.push_back(draft.resources.desired.device());
}

void show(const Resources& resources, const store::Stored<Camera>& camera, json::object& out) {
  CameraStatusBody status;
  status.since = rfc3339(camera.updated);
  const auto& devices = camera.value.devices;
  const std::string& here = resources.desired.device();
  if (const auto report = resources.agent.camera_report(camera.id)) {
    status = camera_status(*report);
  } else if (const std::string fault = resources.desired.camera_fault(camera.id); !fault.empty()) {
    status.state = media::CameraState::wrong_password;  // all that can be wrong here
    status.cause = fault;
  } else if (std::find(devices.begin(), devices.end(), here) == devices.end()) {
    status.cause = "None of its compute devices is connected.";
  }
  out["status"] = to_json(status);
}

}  // namespace

void CameraStatusBody::declare(Fields<CameraStatusBody>& f) {
  using S = CameraStatusBody;
  f.add(&S::state, "state").help("idle: not opened, because nothing uses it.");
  f.add(&S::cause, "cause").help("What happened and what to do; empty while all is well.");
  f.add(&S::since, "since").format("date-time").help("When the state began.");
  f.add(&S::width, "width").unit("px").help("0 while unknown.");
  f.add(&S::height, "height").unit("px").help("0 while unknown.");
  f.add(&S::codec, "codec");
  f.add(&S::source_fps, "source_fps").unit("fps").help("Measured; 0 while unknown.");
  f.add(&S::packets, "packets").help("Video packets read.");
  f.add(&S::frames_decoded, "frames_decoded");
  f.add(&S::frames_skipped, "frames_skipped")
      .help("Pictures not decoded because nobody wanted them.");
  f.add(&S::reconnects, "reconnects");
}

CameraStatusBody camera_status(const fleet::CameraReport& report) {
  const auto& status = report.status;
  return {.state = status.state,
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

// Only what is or should be open is in a state of its own; all others are idle.
Result<InStatus> in_state(const Resources& resources, const std::string& state) {
  InStatus found{.ids = {}, .others = state == "idle"};
  for (const auto& report : resources.agent.report().cameras) {
    const bool same = enum_name(report.status.state) == state;
    if (same != found.others) found.ids.push_back(report.id);
  }
  return found;
}

void declare_cameras(Api& api) {
  api.name_schema<CameraStatusBody>("CameraStatus");
  declare_resource<Camera>(api, {.path = "/api/v1/cameras", .tag = "cameras", .name = "Camera"},
                           {.check = check,
                            .shown = {{"status", response_schema(schema_of<CameraStatusBody>())}},
                            .show = show,
                            .in_status = in_state,
                            .before_remove = {},
                            .changed = {}});
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
