// Azure's strings and signatures; the digests are checked against the openssl program.
#include "net/azure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/encoding.h"
#include "net/test_peers.h"

namespace poss::net {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kKey = base64_encode("a key of some length");  // 20 bytes

// The HMAC-SHA256 in Base64, as openssl makes it.
std::string openssl_signature(const std::string& key_base64, const std::string& text) {
  TempFolder folder;
  folder.write("text", text);
  std::string hex;
  const std::string key = *base64_decode(key_base64);
  for (const char c : key) {
    constexpr char kDigits[] = "0123456789abcdef";
    hex += kDigits[static_cast<unsigned char>(c) >> 4];
    hex += kDigits[static_cast<unsigned char>(c) & 15];
  }
  ChildProcess openssl({"sh", "-c",
                        "openssl dgst -sha256 -mac HMAC -macopt hexkey:" + hex + " -binary " +
                            folder.file("text") + " | openssl base64 -A && echo"});
  return openssl.read_line().value_or("");
}

TEST(ConnectionString, is_taken_apart_and_values_may_hold_equals_signs) {
  const auto values = parse_connection_string(" HostName=h.net ; DeviceId=cam 1;Key=ab==;;\n");
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(values->at("HostName"), "h.net");
  EXPECT_EQ(values->at("DeviceId"), "cam 1");
  EXPECT_EQ(values->at("Key"), "ab==");
  EXPECT_FALSE(parse_connection_string("secret-only"));
  EXPECT_FALSE(parse_connection_string("=x"));
}

TEST(SasToken, is_what_openssl_computes) {
  const Time expiry = Time(std::chrono::seconds(1'700'000'000));
  const auto token = sas_token("hub.azure-devices.net/devices/cam", kKey, expiry);
  ASSERT_TRUE(token) << token.error().message;
  const std::string scope = "hub.azure-devices.net%2Fdevices%2Fcam";
  const std::string signature = openssl_signature(kKey, scope + "\n1700000000");
  ASSERT_EQ(signature.size(), 44u);
  EXPECT_EQ(*token, "SharedAccessSignature sr=" + scope + "&sig=" + percent_encode(signature) +
                        "&se=1700000000");
  EXPECT_FALSE(sas_token("x", "not base64!", expiry));
}

TEST(IotHub, device_and_module_connect_as_documented) {
  const auto device =
      parse_iot_hub("HostName=hub.azure-devices.net;DeviceId=cam;SharedAccessKey=" + kKey);
  ASSERT_TRUE(device) << device.error().message;
  const auto options = iot_hub_options(*device, Time(std::chrono::seconds(1'700'000'000)));
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->address.tls);
  EXPECT_EQ(options->address.host, "hub.azure-devices.net");
  EXPECT_EQ(options->address.port, 8883);
  EXPECT_EQ(options->client_id, "cam");
  EXPECT_EQ(options->address.user_name, "hub.azure-devices.net/cam/?api-version=2021-04-12");
  EXPECT_THAT(options->address.password, HasSubstr("sr=hub.azure-devices.net%2Fdevices%2Fcam&"));

  const auto module = parse_iot_hub(
      "HostName=hub.azure-devices.net;DeviceId=cam;ModuleId=vision;SharedAccessKey=" + kKey);
  const auto module_options = iot_hub_options(*module, Time());
  EXPECT_EQ(module_options->client_id, "cam/vision");
  EXPECT_EQ(module_options->address.user_name,
            "hub.azure-devices.net/cam/vision/?api-version=2021-04-12");
  EXPECT_THAT(module_options->address.password,
              HasSubstr("sr=hub.azure-devices.net%2Fdevices%2Fcam%2Fmodules%2Fvision&"));
}

TEST(IotHub, an_incomplete_string_says_what_is_missing_and_shows_no_key) {
  const auto fails = [](const std::string& text) {
    const auto identity = parse_iot_hub(text);
    EXPECT_FALSE(identity) << text;
    return identity ? "" : identity.error().message;
  };
  EXPECT_THAT(fails("HostName=h;SharedAccessKey=" + kKey), HasSubstr("no DeviceId"));
  EXPECT_THAT(fails("HostName=h;DeviceId=d"), HasSubstr("no SharedAccessKey"));
  EXPECT_THAT(fails("HostName=h;SharedAccessKeyName=iothubowner;SharedAccessKey=" + kKey),
              HasSubstr("of the whole hub"));
  for (const std::string text : {"hunter2", "DeviceId=d;SharedAccessKey=hunter2",
                                 "HostName=a b;DeviceId=d;SharedAccessKey=hunter2"}) {
    EXPECT_THAT(fails(text), Not(HasSubstr("hunter2")));
  }
}

TEST(BlobAccount, every_form_of_credentials_is_understood) {
  const auto whole =
      parse_blob_account("", "",
                         "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + kKey +
                             ";EndpointSuffix=core.windows.net");
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(whole->endpoint, "https://a.blob.core.windows.net");
  EXPECT_EQ(whole->account, "a");
  EXPECT_EQ(whole->key, kKey);

  const auto sas_string = parse_blob_account(
      "", "", "BlobEndpoint=https://a.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x%3D");
  ASSERT_TRUE(sas_string) << sas_string.error().message;
  EXPECT_EQ(sas_string->endpoint, "https://a.blob.core.windows.net");
  EXPECT_EQ(sas_string->sas, "sv=1&sig=x%3D");

  const auto url =
      parse_blob_account("", "", "https://a.blob.core.windows.net/clips?sv=1&sig=x%3D");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->endpoint, "https://a.blob.core.windows.net");
  EXPECT_EQ(url->container, "clips");

  const auto token =
      parse_blob_account("https://a.blob.core.windows.net/clips", "", "?sv=1&sig=x%3D");
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->sas, "sv=1&sig=x%3D");
  EXPECT_EQ(token->container, "clips");

  const auto key = parse_blob_account("http://127.0.0.1:10000/acc/clips", "", kKey);
  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(key->endpoint, "http://127.0.0.1:10000/acc");
  EXPECT_EQ(key->account, "acc");
  EXPECT_EQ(key->container, "clips");
  EXPECT_EQ(key->key, kKey);
}

TEST(BlobAccount, what_cannot_work_is_refused_without_showing_secrets) {
  for (const auto& [address, credentials] :
       {std::pair{"", ""}, std::pair{"", "hunter2"}, std::pair{"", "AccountName=a;X=hunter2"},
        std::pair{"", "https://a.blob.core.windows.net/?hunter2"},
        std::pair{"", "AccountKey=hunter2;X=y"}, std::pair{"ftp://a", "hunter2"},
        std::pair{"https://a.blob.core.windows.net/c/blob", "hunter2"}}) {
    const auto account = parse_blob_account(address, "", credentials);
    ASSERT_FALSE(account) << address << " " << credentials;
    EXPECT_EQ(account.error().code, Code::invalid_argument);
    EXPECT_THAT(account.error().message, Not(HasSubstr("hunter2")));
  }
}

TEST(BlobRequest, shared_key_signs_what_the_documentation_says) {
  const BlobAccount account{.endpoint = "https://a.blob.core.windows.net",
                            .container = {},
                            .account = "a",
                            .key = kKey,
                            .sas = {}};
  const Time now = Time(std::chrono::seconds(1'700'000'000));
  const auto request = blob_request(account, HttpMethod::get, "/clips",
                                    {{"restype", "container"}, {"comp", "list"}}, now);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->url, "https://a.blob.core.windows.net/clips?comp=list&restype=container");
  EXPECT_EQ(request->headers.at("x-ms-date"), "Tue, 14 Nov 2023 22:13:20 GMT");
  const std::string text =
      "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Tue, 14 Nov 2023 22:13:20 GMT\n"
      "x-ms-version:2021-08-06\n/a/clips\ncomp:list\nrestype:container";
  EXPECT_EQ(request->headers.at("Authorization"), "SharedKey a:" + openssl_signature(kKey, text));
}

}  // namespace
}  // namespace poss::net
