// /api/v1/tokens: API tokens, with which programs use this interface in the name of a user.
#include "server/auth.h"
#include "server/resource.h"
#include "store/password.h"

namespace poss::server {
namespace {

void check(const Draft<store::ApiToken>& draft, store::ApiToken& token,
           std::vector<FieldError>& errors) {
  const Caller& caller = draft.request.caller;
  if (!draft.before) token.user = caller.user_id;
  if (token.role > caller.role) {
    errors.push_back(
        {"role", "must not exceed your own role, which is " + std::string(enum_name(caller.role))});
  }
  const bool kept = draft.before && draft.before->value.expires == token.expires;
  if (token.expires && *token.expires <= system_clock().now() && !kept) {
    errors.push_back({"expires", "must be a time to come"});
  }
}

Result<void> before_store(const Draft<store::ApiToken>& draft, store::ApiToken& token) {
  const Caller& caller = draft.request.caller;
  if (caller.via == Caller::Via::token) {
    // Or else one that leaked could make itself last for ever.
    return Error{Code::permission_denied,
                 "an API token can neither make nor change API tokens; sign in with user name and "
                 "password"};
  }
  if (caller.user_id.empty()) {
    return Error{Code::conflict, "the demo has no users, and so no API tokens; it needs none"};
  }
  if (!draft.before) {
    std::string& secret = draft.secrets["token"];
    secret = store::new_token();
    token.token_hash = store::hash_token(secret);
  }
  return {};
}

}  // namespace

void declare_tokens(Api& api) {
  const json::object text{{"type", "string"}};
  ResourceHooks<store::ApiToken> hooks;
  // Administrators see everybody's.
  hooks.within = [](const HttpRequest& request) {
    return request.caller.role == store::Role::admin ? "" : request.caller.user_id;
  };
  hooks.check = check;
  hooks.before_store = before_store;
  hooks.made = {{"token",
                 {{"type", "string"},
                  {"description", "Send it as Authorization: Bearer. It is not shown again."}}}};
  hooks.show_made = [](const Draft<store::ApiToken>& draft, json::object& out) {
    out["token"] = draft.secrets.at("token");
  };
  hooks.shown = {{"user_name", text}};
  hooks.show = [](const Resources& resources, const store::Stored<store::ApiToken>& token,
                  json::object& out) {
    out["user_name"] = resources.auth.user_name(token.value.user);
  };
  hooks.changed = [](const Resources& resources, const HttpRequest&, const auto*, const auto*) {
    resources.auth.reload();
  };
  declare_resource<store::ApiToken>(api,
                                    {.path = "/api/v1/tokens",
                                     .tag = "tokens",
                                     .name = "ApiToken",
                                     .read = Access::viewer,
                                     .write = Access::viewer},
                                    std::move(hooks));
}

}  // namespace poss::server
