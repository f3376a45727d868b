// /api/v1/camera_tests: trying a camera before, or after, it is stored.
#include <cmath>

#include "base/log.h"
#include "media/probe.h"
#include "net/encoding.h"
#include "server/camera_source.h"
#include "server/resource.h"

namespace poss::server {
namespace {

using store::Camera;

constexpr auto kTimeout = std::chrono::seconds(10);

// A camera's fields, of which only the source's are looked at, and whose password to use.
struct CameraTestBody {
  std::string camera;
  store::CameraSource source = store::CameraSource::rtsp;
  std::string uri;
  std::string user_name;
  std::string password;
  std::string name;
  std::string location;
  std::vector<std::string> devices;
  std::string detect_uri;
  store::Tags tags;
  static void declare(Fields<CameraTestBody>& f) {
    using S = CameraTestBody;
    f.add(&S::camera, "camera")
        .format("camera")
        .help("Id of the camera as stored: its password is used where none is sent.");
    f.add(&S::source, "source");
    f.add(&S::uri, "uri").required().format("uri");
    f.add(&S::user_name, "user_name").max_length(256);
    f.add(&S::password, "password").format("secret");
    f.add(&S::name, "name").help("For the job's title.");
    f.add(&S::location, "location").help("Not looked at, as the rest.");
    f.add(&S::devices, "devices");
    f.add(&S::detect_uri, "detect_uri");
    f.add(&S::tags, "tags");
  }
};

Result<json::object> run(const media::SourceConfig& config, JobContext& context) {
  context.progress(-1, "Connecting");
  POSS_ASSIGN(const media::ProbeReport report,
              media::probe(config, {.timeout = kTimeout}, [&] { return context.cancelled(); }));
  const auto finite = [](double number) { return std::isfinite(number) ? number : 0.0; };
  return json::object{{"state", enum_name(report.state)},
                      {"cause", report.cause},
                      {"width", report.width},
                      {"height", report.height},
                      {"codec", report.codec},
                      {"fps", finite(report.fps)},
                      {"keyframe_interval_s", finite(report.keyframe_interval_s)},
                      {"picture", report.picture.empty() ? ""
                                                         : "data:image/jpeg;base64," +
                                                               net::base64_encode(report.picture)}};
}

Result<Reply> start(const Call<NoParameters>& call) {
  POSS_ASSIGN(const json::object sent, json_body(call.request));
  CameraTestBody body;
  std::vector<FieldError> errors;
  FieldCodec<CameraTestBody>::read(body, sent, FieldSpec{}, "", errors);
  if (!errors.empty()) return Reply(problem(400, Code::invalid_argument, errors));
  std::optional<Camera> before;
  if (!body.camera.empty()) {
    POSS_ASSIGN(auto stored, call.resources.store.get<Camera>(body.camera));
    before = std::move(stored.value);
  }
  Camera camera{
      .name = body.name, .source = body.source, .uri = body.uri, .user_name = body.user_name};
  std::map<std::string, std::string> secrets;
  // As with the camera itself: left out means the stored one, empty means none.
  if (sent.contains("password")) {
    secrets["password"] = body.password;
  } else if (before) {
    camera.password = before->password;
  }
  if (before && !sent.contains("user_name")) camera.user_name = before->user_name;
  check_source(camera, secrets, before ? &*before : nullptr, call.resources.options.data, errors);
  if (!errors.empty()) return Reply(problem(400, Code::invalid_argument, errors));
  std::string password = secrets["password"];
  if (password.empty()) {
    POSS_ASSIGN(password, password_of(call.resources.store, camera));
  }
  media::SourceConfig config = source_config(camera, std::move(password));
  config.loop = false;
  const std::string name =
      !camera.name.empty() ? "'" + camera.name + "'" : "at " + mask_uri(camera.uri);
  POSS_ASSIGN(const JobBody job, call.resources.jobs.start("camera_test", "Testing camera " + name,
                                                           [config](JobContext& context) {
                                                             return run(config, context);
                                                           }));
  HttpResponse response = json_response(json_text(to_json(job)));
  response.status = 202;
  return Reply(std::move(response));
}

}  // namespace

void declare_camera_tests(Api& api) {
  api.add<NoParameters>(
      {.method = "POST",
       .path = "/api/v1/camera_tests",
       .id = "testCamera",
       .tag = "cameras",
       .summary = "Connects to a camera once and tells what it sends, or why it does not.",
       .body_type = "application/json",
       .body_schema = schema_of<CameraTestBody>()},
      {.status = 202,
       .description = "The job; its result has state and cause, width, height, codec, fps, "
                      "keyframe_interval_s, and the picture as a data URL.",
       .content_type = "application/json",
       .schema = response_schema(schema_of<JobBody>())},
      start);
}

}  // namespace poss::server
