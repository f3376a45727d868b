// WS-Discovery over UDP multicast, and the SOAP calls that lead to a device's streams.
#include "net/onvif.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/id.h"
#include "base/log.h"
#include "base/time.h"
#include "net/encoding.h"
#include "net/http.h"
#include "net/onvif_xml.h"

namespace poss::net {
namespace {

using std::chrono::milliseconds;

// ---- discovery ----

constexpr const char* kGroup = "239.255.255.250";
constexpr size_t kMaxDevices = 1000;
constexpr int kRepeats = 2;  // of each probe: UDP loses (SOAP-over-UDP, 1.1)
constexpr auto kRepeatPause = milliseconds(150);

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in socket_address(in_addr host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr = host;
  address.sin_port = htons(port);
  return address;
}

// A socket that sends to the group over the interface with this address, and hears the answers.
std::optional<Socket> open_on(in_addr interface) {
  Socket udp(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const sockaddr_in local = socket_address(interface, 0);
  const int hops = 1;  // within the local network: WS-Discovery, 3.1.1
  if (udp.fd() < 0 ||
      bind(udp.fd(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0 ||
      setsockopt(udp.fd(), IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface) != 0 ||
      setsockopt(udp.fd(), IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof hops) != 0) {
    return std::nullopt;
  }
  return udp;
}

std::vector<Socket> open_sockets(bool loopback) {
  std::vector<Socket> sockets;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return sockets;
  for (const ifaddrs* one = all; one; one = one->ifa_next) {
    if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET || !(one->ifa_flags & IFF_UP)) {
      continue;
    }
    const bool usable =
        (one->ifa_flags & IFF_LOOPBACK) ? loopback : !loopback && (one->ifa_flags & IFF_MULTICAST);
    if (!usable) continue;
    sockaddr_in address{};
    std::memcpy(&address, one->ifa_addr, sizeof address);
    if (auto udp = open_on(address.sin_addr)) sockets.push_back(std::move(*udp));
  }
  freeifaddrs(all);
  return sockets;
}

// WS-Discovery, 5.3; the type is of the ONVIF Core Specification, 7.3.2.
std::string probe_message(const std::string& message_id) {
  return R"(<?xml version="1.0" encoding="UTF-8"?>)"
         R"(<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope")"
         R"( xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing")"
         R"( xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery")"
         R"( xmlns:n="http://www.onvif.org/ver10/network/wsdl"><e:Header>)"
         "<a:MessageID>" +
         message_id +
         "</a:MessageID><a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
         "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></e:Header>"
         "<e:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body>"
         "</e:Envelope>";
}

// Each device once, whichever of its networks it answered in.
class Found {
 public:
  void add(std::vector<OnvifDevice> devices) {
    for (OnvifDevice& device : devices) {
      const std::string key = device.endpoint.empty() ? device.xaddrs.front() : device.endpoint;
      if (devices_.size() >= kMaxDevices && !devices_.contains(key)) continue;
      const auto [at, fresh] = devices_.try_emplace(key, device);
      if (fresh) continue;
      auto& known = at->second.xaddrs;
      for (std::string& url : device.xaddrs) {
        const bool is_new = std::find(known.begin(), known.end(), url) == known.end();
        if (is_new && known.size() < 16) known.push_back(std::move(url));
      }
    }
  }
  std::vector<OnvifDevice> take() {
    std::vector<OnvifDevice> out;
    for (auto& [key, device] : devices_) out.push_back(std::move(device));
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
      return std::tie(a.name, a.endpoint) < std::tie(b.name, b.endpoint);
    });
    return out;
  }

 private:
  std::map<std::string, OnvifDevice> devices_;
};

void receive(int fd, const std::string& message_id, Found& found) {
  std::string datagram(65536, '\0');
  sockaddr_in sender{};
  socklen_t size = sizeof sender;
  const ssize_t length = recvfrom(fd, datagram.data(), datagram.size(), 0,
                                  reinterpret_cast<sockaddr*>(&sender), &size);
  if (length <= 0) return;
  char host[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &sender.sin_addr, host, sizeof host);
  found.add(parse_probe_matches({datagram.data(), static_cast<size_t>(length)}, host, message_id));
}

// ---- streams ----

