// The fields of every object: names, titles, limits, and what refers to what.
#include "store/objects.h"

#include <charconv>
#include <filesystem>

#include <arpa/inet.h>

#include "store/text.h"

namespace poss {

void FieldCodec<Time>::read(Time& out, const json::value& value, const FieldSpec&,
                            const std::string& path, std::vector<FieldError>& errors) {
  if (!value.is_string()) {
    errors.push_back({path, "must be a time as text, not " + detail::json_kind(value)});
    return;
  }
  const auto parsed = parse_rfc3339(std::string_view(value.get_string()));
  if (parsed) {
    out = *parsed;
  } else {
    errors.push_back({path, "is " + parsed.error().message});
  }
}

namespace store {
namespace {

constexpr size_t kMaxText = 16'384;  // bytes, of descriptions and causes
constexpr size_t kMaxList = 10'000;

template <class T>
void add_name(Fields<T>& f, const char* title) {
  // Characters are counted by check_name(); four bytes are the longest of them.
  f.add(&T::name, "name").title(title).required().max_length(4 * kMaxNameLength);
}

// "10.0.0.0/8", "fd00::/8", or one address.
bool is_network(const std::string& text) {
  const auto slash = text.find('/');
  const std::string address = text.substr(0, slash);
  unsigned char bytes[16];
  const bool v4 = ::inet_pton(AF_INET, address.c_str(), bytes) == 1;
  if (!v4 && ::inet_pton(AF_INET6, address.c_str(), bytes) != 1) return false;
  if (address.find('\0') != std::string::npos) return false;
  if (slash == std::string::npos) return true;
  int bits = -1;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + slash + 1, end, bits);
  return read.ec == std::errc() && read.ptr == end && bits >= 0 && bits <= (v4 ? 32 : 128);
}

template <class T>
void add_description(Fields<T>& f) {
  f.add(&T::description, "description").title("Description").max_length(kMaxText);
}

}  // namespace

void User::declare(Fields<User>& f) {
  add_name(f, "User name");
  f.add(&User::role, "role").title("Role");
  f.add(&User::password_hash, "password_hash").max_length(256).internal();
  f.add(&User::disabled, "disabled").title("Disabled");
}

void ApiToken::declare(Fields<ApiToken>& f) {
  add_name(f, "Token name");
  f.add(&ApiToken::user, "user").title("User").format("user").read_only();
  f.add(&ApiToken::role, "role").title("Role");
  f.add(&ApiToken::token_hash, "token_hash").max_length(128).internal();
  f.add(&ApiToken::expires, "expires").title("Expires");
}

void Session::declare(Fields<Session>& f) {
  f.add(&Session::user, "user").format("user").required();
  f.add(&Session::token_hash, "token_hash").required().max_length(128).internal();
  f.add(&Session::last_used, "last_used").required();
  f.add(&Session::expires, "expires").required();
}

void AuditEntry::declare(Fields<AuditEntry>& f) {
  add_name(f, "Object");
  f.add(&AuditEntry::user, "user").title("User");
  f.add(&AuditEntry::status, "status").title("Action").required().max_length(64);
  f.add(&AuditEntry::object_kind, "object_kind").title("Kind").max_length(64);
  f.add(&AuditEntry::object_id, "object_id").max_length(64);
  f.add(&AuditEntry::address, "address").title("From").max_length(256);
  f.add(&AuditEntry::detail, "detail").title("Detail").max_length(kMaxText);
}

void Location::declare(Fields<Location>& f) {
  add_name(f, "Location name");
  add_description(f);
}

void Camera::declare(Fields<Camera>& f) {
  add_name(f, "Camera name");
  f.add(&Camera::source, "source").title("Source");
  f.add(&Camera::uri, "uri").title("URL").format("uri").required();
  f.add(&Camera::user_name, "user_name").title("User name").max_length(256);
  f.add(&Camera::password, "password").title("Password").format("secret");
  f.add(&Camera::location, "location").title("Location").format("location").required();
  f.add(&Camera::devices, "devices")
      .title("Compute devices")
      .format("device")
      .max_length(kMaxList)
      .help("The compute devices that may use this camera.");
  f.add(&Camera::detect_uri, "detect_uri")
      .title("Sub-stream for detection")
      .format("uri")
      .help("A smaller stream of the same camera; empty: the same stream.");
}

void Device::declare(Fields<Device>& f) {
  add_name(f, "Device name");
  f.add(&Device::type, "type").title("Type");
  f.add(&Device::architecture, "architecture").title("CPU architecture");
  f.add(&Device::acceleration, "acceleration").title("Acceleration");
  f.add(&Device::context, "context").title("Context").visible_when("type", "kubernetes");
  f.add(&Device::credentials, "credentials").title("Credentials").format("secret");
}

void Connection::declare(Fields<Connection>& f) {
  add_name(f, "Connection name");
  f.add(&Connection::type, "type").title("Type");
  f.add(&Connection::address, "address").title("Address");
  f.add(&Connection::user_name, "user_name").title("User name").max_length(256);
  f.add(&Connection::credentials, "credentials").title("Credentials").format("secret");
  f.add(&Connection::settings, "settings").title("Settings").max_length(64);
}

void Settings::declare(Fields<Settings>& f) {
  constexpr double years = 36'500;
  constexpr double petabyte = 1e6;
  f.add(&Settings::name, "name").internal();
  f.add(&Settings::insight_days, "insight_days")
      .title("Keep insights for")
      .unit("d")
      .range(0, years)
      .help("0: until they are too many.");
  f.add(&Settings::insight_gb, "insight_gb")
      .title("Keep insights up to")
      .unit("GB")
      .range(0, petabyte)
      .help("0: any number.");
  f.add(&Settings::recording_days, "recording_days")
      .title("Keep recordings for")
      .unit("d")
      .range(0, years)
      .help("0: until they are too many.");
  f.add(&Settings::recording_gb, "recording_gb")
      .title("Keep recordings up to")
      .unit("GB")
      .range(0, petabyte)
      .help("0: any number.");
  f.add(&Settings::disk_floor_gb, "disk_floor_gb")
      .title("Leave free on the disk")
      .unit("GB")
      .range(0.1, petabyte)
      .help("With less free, the oldest recordings and insights are deleted.");
  f.add(&Settings::import_folders, "import_folders")
      .title("Folders to import from")
      .max_length(100)
      .help("Models and pictures may be imported from these folders of this machine.");
  f.add(&Settings::import_networks, "import_networks")
      .title("Networks to import from")
      .max_length(100)
      .help(
          "Imports ask public addresses alone, and these: 192.168.0.0/16 for a server of your own "
          "network.");
}

void Settings::validate(const std::string& path, std::vector<FieldError>& errors) const {
  const auto at = [&](const char* field, size_t index) {
    return poss::detail::join_path(path, field) + "[" + std::to_string(index) + "]";
  };
  for (size_t i = 0; i < import_folders.size(); ++i) {
    const std::filesystem::path folder(import_folders[i]);
    const bool plain = folder.is_absolute() && folder == folder.lexically_normal() &&
                       import_folders[i].find('\0') == std::string::npos;
    if (!plain) {
      errors.push_back({at("import_folders", i), "must be a full path, such as /srv/pictures"});
    }
  }
  for (size_t i = 0; i < import_networks.size(); ++i) {
    if (!is_network(import_networks[i])) {
      errors.push_back({at("import_networks", i),
                        "must be a network, such as 192.168.0.0/16, fd00::/8 or 10.1.2.3"});
    }
  }
}

void Model::declare(Fields<Model>& f) {
  add_name(f, "Model name");
  add_description(f);
  f.add(&Model::source, "source").title("Source");
  f.add(&Model::task, "task").title("Type");
  f.add(&Model::multilabel, "multilabel")
      .title("Multilabel")
      .visible_when("task", "classification");
  f.add(&Model::labels, "labels").title("Objects").max_length(kMaxList);
  f.add(&Model::license, "license").title("Licence").max_length(256);
  f.add(&Model::zoo_name, "zoo_name").title("Model of the zoo").max_length(64);
  f.add(&Model::slug, "slug")
      .title("Name in skills")
      .max_length(64)
      .read_only()
      .help("What skills call the model.");
  f.add(&Model::status, "status").title("Status").read_only();
  f.add(&Model::cause, "cause").title("Cause").max_length(kMaxText).read_only();
}

void ModelVersion::declare(Fields<ModelVersion>& f) {
  f.add(&ModelVersion::model, "model").title("Model").format("model").required();
  f.add(&ModelVersion::number, "number").title("Version").at_least(1);
  f.add(&ModelVersion::file, "file").required().internal();
  f.add(&ModelVersion::bytes, "bytes").title("Size").unit("B").at_least(0);
  f.add(&ModelVersion::sha256, "sha256").max_length(64);
  f.add(&ModelVersion::width, "width").title("Input width").unit("px").at_least(0);
  f.add(&ModelVersion::height, "height").title("Input height").unit("px").at_least(0);
  f.add(&ModelVersion::labels, "labels").title("Objects").max_length(kMaxList);
  f.add(&ModelVersion::metrics, "metrics").title("Metrics");
}

void DatasetImage::declare(Fields<DatasetImage>& f) {
  add_name(f, "File name");
  f.add(&DatasetImage::model, "model").title("Model").format("model").required();
  f.add(&DatasetImage::file, "file").required().internal();
  f.add(&DatasetImage::sha256, "sha256").required().max_length(64);
  f.add(&DatasetImage::bytes, "bytes").title("Size").unit("B").at_least(0);
  f.add(&DatasetImage::width, "width").title("Width").unit("px").at_least(0);
  f.add(&DatasetImage::height, "height").title("Height").unit("px").at_least(0);
  f.add(&DatasetImage::origin, "origin").title("Origin");
  f.add(&DatasetImage::captured_from, "captured_from").title("Captured from").max_length(64);
}

void AnnotationBox::declare(Fields<AnnotationBox>& f) {
  f.add(&AnnotationBox::l, "l").title("Left").range(0, 1).required();
  f.add(&AnnotationBox::t, "t").title("Top").range(0, 1).required();
  f.add(&AnnotationBox::w, "w").title("Width").range(0, 1).required();
  f.add(&AnnotationBox::h, "h").title("Height").range(0, 1).required();
}

void AnnotationBox::validate(const std::string& path, std::vector<FieldError>& errors) const {
  constexpr double rounding = 1e-6;
  if (l + w > 1 + rounding || t + h > 1 + rounding) {
    errors.push_back({path, "reaches beyond the picture"});
  }
}

void Annotation::declare(Fields<Annotation>& f) {
  f.add(&Annotation::image, "image").title("Picture").format("dataset_image").required();
  f.add(&Annotation::label, "label").title("Object").required().max_length(4 * kMaxNameLength);
  f.add(&Annotation::box, "box").title("Box");
}

void TrainingRun::declare(Fields<TrainingRun>& f) {
  f.add(&TrainingRun::model, "model").title("Model").format("model").required();
  f.add(&TrainingRun::status, "status").title("Status");
  f.add(&TrainingRun::progress, "progress").title("Progress").range(0, 1);
  f.add(&TrainingRun::cause, "cause").title("Cause").max_length(kMaxText);
  f.add(&TrainingRun::started, "started").title("Started");
  f.add(&TrainingRun::ended, "ended").title("Ended");
  f.add(&TrainingRun::settings, "settings").title("Settings");
  f.add(&TrainingRun::metrics, "metrics").title("Metrics");
  f.add(&TrainingRun::result, "result").title("Model version").format("model_version");
}

void NodeSecret::declare(Fields<NodeSecret>& f) {
  f.add(&NodeSecret::node, "node");
  f.add(&NodeSecret::setting, "setting");
  f.add(&NodeSecret::secret, "secret").format("secret");
}

void SkillRecord::declare(Fields<SkillRecord>& f) {
  add_name(f, "Skill name");
  add_description(f);
  f.add(&SkillRecord::fps, "fps").title("Desired frame rate").unit("fps").range(0, 1000);
  f.add(&SkillRecord::acceleration, "acceleration").title("Device acceleration");
  f.add(&SkillRecord::graph, "graph").title("Nodes");
  f.add(&SkillRecord::models, "models")
      .title("Models")
      .format("model")
      .max_length(1000)
      .read_only();
  f.add(&SkillRecord::connections, "connections")
      .title("Connections")
      .format("connection")
      .max_length(1000)
      .read_only();
  f.add(&SkillRecord::secrets, "secrets").internal();
}

void SkillVersion::declare(Fields<SkillVersion>& f) {
  f.add(&SkillVersion::skill, "skill").title("Skill").format("skill").required();
  f.add(&SkillVersion::number, "number").title("Version").at_least(1);
  f.add(&SkillVersion::graph, "graph").title("Nodes");
}

void DeployedSkill::declare(Fields<DeployedSkill>& f) {
  f.add(&DeployedSkill::skill, "skill").title("AI skill").format("skill").required();
  f.add(&DeployedSkill::parameters, "parameters").title("Parameters").max_length(1000);
}

void DeployedCamera::declare(Fields<DeployedCamera>& f) {
  f.add(&DeployedCamera::camera, "camera").title("Camera").format("camera").required();
  f.add(&DeployedCamera::skills, "skills").title("AI skills").max_length(100);
}

void Deployment::declare(Fields<Deployment>& f) {
  add_name(f, "Deployment name");
  f.add(&Deployment::device, "device").title("Compute device").format("device").required();
  f.add(&Deployment::cameras, "cameras").title("Cameras").max_length(kMaxList);
  f.add(&Deployment::enabled, "enabled").title("Enabled");
}

}  // namespace store
}  // namespace poss
