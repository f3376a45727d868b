// The log's set-up, and the masking of credentials in URIs.
#include "base/log.h"

#include <array>

#include <spdlog/sinks/stdout_color_sinks.h>

namespace poss {

void set_up_log(std::string_view level) {
  auto logger = spdlog::stderr_color_mt("poss");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  logger->set_level(spdlog::level::from_str(std::string(level)));
  spdlog::set_default_logger(std::move(logger));
}

std::string mask_uri(std::string_view uri) {
  std::string out(uri);
  const auto scheme = out.find("://");
  if (scheme == std::string::npos) return out;
  const size_t start = scheme + 3;
  size_t end = out.find_first_of("/?#", start);
  if (end == std::string::npos) end = out.size();
  // The last '@' ends the credentials: passwords may hold one.
  const auto at = out.rfind('@', end);
  if (at != std::string::npos && at >= start && at < end) out.replace(start, at - start, "***");
  const auto query = out.find('?');
  if (query == std::string::npos) return out;
  static constexpr std::array kSecret{"password", "passwd", "pwd",  "token", "key",
                                      "sig",      "secret", "auth", "pass"};
  std::string masked = out.substr(0, query + 1);
  std::string_view rest = std::string_view(out).substr(query + 1);
  while (!rest.empty()) {
    const auto amp = rest.find('&');
    const std::string_view pair = rest.substr(0, amp);
    const auto equals = pair.find('=');
    std::string name(pair.substr(0, equals));
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    bool secret = false;
    for (const char* word : kSecret) secret = secret || name.find(word) != std::string::npos;
    masked += secret && equals != std::string_view::npos
                  ? std::string(pair.substr(0, equals + 1)) + "***"
                  : std::string(pair);
    if (amp == std::string_view::npos) break;
    masked += '&';
    rest.remove_prefix(amp + 1);
  }
  return masked;
}

}  // namespace poss
