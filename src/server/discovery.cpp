// /api/v1/discovery: cameras in the local network, and the streams of one of them, by ONVIF.
#include "net/onvif.h"
#include "server/resource.h"

namespace poss::server {
namespace {

using std::chrono::seconds;

constexpr seconds kLook{4};         // for answers to the multicast
constexpr seconds kAskStranger{3};  // one device, without a password
constexpr seconds kAsk{15};         // one device, for which somebody waits

struct DiscoveryBody {
  std::string address;
  std::string user_name;
  std::string password;
  static void declare(Fields<DiscoveryBody>& f) {
    f.add(&DiscoveryBody::address, "address")
        .max_length(2048)
        .help("Of one device, as found; empty: looks for all.");
    f.add(&DiscoveryBody::user_name, "user_name").max_length(256);
    f.add(&DiscoveryBody::password, "password").format("secret").max_length(256);
  }
};

// Where devices are told to have their service (ONVIF Core Specification, 5.1.1).
constexpr const char* kServicePath = "/onvif/device_service";

std::string service_of(const std::string& address) {
  if (address.find("://") != std::string::npos) return address;
  return "http://" + address + kServicePath;
}

// What people see of a device, from which service_of() finds its service again.
std::string address_of(const net::OnvifDevice& device) {
  if (device.xaddrs.empty() || device.xaddrs.front() == service_of(device.address)) {
    return device.address;
  }
  return device.xaddrs.front();
}

Result<json::object> look(JobContext& context) {
  context.progress(-1, "Asking the local network");
  POSS_ASSIGN(const auto devices,
              net::discover({.timeout = kLook}, [&] { return context.cancelled(); }));
  json::array items;
  for (size_t i = 0; i < devices.size(); ++i) {
    if (context.cancelled()) return Error{Code::unavailable, "cancelled"};
    const auto& device = devices[i];
    context.progress(static_cast<double>(i) / static_cast<double>(devices.size()),
                     "Asking '" + device.name + "' for its streams");
    const std::string address = address_of(device);
    const auto streams = net::streams_of(service_of(address), "", "", kAskStranger);
    if (!streams) context.log(device.name + ": " + streams.error().message);
    items.push_back({{"name", device.name},
                     {"hardware", device.hardware},
                     {"address", address},
                     {"uri", streams && !streams->empty() ? streams->front().uri : ""},
                     {"needs_password", !streams}});
  }
  return json::object{{"items", std::move(items)}};
}

Result<json::object> ask(const DiscoveryBody& body, JobContext& context) {
  context.progress(-1, "Asking for the streams");
  POSS_ASSIGN(const auto streams,
              net::streams_of(service_of(body.address), body.user_name, body.password, kAsk));
  json::array out;
  for (const auto& stream : streams) {
    out.push_back({{"name", stream.name},
                   {"uri", stream.uri},
                   {"width", stream.width},
                   {"height", stream.height},
                   {"codec", stream.codec}});
  }
  return json::object{{"streams", std::move(out)}};
}

Result<JobBody> start(const BodyCall<NoParameters, DiscoveryBody>& call) {
  const DiscoveryBody& body = call.body;
  if (body.address.empty()) {
    return call.resources.jobs.start("discovery", "Looking for cameras", look);
  }
  if (body.address.find('@') != std::string::npos) {
    return Error{Code::invalid_argument,
                 "'address' must hold no user name and password; they have their own fields"};
  }
  return call.resources.jobs.start("discovery", "Asking " + body.address + " for its streams",
                                   [body](JobContext& context) { return ask(body, context); });
}

}  // namespace

void declare_discovery(Api& api) {
  api.post<NoParameters, DiscoveryBody, JobBody>(
      {.path = "/api/v1/discovery",
       .id = "discoverCameras",
       .tag = "cameras",
       .summary = "Looks for ONVIF cameras in the local network, or asks one for its streams; the "
                  "job's result has items or streams."},
      202, start);
}

}  // namespace poss::server