constexpr size_t kMaxAnswer = 512u << 10;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string host_of(std::string_view url) {
  auto rest = url.substr(url.find("://") + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const auto user = rest.rfind('@'); user != std::string_view::npos) {
    rest.remove_prefix(user + 1);
  }
  const auto port = rest.find(':', rest.starts_with('[') ? rest.find(']') : 0);
  return std::string(rest.substr(0, port));
}

// One conversation with one device.
class Device {
 public:
  Device(const std::string& url, const std::string& user_name, const std::string& password,
         milliseconds timeout)
      : url_(url),
        host_(host_of(url)),
        name_("The device at " + host_),
        user_name_(user_name),
        password_(password),
        deadline_(Steady::now() + timeout) {}

  Result<std::vector<OnvifStream>> streams();

 private:
  // The answer to the SOAP call `body`, which `action` names, at `url`.
  Result<std::string> call(const std::string& url, const std::string& action,
                           const std::string& body, bool signed_in = true);
  Result<HttpResponse> post(const std::string& url, const std::string& action,
                            const std::string& envelope);
  Error refused() const;
  std::string security_header() const;
  Result<void> read_clock();
  Result<OnvifMedia> media();
  Result<std::vector<OnvifStream>> streams_ver10(const std::string& url);
  Result<std::vector<OnvifStream>> streams_ver20(const std::string& url);
  Result<std::vector<OnvifStream>> with_addresses(
      const std::vector<OnvifProfile>& profiles,
      const std::function<Result<std::string>(const std::string& token)>& ask);

  const std::string url_;
  const std::string host_;
  const std::string name_;
  const std::string user_name_;
  const std::string password_;
  const Steady::time_point deadline_;
  std::chrono::microseconds clock_offset_{0};  // the device's clock less ours
  bool digest_ = false;                        // the device asks for HTTP digest
  HttpClient http_;
};

Error Device::refused() const {
  if (user_name_.empty()) {
    return {Code::permission_denied,
            name_ + " asks for a user name and password; give those of an ONVIF user."};
  }
  return {Code::permission_denied,
          name_ +
              " refused the user name or password; check both, and that the user may use "
              "ONVIF."};
}

// Web Services Security: UsernameToken Profile 1.0, section 3.1.
std::string Device::security_header() const {
  if (user_name_.empty()) return "";
  const std::string nonce = random_bytes(16);
  const std::string created = rfc3339(system_clock().now() + clock_offset_).substr(0, 19) + "Z";
  const std::string digest = base64_encode(sha1(nonce + created + password_));
  const std::string kind =
      "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
      "#PasswordDigest";
  const std::string encoding =
      "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0"
      "#Base64Binary";
  return R"(<s:Security xmlns:s="http://docs.oasis-open.org/wss/2004/01/)"
         R"(oasis-200401-wss-wssecurity-secext-1.0.xsd" xmlns:u="http://docs.oasis-open.org/wss/)"
         R"(2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" e:mustUnderstand="1">)"
         "<s:UsernameToken><s:Username>" +
         escaped(user_name_) + "</s:Username><s:Password Type=\"" + kind + "\">" + digest +
         "</s:Password><s:Nonce EncodingType=\"" + encoding + "\">" + base64_encode(nonce) +
         "</s:Nonce><u:Created>" + created + "</u:Created></s:UsernameToken></s:Security>";
}

Result<HttpResponse> Device::post(const std::string& url, const std::string& action,
                                  const std::string& envelope) {
  HttpRequest request;
  request.method = HttpMethod::post;
  request.url = url;
  request.headers = {
      {"Content-Type", "application/soap+xml; charset=utf-8; action=\"" + action + "\""}};
  request.body = envelope;
  request.ignore_proxies = true;
  request.accept_all_statuses = true;
  request.max_response_bytes = kMaxAnswer;
  request.timeout = std::max(milliseconds(1),
                             std::chrono::duration_cast<milliseconds>(deadline_ - Steady::now()));
  if (digest_) {
    request.digest_user_name = user_name_;
    request.digest_password = password_;
  }
  return http_.send(request);
}

