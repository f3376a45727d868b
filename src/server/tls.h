// The certificate and key that a server shows, and the rules of its TLS. Internal to the folder.
#pragma once

#include <filesystem>
#include <memory>

#include <boost/asio/ssl/context.hpp>

#include "base/result.h"

namespace poss::server {

using TlsContext = boost::asio::ssl::context;

// TLS 1.2 and later. `certificate` is a PEM file with the server's certificate, then those that
// signed it; `key` a PEM file with its private key. Fails with a sentence that names the file.
Result<std::unique_ptr<TlsContext>> make_tls(const std::filesystem::path& certificate,
                                             const std::filesystem::path& key);

}  // namespace poss::server
