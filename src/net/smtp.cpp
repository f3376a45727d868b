// SMTP through libcurl.
#include "net/smtp.h"

#include <memory>

#include "base/log.h"
#include "net/transfer.h"

namespace poss::net {

Result<bool> check_smtp(const SmtpServer& server) {
  start_curl();
  const bool implicit_tls = server.url.starts_with("smtps://");
  if (!implicit_tls && !server.url.starts_with("smtp://")) {
    return Error{Code::invalid_argument, "The mail server's address '" + mask_uri(server.url) +
                                             "' is neither smtp:// nor smtps://; write "
                                             "smtp://host:587."};
  }
  const std::string name = "'" + mask_uri(server.url) + "'";
  const std::unique_ptr<CURL, EasyRelease> easy(curl_easy_init());
  if (!easy) return Error{Code::resource_exhausted, name + ": no memory left for the request"};
  CURL* handle = easy.get();
  const bool must_encrypt = !server.user_name.empty() && !server.allow_plain_text;
  curl_easy_setopt(handle, CURLOPT_URL, server.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(server.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   static_cast<long>(must_encrypt ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, "NOOP");
  curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  if (!server.user_name.empty()) {
    curl_easy_setopt(handle, CURLOPT_USERNAME, server.user_name.c_str());
    curl_easy_setopt(handle, CURLOPT_PASSWORD, server.password.c_str());
  }
  if (!server.ca_file.empty()) curl_easy_setopt(handle, CURLOPT_CAINFO, server.ca_file.c_str());
  // Whether STARTTLS was spoken is known only from the conversation.
  bool encrypted = implicit_tls;
  curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, &encrypted);
  curl_easy_setopt(
      handle, CURLOPT_DEBUGFUNCTION,
      +[](CURL*, curl_infotype kind, char* text, size_t size, void* target) {
        if (kind == CURLINFO_HEADER_OUT && std::string_view(text, size).starts_with("STARTTLS")) {
          *static_cast<bool*>(target) = true;
        }
        return 0;
      });
  const CURLcode code = curl_easy_perform(handle);
  if (code == CURLE_OK) return encrypted;
  return transfer_error(name, handle, code, server.timeout);
}

}  // namespace poss::net