Result<std::string> Device::call(const std::string& url, const std::string& action,
                                 const std::string& body, bool signed_in) {
  // Made anew for each request: a device takes no nonce twice.
  const auto envelope = [&] {
    return R"(<?xml version="1.0" encoding="UTF-8"?>)"
           R"(<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Header>)" +
           (signed_in ? security_header() : "") + "</e:Header><e:Body>" + body +
           "</e:Body></e:Envelope>";
  };
  POSS_ASSIGN(HttpResponse answer, post(url, action, envelope()));
  if (answer.status == 401 && !digest_ && !user_name_.empty() &&
      answer.header("www-authenticate").find("Digest") != std::string::npos) {
    digest_ = true;
    POSS_ASSIGN(answer, post(url, action, envelope()));
  }
  const auto fault = parse_fault(answer.body);
  if (answer.status == 401 || answer.status == 403 || (fault && fault->not_authorized)) {
    return refused();
  }
  const std::string call_name = action.substr(action.rfind('/') + 1);
  if (fault) {
    return Error{Code::unavailable, name_ + " refuses " + call_name +
                                        (fault->reason.empty() ? "" : " (" + fault->reason + ")") +
                                        "; check that it is a camera."};
  }
  if (answer.status == 404) {
    return Error{Code::not_found, name_ + " has no ONVIF service at " + mask_uri(url) +
                                      "; check the address, or turn ONVIF on in the camera."};
  }
  if (answer.status != 200) {
    return Error{Code::unavailable, name_ + " answers " + call_name + " with status " +
                                        std::to_string(answer.status) +
                                        "; check that ONVIF is turned on in the camera."};
  }
  return std::move(answer.body);
}

// Cameras' clocks are off, and they refuse tokens of another time; this call needs no password.
Result<void> Device::read_clock() {
  const auto answer =
      call(url_, "http://www.onvif.org/ver10/device/wsdl/GetSystemDateAndTime",
           R"(<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>)", false);
  if (answer) {
    if (const auto time = parse_device_time(*answer)) clock_offset_ = *time - system_clock().now();
    return {};
  }
  // A device that keeps its time to itself may tell the rest.
  if (answer.error().code == Code::permission_denied) return {};
  return answer.error();
}

Result<OnvifMedia> Device::media() {
  const auto services = call(url_, "http://www.onvif.org/ver10/device/wsdl/GetServices",
                             R"(<GetServices xmlns="http://www.onvif.org/ver10/device/wsdl">)"
                             "<IncludeCapability>false</IncludeCapability></GetServices>");
  OnvifMedia media;
  if (services) {
    media = parse_media_services(*services);
  } else if (services.error().code == Code::permission_denied) {
    return services.error();
  }
  if (media.ver10.empty() && media.ver20.empty()) {  // older devices
    POSS_ASSIGN(const auto capabilities,
                call(url_, "http://www.onvif.org/ver10/device/wsdl/GetCapabilities",
                     R"(<GetCapabilities xmlns="http://www.onvif.org/ver10/device/wsdl">)"
                     "<Category>Media</Category></GetCapabilities>"));
    media = parse_media_services(capabilities);
  }
  media.ver10 = url_near(media.ver10, host_, "http https", false).value_or("");
  media.ver20 = url_near(media.ver20, host_, "http https", false).value_or("");
  if (media.ver10.empty() && media.ver20.empty()) {
    return Error{Code::not_found, name_ + " offers no video; choose a camera or video encoder."};
  }
  return media;
}

Result<std::vector<OnvifStream>> Device::with_addresses(
    const std::vector<OnvifProfile>& profiles,
    const std::function<Result<std::string>(const std::string& token)>& ask) {
  std::vector<OnvifStream> streams;
  std::optional<Error> last_error;
  for (const OnvifProfile& profile : profiles) {
    const auto answer = ask(profile.token);
    if (!answer) {
      last_error = answer.error();
      // One profile may have no stream; time that is up and a wrong password concern all.
      if (last_error->code != Code::unavailable && last_error->code != Code::not_found) break;
      continue;
    }
    const auto uri = parse_stream_uri(*answer);
    if (!uri) continue;
    OnvifStream stream = profile.stream;
    stream.uri = url_near(*uri, host_, "rtsp", true).value_or("");
    const bool known = std::any_of(streams.begin(), streams.end(), [&](const OnvifStream& other) {
      return other.uri == stream.uri;
    });
    if (!stream.uri.empty() && !known) streams.push_back(std::move(stream));
  }
  if (streams.empty() && last_error) return *last_error;
  return streams;
}

