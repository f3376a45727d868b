// Reading certificate and key with OpenSSL.
#include "server/tls.h"

#include <boost/asio/buffer.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/file.h"

namespace poss::server {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr size_t kMaxPemBytes = 1u << 20;

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

}  // namespace

Result<std::unique_ptr<TlsContext>> make_tls(const std::filesystem::path& certificate,
                                             const std::filesystem::path& key) {
  if (certificate.empty() || key.empty()) {
    return Error{Code::invalid_argument,
                 "TLS needs both a certificate and its key; name the missing one with " +
                     std::string(certificate.empty() ? "--tls-cert" : "--tls-key")};
  }
  auto chain = read_file(certificate, kMaxPemBytes);
  if (!chain) return chain.error().with("the TLS certificate");
  auto secret = read_file(key, kMaxPemBytes);
  if (!secret) return secret.error().with("the TLS key");

  auto context = std::make_unique<TlsContext>(ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  error_code error;
  // Without it OpenSSL would ask for the key's password on the terminal.
  bool asked = false;
  context->set_password_callback(
      [&asked](std::size_t, ssl::context::password_purpose) {
        asked = true;
        return std::string();
      },
      error);
  context->use_certificate_chain(boost::asio::buffer(*chain), error);
  if (error) {
    return Error{Code::invalid_argument,
                 "the TLS certificate " + quoted(certificate) +
                     " cannot be used: " + error.message() +
                     "; it must be a PEM file that begins with the server's own certificate"};
  }
  context->use_private_key(boost::asio::buffer(*secret), ssl::context::pem, error);
  OPENSSL_cleanse(secret->data(), secret->size());
  if (asked) {
    return Error{Code::invalid_argument, "the TLS key " + quoted(key) +
                                             " is locked with a password; unlock a copy of it with "
                                             "'openssl pkey -in FILE -out COPY' and name that"};
  }
  if (error &&
      ERR_GET_REASON(static_cast<unsigned long>(error.value())) == X509_R_KEY_VALUES_MISMATCH) {
    return Error{Code::invalid_argument, "the TLS key " + quoted(key) +
                                             " does not belong to the first certificate in " +
                                             quoted(certificate) + "; name the two that do"};
  }
  if (error) {
    return Error{Code::invalid_argument, "the TLS key " + quoted(key) +
                                             " cannot be used: " + error.message() +
                                             "; it must be a PEM file with a private key"};
  }
  // The callback refers to this function's variable.
  context->set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); }, error);
  return context;
}

}  // namespace poss::server
