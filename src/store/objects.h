// The objects of POSS as they are stored, sent and edited: one declaration each.
//
// A field whose format names a kind holds the id of such an object (see kind.h). Plain values.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/time.h"

namespace poss {

// Times in objects are RFC 3339 text.
template <>
struct FieldCodec<Time> {
  static void read(Time& out, const json::value& value, const FieldSpec&, const std::string& path,
                   std::vector<FieldError>& errors);
  static json::value write(Time time) { return json::value(rfc3339(time)); }
  static json::object schema() { return {{"type", "string"}, {"format", "date-time"}}; }
};

namespace store {

inline constexpr std::array kUniqueName{"name"};
inline constexpr std::array<const char*, 0> kNothingUnique{};

// ---- people ----

enum class Role { viewer, operator_, admin };  // each may do what those before it may

struct User {
  static constexpr std::string_view kKind = "user";
  static constexpr auto kUnique = kUniqueName;
  std::string name;
  Role role = Role::viewer;
  std::string password_hash;  // of hash_password(); never leaves the server
  bool disabled = false;
  static void declare(Fields<User>& f);
};

struct ApiToken {
  static constexpr std::string_view kKind = "api_token";
  static constexpr std::array kUnique{"user", "name"};
  static constexpr std::string_view kOwner = "user";
  std::string name;
  std::string user;
  Role role = Role::viewer;
  std::string token_hash;  // of hash_token(); never leaves the server
  std::optional<Time> expires;
  static void declare(Fields<ApiToken>& f);
};

// A person signed in with a browser.
struct Session {
  static constexpr std::string_view kKind = "session";
  static constexpr std::array kUnique{"token_hash"};
  static constexpr std::string_view kOwner = "user";
  std::string user;
  std::string token_hash;  // of hash_token(); never leaves the server
  Time last_used{};
  Time expires{};  // at the latest
  static void declare(Fields<Session>& f);
};

// Who changed what, when (the envelope's `created`) and from where. Refers to nothing: it stays
// when what it speaks of is gone.
struct AuditEntry {
  static constexpr std::string_view kKind = "audit_entry";
  static constexpr auto kUnique = kNothingUnique;
  std::string name;         // of the object changed, as it was then
  std::string user;         // name
  std::string status;       // what was done: "create", "update", "sign_in" …; lists filter by it
  std::string object_kind;  // "camera" …
  std::string object_id;
  std::string address;  // the peer's
  std::string detail;
  static void declare(Fields<AuditEntry>& f);
};

// ---- places and machines ----

struct Location {
  static constexpr std::string_view kKind = "location";
  static constexpr auto kUnique = kUniqueName;
  std::string name;
  std::string description;
  static void declare(Fields<Location>& f);
};

enum class CameraSource { rtsp, usb, file, http, images };

struct Camera {
  static constexpr std::string_view kKind = "camera";
  static constexpr auto kUnique = kUniqueName;
  std::string name;
  CameraSource source = CameraSource::rtsp;
  std::string uri;  // without user name and password
  std::string user_name;
  std::string password;  // secret
  std::string location;
  std::vector<std::string> devices;  // that may use it
  std::string detect_uri;            // a smaller stream for detection; empty: the same
  static void declare(Fields<Camera>& f);
};

enum class DeviceType { this_machine, remote_agent, kubernetes };
enum class Architecture { x64, arm64 };
enum class Acceleration { cpu, nvidia_dgpu, intel_igpu, nvidia_jetson };

struct Device {
  static constexpr std::string_view kKind = "device";
  static constexpr auto kUnique = kUniqueName;
  std::string name;
  DeviceType type = DeviceType::this_machine;
  Architecture architecture = Architecture::x64;
  Acceleration acceleration = Acceleration::cpu;
  std::string context;      // Kubernetes: of the kubeconfig; empty: the current one
  std::string credentials;  // secret: the kubeconfig, or the agent's key
  static void declare(Fields<Device>& f);
};

enum class ConnectionType { azure_storage, iot_hub, iot_edge, mqtt, webhook, smtp, custom_vision };

struct Connection {
  static constexpr std::string_view kKind = "connection";
  static constexpr auto kUnique = kUniqueName;
  std::string name;
  ConnectionType type = ConnectionType::mqtt;
  std::string address;  // URL, or host and port
  std::string user_name;
  std::string credentials;  // secret: password, connection string, SAS token or key
  std::map<std::string, std::string> settings;
  static void declare(Fields<Connection>& f);
};

// How POSS keeps house; there is one.
struct Settings {
  static constexpr std::string_view kKind = "settings";
  static constexpr auto kUnique = kUniqueName;
  std::string name{kKind};
  double insight_days = 30;  // 0: no limit; so are the others
  double insight_gb = 10;
  double recording_days = 14;
  double recording_gb = 100;
  double disk_floor_gb = 2;  // free on the disk of the data folder
  std::vector<std::string> import_folders;
  std::vector<std::string> import_networks;  // besides public addresses
  static void declare(Fields<Settings>& f);
  void validate(const std::string& path, std::vector<FieldError>& errors) const;
};

// ---- models ----

enum class ModelSource { custom, external, zoo };
enum class ModelTask { detection, classification };
enum class ModelStatus { draft, importing, training, ready, failed };

struct Model {
  static constexpr std::string_view kKind = "model";
  static constexpr auto kUnique = kUniqueName;
  std::string name;
  std::string description;
  ModelSource source = ModelSource::custom;
  ModelTask task = ModelTask::detection;
  bool multilabel = false;          // classification: several labels a picture
  std::vector<std::string> labels;  // the objects it finds, in the order of its outputs
  std::string license;
  std::string zoo_name;  // of source zoo: in the catalogue
  std::string slug;      // what skills call it; differs between models
  ModelStatus status = ModelStatus::draft;
  std::string cause;  // of a failure
  static void declare(Fields<Model>& f);
};

struct ModelVersion {
  static constexpr std::string_view kKind = "model_version";
  static constexpr std::array kUnique{"model", "number"};
  static constexpr std::string_view kOwner = "model";
  std::string model;
  std::int64_t number = 1;
  std::string file;  // within the data folder
  std::int64_t bytes = 0;
  std::string sha256;
  int width = 0;  // of the input, pixels
  int height = 0;
  std::vector<std::string> labels;
  json::object metrics;
  static void declare(Fields<ModelVersion>& f);
};

enum class ImageOrigin { upload, camera, retraining };

struct DatasetImage {
  static constexpr std::string_view kKind = "dataset_image";
  static constexpr std::array kUnique{"model", "sha256"};
  static constexpr std::string_view kOwner = "model";
  std::string name;
  std::string model;
  std::string file;  // within the data folder
  std::string sha256;
  std::int64_t bytes = 0;
  int width = 0;
  int height = 0;
  ImageOrigin origin = ImageOrigin::upload;
  std::string captured_from;  // id of a camera that may be gone
  static void declare(Fields<DatasetImage>& f);
};

// Fractions of the picture: left, top, width, height.
struct AnnotationBox {
  double l = 0, t = 0, w = 0, h = 0;
  static void declare(Fields<AnnotationBox>& f);
  void validate(const std::string& path, std::vector<FieldError>& errors) const;
};

struct Annotation {
  static constexpr std::string_view kKind = "annotation";
  static constexpr auto kUnique = kNothingUnique;
  static constexpr std::string_view kOwner = "image";
  std::string image;
  std::string label;
  std::optional<AnnotationBox> box;  // none: the label is the whole picture's
  static void declare(Fields<Annotation>& f);
};

enum class RunStatus { queued, running, done, failed, cancelled };

struct TrainingRun {
  static constexpr std::string_view kKind = "training_run";
  static constexpr auto kUnique = kNothingUnique;
  static constexpr std::string_view kOwner = "model";
  std::string model;
  RunStatus status = RunStatus::queued;
  double progress = 0;  // 0..1
  std::string cause;    // of a failure
  std::optional<Time> started;
  std::optional<Time> ended;
  json::object settings;
  json::object metrics;
  std::string result;  // the model version made
  static void declare(Fields<TrainingRun>& f);
};

// ---- skills and deployments ----

// A secret in the settings of a skill's node; the graph has a mark in its place.
struct NodeSecret {
  std::string node;
  std::string setting;
  std::string secret;
  static void declare(Fields<NodeSecret>& f);
};

struct SkillRecord {
  static constexpr std::string_view kKind = "skill";
  static constexpr auto kUnique = kUniqueName;
  std::string name;
  std::string description;
  double fps = 15;  // 0: every frame
  Acceleration acceleration = Acceleration::cpu;
  json::object graph;                    // nodes and edges, as src/graph reads them
  std::vector<std::string> models;       // that its nodes run, so that they cannot be removed
  std::vector<std::string> connections;  // that its nodes use
  std::vector<NodeSecret> secrets;
  static void declare(Fields<SkillRecord>& f);
};

struct SkillVersion {
  static constexpr std::string_view kKind = "skill_version";
  static constexpr std::array kUnique{"skill", "number"};
  static constexpr std::string_view kOwner = "skill";
  std::string skill;
  std::int64_t number = 1;
  json::object graph;
  static void declare(Fields<SkillVersion>& f);
};

struct DeployedSkill {
  std::string skill;
  std::map<std::string, std::string> parameters;
  static void declare(Fields<DeployedSkill>& f);
};

struct DeployedCamera {
  std::string camera;
  std::vector<DeployedSkill> skills;
  static void declare(Fields<DeployedCamera>& f);
};

struct Deployment {
  static constexpr std::string_view kKind = "deployment";
  static constexpr auto kUnique = kUniqueName;
  std::string name;
  std::string device;
  std::vector<DeployedCamera> cameras;
  bool enabled = true;  // false: kept, not running
  static void declare(Fields<Deployment>& f);
};

}  // namespace store

template <>
struct EnumNames<store::Role> {
  static constexpr std::array values{std::pair{store::Role::viewer, "viewer"},
                                     std::pair{store::Role::operator_, "operator"},
                                     std::pair{store::Role::admin, "admin"}};
};
template <>
struct EnumNames<store::CameraSource> {
  static constexpr std::array values{
      std::pair{store::CameraSource::rtsp, "rtsp"}, std::pair{store::CameraSource::usb, "usb"},
      std::pair{store::CameraSource::file, "file"}, std::pair{store::CameraSource::http, "http"},
      std::pair{store::CameraSource::images, "images"}};
};
template <>
struct EnumNames<store::DeviceType> {
  static constexpr std::array values{std::pair{store::DeviceType::this_machine, "this_machine"},
                                     std::pair{store::DeviceType::remote_agent, "remote_agent"},
                                     std::pair{store::DeviceType::kubernetes, "kubernetes"}};
};
template <>
struct EnumNames<store::Architecture> {
  static constexpr std::array values{std::pair{store::Architecture::x64, "x64"},
                                     std::pair{store::Architecture::arm64, "arm64"}};
};
template <>
struct EnumNames<store::Acceleration> {
  static constexpr std::array values{
      std::pair{store::Acceleration::cpu, "cpu"},
      std::pair{store::Acceleration::nvidia_dgpu, "nvidia_dgpu"},
      std::pair{store::Acceleration::intel_igpu, "intel_igpu"},
      std::pair{store::Acceleration::nvidia_jetson, "nvidia_jetson"}};
};
template <>
struct EnumNames<store::ConnectionType> {
  static constexpr std::array values{
      std::pair{store::ConnectionType::azure_storage, "azure_storage"},
      std::pair{store::ConnectionType::iot_hub, "iot_hub"},
      std::pair{store::ConnectionType::iot_edge, "iot_edge"},
      std::pair{store::ConnectionType::mqtt, "mqtt"},
      std::pair{store::ConnectionType::webhook, "webhook"},
      std::pair{store::ConnectionType::smtp, "smtp"},
      std::pair{store::ConnectionType::custom_vision, "custom_vision"}};
};
template <>
struct EnumNames<store::ModelSource> {
  static constexpr std::array values{std::pair{store::ModelSource::custom, "custom"},
                                     std::pair{store::ModelSource::external, "external"},
                                     std::pair{store::ModelSource::zoo, "zoo"}};
};
template <>
struct EnumNames<store::ModelTask> {
  static constexpr std::array values{std::pair{store::ModelTask::detection, "detection"},
                                     std::pair{store::ModelTask::classification, "classification"}};
};
template <>
struct EnumNames<store::ModelStatus> {
  static constexpr std::array values{std::pair{store::ModelStatus::draft, "draft"},
                                     std::pair{store::ModelStatus::importing, "importing"},
                                     std::pair{store::ModelStatus::training, "training"},
                                     std::pair{store::ModelStatus::ready, "ready"},
                                     std::pair{store::ModelStatus::failed, "failed"}};
};
template <>
struct EnumNames<store::ImageOrigin> {
  static constexpr std::array values{std::pair{store::ImageOrigin::upload, "upload"},
                                     std::pair{store::ImageOrigin::camera, "camera"},
                                     std::pair{store::ImageOrigin::retraining, "retraining"}};
};
template <>
struct EnumNames<store::RunStatus> {
  static constexpr std::array values{std::pair{store::RunStatus::queued, "queued"},
                                     std::pair{store::RunStatus::running, "running"},
                                     std::pair{store::RunStatus::done, "done"},
                                     std::pair{store::RunStatus::failed, "failed"},
                                     std::pair{store::RunStatus::cancelled, "cancelled"}};
};

}  // namespace poss
