// People who sign in to a test's server with a browser. For tests.
#pragma once

#include <string>
#include <vector>

#include "server/test_server.h"

namespace poss::server {

inline constexpr const char* kTestPassword = "correct horse battery";

// A server that nobody has set up yet.
class PeopleTest : public RestTest {
 protected:
  PeopleTest() { nobody_yet = true; }

  // What a browser holds of a session.
  struct Browser {
    std::string cookie;
    std::string csrf_token;
    std::vector<std::string> headers() const {
      return {"Cookie: " + cookie, "X-CSRF-Token: " + csrf_token};
    }
  };

  static Browser browser_of(const RestAnswer& answer) {
    const auto cookie = answer.headers.find("set-cookie");
    if (cookie == answer.headers.end()) return {};
    return {cookie->second.substr(0, cookie->second.find(';')),
            std::string(answer.body.at("csrf_token").as_string())};
  }
  RestAnswer post_setup(const std::string& token, const std::string& name = "root") {
    return send("POST", "/setup",
                {{"token", token}, {"user_name", name}, {"password", kTestPassword}});
  }
  // The first administrator.
  Browser set_up() {
    const auto answer = post_setup(server->make_setup_token());
    EXPECT_EQ(answer.status, 201) << answer.text;
    return browser_of(answer);
  }
  RestAnswer post_session(const std::string& name, const std::string& password = kTestPassword) {
    return send("POST", "/session", {{"user_name", name}, {"password", password}});
  }
  Browser sign_in(const std::string& name, const std::string& password = kTestPassword) {
    const auto answer = post_session(name, password);
    EXPECT_EQ(answer.status, 200) << answer.text;
    return browser_of(answer);
  }
  // As a browser does it.
  RestAnswer send_as(const Browser& browser, const std::string& method, const std::string& target,
                     const json::value& body = {}) {
    return send(method, target, body, browser.headers());
  }
  // Makes a user; their id.
  std::string add_user(const Browser& admin, const std::string& name, const std::string& role) {
    const auto made = send_as(admin, "POST", "/users",
                              {{"name", name}, {"role", role}, {"password", kTestPassword}});
    EXPECT_EQ(made.status, 201) << made.text;
    return made.status == 201 ? std::string(made.body.at("id").as_string()) : "";
  }
};

}  // namespace poss::server
