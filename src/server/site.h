// Site: decides what a request may do and who answers it: a REST route or the portal's files.
#pragma once

#include "server/api.h"
#include "server/http.h"
#include "server/static_files.h"

namespace poss::server {

// Why a request must be refused because of where it comes from; nothing when it may pass. Unless
// `any_host`, the Host must name this machine's loopback interface, or else a foreign page could
// have its own name point here (DNS rebinding). An Origin must be the one that the Host names, over
// TLS with https; a proxy may have taken off the TLS, so in the clear both schemes are its own.
std::optional<HttpResponse> refuse_foreign(const HttpRequest& request, bool any_host);

// Thread-safe. The references of `resources` outlive it.
class Site final : public HttpHandler {
 public:
  Site(Api api, const Resources& resources)
      : api_(std::move(api)),
        resources_(resources),
        files_(resources.options.portal),
        any_host_(!resources.options.demo && !is_loopback(resources.options.address)) {}

  std::variant<Admission, HttpResponse> admit(const HttpRequest& request) override;
  Reply handle(HttpRequest& request) override;
  void finish(HttpResponse& response) override;

 private:
  const Api api_;
  const Resources resources_;
  const StaticFiles files_;
  const bool any_host_;  // without sign-in (demo) other names would let foreign pages in
};

}  // namespace poss::server