Result<std::vector<OnvifStream>> Device::streams_ver10(const std::string& url) {
  const std::string space = "http://www.onvif.org/ver10/media/wsdl";
  POSS_ASSIGN(const auto profiles,
              call(url, space + "/GetProfiles", "<GetProfiles xmlns=\"" + space + "\"/>"));
  return with_addresses(parse_profiles(profiles), [&](const std::string& token) {
    return call(url, space + "/GetStreamUri",
                "<GetStreamUri xmlns=\"" + space +
                    R"("><StreamSetup><Stream xmlns="http://www.onvif.org/ver10/schema">)"
                    R"(RTP-Unicast</Stream><Transport xmlns="http://www.onvif.org/ver10/schema">)"
                    "<Protocol>RTSP</Protocol></Transport></StreamSetup><ProfileToken>" +
                    escaped(token) + "</ProfileToken></GetStreamUri>");
  });
}

// Media 2 knows H.265, which version 1 cannot name.
Result<std::vector<OnvifStream>> Device::streams_ver20(const std::string& url) {
  const std::string space = "http://www.onvif.org/ver20/media/wsdl";
  POSS_ASSIGN(const auto profiles,
              call(url, space + "/GetProfiles",
                   "<GetProfiles xmlns=\"" + space + "\"><Type>VideoEncoder</Type></GetProfiles>"));
  return with_addresses(parse_profiles(profiles), [&](const std::string& token) {
    return call(url, space + "/GetStreamUri",
                "<GetStreamUri xmlns=\"" + space +
                    "\"><Protocol>RtspUnicast</Protocol><ProfileToken>" + escaped(token) +
                    "</ProfileToken></GetStreamUri>");
  });
}

Result<std::vector<OnvifStream>> Device::streams() {
  POSS_TRY(read_clock());
  POSS_ASSIGN(const OnvifMedia where, media());
  Result<std::vector<OnvifStream>> streams;
  if (!where.ver20.empty()) {
    streams = streams_ver20(where.ver20);
    const bool final = !streams && (streams.error().code == Code::permission_denied ||
                                    streams.error().code == Code::timed_out);
    if (final || (streams && !streams->empty()) || where.ver10.empty()) return streams;
  }
  return streams_ver10(where.ver10);
}

}  // namespace

Result<std::vector<OnvifDevice>> discover(const DiscoveryOptions& options,
                                          const std::function<bool()>& cancelled) {
  const std::vector<Socket> sockets = open_sockets(options.loopback);
  if (sockets.empty()) {
    return Error{Code::unavailable,
                 "This machine has no network in which cameras could be looked for; connect it "
                 "to one, or give the camera's address."};
  }
  in_addr group{};
  inet_pton(AF_INET, kGroup, &group);
  const sockaddr_in target = socket_address(group, options.port);
  const std::string message_id = "urn:uuid:" + new_id();
  const std::string message = probe_message(message_id);
  std::vector<pollfd> polled;
  for (const Socket& udp : sockets) polled.push_back({udp.fd(), POLLIN, 0});
  Found found;
  const auto begin = Steady::now();
  int sent = 0;
  while (Steady::now() - begin < options.timeout) {
    if (cancelled && cancelled()) {
      return Error{Code::unavailable, "Looking for cameras was cancelled."};
    }
    if (sent < kRepeats && Steady::now() - begin >= kRepeatPause * sent) {
      for (const Socket& udp : sockets) {
        // What an interface cannot send (it may have gone) leaves it without answers.
        static_cast<void>(sendto(udp.fd(), message.data(), message.size(), 0,
                                 reinterpret_cast<const sockaddr*>(&target), sizeof target));
      }
      ++sent;
    }
    if (poll(polled.data(), polled.size(), 50) <= 0) continue;
    for (const pollfd& one : polled) {
      if (one.revents & POLLIN) receive(one.fd, message_id, found);
    }
  }
  return found.take();
}

Result<std::vector<OnvifStream>> streams_of(const std::string& url, const std::string& user_name,
                                            const std::string& password, milliseconds timeout) {
  POSS_TRY(check_http_url(url));
  Device device(url, user_name, password, timeout);
  return device.streams();
}

}  // namespace poss::net
