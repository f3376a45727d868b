// /api/v1/devices: the machines that skills run on.
#include "server/devices.h"

#include <algorithm>

#include "server/desired.h"
#include "server/resource.h"

namespace poss::server {
namespace {

using store::Acceleration;
using store::Architecture;
using store::Device;
using store::DeviceType;

constexpr const char* kNotConnected =
    "Connecting remote devices comes in a later version; nothing runs there yet.";

enum class DeviceState { connected, not_connected };

}  // namespace
}  // namespace poss::server

template <>
struct poss::EnumNames<poss::server::DeviceState> {
  using S = poss::server::DeviceState;
  static constexpr std::array values{std::pair{S::connected, "connected"},
                                     std::pair{S::not_connected, "not_connected"}};
};

namespace poss::server {
namespace {

struct AccelerationBody {
  Acceleration acceleration = Acceleration::cpu;
  bool available = false;
  std::string reason;
  static void declare(Fields<AccelerationBody>& f) {
    f.add(&AccelerationBody::acceleration, "acceleration");
    f.add(&AccelerationBody::available, "available").help("POSS can use it.");
    f.add(&AccelerationBody::reason, "reason").help("What was found, or why it cannot be used.");
  }
};

struct DeviceStatus {
  DeviceState state = DeviceState::not_connected;
  std::string cause;
  std::string os;
  std::string cpu;
  int cores = 0;
  std::int64_t memory_mb = 0;
  std::vector<AccelerationBody> accelerations;
  std::int64_t cameras = 0;
  std::int64_t streams = 0;
  static void declare(Fields<DeviceStatus>& f) {
    f.add(&DeviceStatus::state, "state");
    f.add(&DeviceStatus::cause, "cause").help("Why it is not connected; else empty.");
    f.add(&DeviceStatus::os, "os").help("Empty while not connected.");
    f.add(&DeviceStatus::cpu, "cpu").help("Empty while not connected.");
    f.add(&DeviceStatus::cores, "cores").help("0 while not connected.");
    f.add(&DeviceStatus::memory_mb, "memory_mb").unit("MB").help("0 while not connected.");
    f.add(&DeviceStatus::accelerations, "accelerations").help("Empty while not connected.");
    f.add(&DeviceStatus::cameras, "cameras").help("That may use it.");
    f.add(&DeviceStatus::streams, "streams").help("Skills at work on it, each on one camera.");
  }
};

DeviceStatus status_of(const Resources& resources, const store::Stored<Device>& device) {
  DeviceStatus out;
  // Nothing but cameras and deployments refers to a device.
  if (const auto cameras = resources.store.list(store::kind_of<store::Camera>(),
                                                {.refers_to = device.id, .limit = 1})) {
    out.cameras = cameras->total;
  }
  if (device.value.type != DeviceType::this_machine) {
    out.cause = kNotConnected;
    return out;
  }
  const Machine& machine = resources.machine;
  out.state = DeviceState::connected;
  out.os = machine.os;
  out.cpu = machine.cpu;
  out.cores = machine.cores;
  out.memory_mb = machine.memory_mb;
  for (const auto& found : machine.accelerations) {
    out.accelerations.push_back({found.acceleration, found.available, found.reason});
  }
  out.streams = static_cast<std::int64_t>(resources.desired.report().streams.size());
  return out;
}

// Why such a device cannot have this acceleration; "" when it can.
std::string refusal_of(const Device& device) {
  const bool arm = device.architecture == Architecture::arm64;
  switch (device.acceleration) {
    case Acceleration::cpu:
      return "";
    case Acceleration::nvidia_dgpu:
      if (arm) {
        return "ARM64 devices have no Nvidia dGPU that POSS can use; choose Nvidia Jetson or CPU.";
      }
      return "";
    case Acceleration::intel_igpu:
      if (device.type == DeviceType::kubernetes) {
        return "On Kubernetes only CPU and Nvidia dGPU can be used.";
      }
      return arm ? "Intel GPUs are in X64 devices only; choose Nvidia Jetson or CPU." : "";
    case Acceleration::nvidia_jetson:
      if (device.type == DeviceType::kubernetes) {
        return "On Kubernetes only CPU and Nvidia dGPU can be used.";
      }
      return arm ? "" : "An Nvidia Jetson is an ARM64 device; choose ARM64, or CPU.";
  }
  return "";
}

void check(const Draft<Device>& draft, Device& device, std::vector<FieldError>& errors) {
  const Device* before = draft.before ? &draft.before->value : nullptr;
  const bool was_here = before && before->type == DeviceType::this_machine;
  const bool is_here = device.type == DeviceType::this_machine;
  if (is_here && !was_here) {
    errors.push_back({"type",
                      "there is one device of the type 'this_machine', made at the first start; "
                      "choose 'remote_agent' or 'kubernetes'"});
    return;
  }
  if (was_here && !is_here) {
    errors.push_back({"type", "POSS itself runs on this device: its type cannot be changed"});
    return;
  }
  const Machine& machine = draft.resources.machine;
  if (is_here && device.architecture != machine.architecture) {
    errors.push_back({"architecture", "this machine's is " +
                                          std::string(enum_name(machine.architecture)) +
                                          ", which POSS found out by itself"});
    return;
  }
  std::string refusal = refusal_of(device);
  if (is_here && refusal.empty()) {
    for (const auto& found : machine.accelerations) {
      if (found.acceleration == device.acceleration && !found.available) refusal = found.reason;
    }
  }
  if (!refusal.empty()) errors.push_back({"acceleration", std::move(refusal)});
}

Result<void> before_remove(const Resources&, const store::Stored<Device>& device) {
  if (device.value.type != DeviceType::this_machine) return {};
  return Error{Code::conflict, "'" + device.value.name +
                                   "' is the machine POSS itself runs on; it cannot be removed"};
}

}  // namespace

Result<store::Stored<Device>> this_machine(store::Store& store, const Machine& machine) {
  store::Query query{.sort = store::SortBy::created, .limit = 1000};
  do {
    POSS_ASSIGN(const auto page, store.list<Device>(query));
    for (const auto& device : page.items) {
      if (device.value.type != DeviceType::this_machine) continue;
      if (device.value.architecture == machine.architecture) return device;
      Device moved = device.value;
      moved.architecture = machine.architecture;
      moved.acceleration = Acceleration::cpu;
      return store.update(device.id, device.revision, moved);
    }
    query.cursor = page.next_cursor;
  } while (!query.cursor.empty());
  Device device{.name = machine.hostname,
                .type = DeviceType::this_machine,
                .architecture = machine.architecture};
  auto made = store.create(device);
  if (made) return made;
  // The name is taken by a remote device, or the machine has none that can be shown.
  device.name = "This machine";
  return store.create(device);
}

void declare_devices(Api& api) {
  api.name_schema<AccelerationBody>("FoundAcceleration");
  api.name_schema<DeviceStatus>("DeviceStatus");
  declare_resource<Device>(
      api, {.path = "/api/v1/devices", .tag = "devices", .name = "Device"},
      {.check = check,
       .shown = {{"status", response_schema(schema_of<DeviceStatus>())}},
       .show = [](const Resources& resources, const store::Stored<Device>& device,
                  json::object& out) { out["status"] = to_json(status_of(resources, device)); },
       .in_status =
           [](const Resources& resources, const std::string& state) {
             return all_in_status<Device>(resources, [&](const store::Stored<Device>& device) {
               return enum_name(status_of(resources, device).state) == state;
             });
           },
       .before_remove = before_remove,
       .changed = {}});
}

}  // namespace poss::server
