// Signing in to a mail server (SMTP, RFC 5321) without sending mail.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace poss::net {

struct SmtpServer {
  std::string url;  // smtp://host:587 (STARTTLS) or smtps://host:465
  std::string user_name;
  std::string password;
  // With smtp:// and false, the password goes only over a connection that STARTTLS encrypts.
  bool allow_plain_text = false;
  std::string ca_file;  // PEM; empty: the system's certificate authorities
  std::chrono::milliseconds timeout{15'000};
};

// Connects, signs in when there is a user name, and says NOOP. Ok when the server accepts all of
// it; the value tells whether the connection was encrypted. Errors hold no password. Reentrant.
Result<bool> check_smtp(const SmtpServer& server);

}  // namespace poss::net
