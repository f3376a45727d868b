// /api/v1/users: the people who may sign in, and their roles.
#include "base/log.h"
#include "server/auth.h"
#include "server/resource.h"

namespace poss::server {
namespace {

bool is_admin(const store::User& user) { return user.role == store::Role::admin && !user.disabled; }

Error last_admin() {
  return {Code::conflict, "this is the last administrator who can sign in; make another one first"};
}

void check(const Draft<store::User>& draft, store::User& user, std::vector<FieldError>& errors) {
  const auto sent = draft.secrets.find("password");
  if (sent == draft.secrets.end()) {
    if (!draft.before) errors.push_back({"password", "is missing"});
    return;
  }
  if (auto fault = password_fault(user.name, sent->second); !fault.empty()) {
    errors.push_back({"password", std::move(fault)});
  }
}

Result<void> before_store(const Draft<store::User>& draft, store::User& user) {
  Auth& auth = draft.resources.auth;
  if (draft.before && is_admin(draft.before->value) && !is_admin(user) &&
      !auth.other_admin(draft.before->id)) {
    return last_admin();
  }
  if (const auto sent = draft.secrets.find("password"); sent != draft.secrets.end()) {
    POSS_ASSIGN(user.password_hash, auth.hash(sent->second));
  }
  return {};
}

Result<void> before_remove(const Resources& resources, const store::Stored<store::User>& user) {
  if (is_admin(user.value) && !resources.auth.other_admin(user.id)) return last_admin();
  return {};
}

void changed(const Resources& resources, const HttpRequest& request,
             const store::Stored<store::User>* before, const store::Stored<store::User>* now) {
  resources.auth.reload();
  if (!before || !now) return;
  if (now->value.disabled || now->value.password_hash != before->value.password_hash) {
    if (const auto ended = resources.auth.end_sessions(now->id, request.caller); !ended) {
      spdlog::error("sign-in: {}", ended.error().message);
    }
  }
}

}  // namespace

void declare_users(Api& api) {
  ResourceHooks<store::User> hooks;
  hooks.taken = {{"password",
                  {{"type", "string"},
                   {"title", "Password"},
                   {"format", "password"},
                   {"minLength", 10},
                   {"maxLength", 1024},
                   {"description", "Needed for a new user; never sent back."}}}};
  hooks.check = check;
  hooks.before_store = before_store;
  hooks.before_remove = before_remove;
  hooks.changed = changed;
  declare_resource<store::User>(api,
                                {.path = "/api/v1/users",
                                 .tag = "users",
                                 .name = "User",
                                 .read = Access::admin,
                                 .write = Access::admin},
                                std::move(hooks));
}

}  // namespace poss::server
