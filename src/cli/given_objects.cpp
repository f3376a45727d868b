// From the arguments of `poss serve` to objects in the store.
#include "cli/given_objects.h"

#include <algorithm>

#include "cli/command.h"
#include "graph/skill.h"
#include "server/camera_source.h"

namespace poss::cli {
namespace {

using store::Camera;
using store::Deployment;
using store::SkillRecord;
using store::Stored;

const store::Tags kTags{{"created_by", "command line"}};

// The object of this name, made or, where `same` says it differs, changed to `value`.
template <class T, class Same>
Result<Stored<T>> put(store::Store& store, const T& value, Same same) {
  auto found = store.find<T>(value.name);
  if (!found && found.error().code == Code::not_found) return store.create(value, kTags);
  if (!found || same(found->value)) return found;
  return store.update(found->id, found->revision, value);
}

Result<std::string> default_location(store::Store& store) {
  POSS_ASSIGN(const auto location,
              put(store, store::Location{.name = "Default"}, [](const auto&) { return true; }));
  return location.id;
}

Result<Stored<Camera>> put_camera(store::Store& store, const std::string& device,
                                  const std::string& text, const std::filesystem::path& data) {
  POSS_ASSIGN(const CameraArgument given, parse_camera(text));
  Camera camera{.name = given.name,
                .source = server::source_kind(given.source.uri),
                .uri = given.source.uri,
                .devices = {device}};
  if ((camera.source == store::CameraSource::file ||
       camera.source == store::CameraSource::images) &&
      camera.uri.find("://") == std::string::npos) {
    camera.uri = std::filesystem::absolute(camera.uri).lexically_normal().string();
  }
  std::map<std::string, std::string> secrets;
  std::vector<FieldError> errors;
  server::check_source(camera, secrets, nullptr, data, errors);
  if (!errors.empty()) return join_errors(errors).with("camera '" + given.name + "'");
  const std::string& password = secrets["password"];
  auto before = store.find<Camera>(camera.name);
  if (before) {
    POSS_ASSIGN(const std::string stored, server::password_of(store, before->value));
    const Camera& old = before->value;
    if (old.uri == camera.uri && old.source == camera.source && old.user_name == camera.user_name &&
        stored == password) {
      return before;
    }
    // What the command line cannot say stays as people have set it.
    camera.location = old.location;
    camera.devices = old.devices;
    if (std::find(camera.devices.begin(), camera.devices.end(), device) == camera.devices.end()) {
      camera.devices.push_back(device);
    }
  } else {
    if (before.error().code != Code::not_found) return before.error();
    POSS_ASSIGN(camera.location, default_location(store));
  }
  if (!password.empty()) {
    POSS_ASSIGN(camera.password, store.seal(password));
  }
  return put(store, camera, [](const Camera&) { return false; });
}

Result<Stored<SkillRecord>> put_skill(store::Store& store, const std::string& file) {
  POSS_ASSIGN(const json::value text, read_json_file(file));
  POSS_ASSIGN(const Skill skill, parse_skill(text).with("'" + file + "'"));
  json::object parts = to_json(skill);
  SkillRecord record{.name = skill.name,
                     .description = skill.description,
                     .fps = skill.fps,
                     .graph = {{"nodes", parts.at("nodes")}, {"edges", parts.at("edges")}}};
  return put(store, record, [&](const SkillRecord& old) {
    return old.fps == record.fps && old.description == record.description &&
           old.graph == record.graph;
  });
}

}  // namespace

Result<void> store_given(store::Store& store, const std::string& device,
                         const std::vector<std::string>& cameras,
                         const std::vector<std::string>& skills,
                         const std::filesystem::path& data) {
  std::vector<Stored<SkillRecord>> put_skills;
  for (const auto& file : skills) {
    POSS_ASSIGN(auto skill, put_skill(store, file));
    put_skills.push_back(std::move(skill));
  }
  for (const auto& text : cameras) {
    POSS_ASSIGN(const auto camera, put_camera(store, device, text, data));
    for (const auto& skill : put_skills) {
      const Deployment deployment{
          .name = skill.value.name + " on " + camera.value.name,
          .device = device,
          .cameras = {{.camera = camera.id, .skills = {{.skill = skill.id, .parameters = {}}}}}};
      // One that is there already stays as people have changed it.
      POSS_TRY(put(store, deployment, [](const Deployment&) { return true; }));
    }
  }
  return {};
}

}  // namespace poss::cli
