// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <string>

namespace tsp::linux_ {
namespace api_server_test {

constexpr std::uint16_t kPort = 18054;
constexpr IPv4Address kLoopback{{127, 0, 0, 1}};

class ApiServerTest : public testing::Test {
 protected:
  ApiServerTest() {
    settings_.listen = {make_endpoint(kLoopback, kPort)};
    settings_.requests_per_source = {.per_second = 1000, .burst = 1000};
  }
  void serve() {
    auto opened = ApiServer::open(settings_);
    ASSERT_TRUE(opened) << opened.error();
    server_ = std::move(*opened);
    server_->serve([](const ApiRequest& request) {
      const Credentials& shown = request.credentials;
      return ApiResponse{200, to_unmapped_text(shown.source) + '|' + shown.authorization + '|' + shown.cookie + '|' +
                                  shown.csrf_token + '|' + request.idempotency_key.value_or("-") + '|' + request.body +
                                  '|' + (shown.uid ? "uid" : "")};
    });
  }
  static httplib::Client client() { return httplib::Client("127.0.0.1", kPort); }

  ApiSettings settings_;
  std::unique_ptr<ApiServer> server_;
};

TEST_F(ApiServerTest, RequestsBringTheirCredentials) {
  serve();
  const httplib::Headers headers = {
      {"Authorization", "Bearer t"}, {"Cookie", "a=b"}, {"X-CSRF-Token", "c"}, {"Idempotency-Key", "k"}};
  const auto response = client().Post("/api/v1/x", headers, "{}", "application/json");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, "127.0.0.1|Bearer t|a=b|c|k|{}|\n");
  EXPECT_EQ(response->get_header_value("X-Content-Type-Options"), "nosniff");
}

TEST_F(ApiServerTest, OnlyATrustedProxySaysWhoItsClientIs) {
  const httplib::Headers headers = {{"X-Forwarded-For", "192.0.2.1, 2001:db8::7"}};
  serve();
  EXPECT_THAT(client().Get("/", headers)->body, testing::StartsWith("127.0.0.1|"));
  server_.reset();
  settings_.trusted_proxies = {map_ipv4(kLoopback)};
  serve();
  EXPECT_THAT(client().Get("/", headers)->body, testing::StartsWith("2001:db8::7|"));
}

TEST_F(ApiServerTest, ASourceThatAsksTooOftenIsToldSoAndThenNoMore) {
  settings_.requests_per_source = {.per_second = 1, .burst = 3};
  serve();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client().Get("/")->status, 200);
  for (int i = 0; i < 3; ++i) {
    const auto response = client().Get("/");
    ASSERT_TRUE(response) << i;
    EXPECT_EQ(response->status, 429);
    EXPECT_EQ(response->get_header_value("Retry-After"), "1");
  }
  int closed = 0;
  for (int i = 0; i < 5; ++i) closed += client().Get("/") ? 0 : 1;
  EXPECT_GE(closed, 1);
}

TEST_F(ApiServerTest, WhatIsTooLargeIsRefusedUnread) {
  serve();
  EXPECT_EQ(client().Post("/x", std::string(20'000, 'x'), "application/json")->status, 413);
  EXPECT_EQ(client().Post("/x", httplib::MultipartFormDataItems{{"a", "b", "", ""}})->status, 415);
  EXPECT_EQ(client().Get("/", {{"X", std::string(7'000, 'x')}})->status, 200);
}

TEST_F(ApiServerTest, AHeadHasASize) {
  serve();
  const httplib::Headers headers = {{"A", std::string(5'000, 'x')}, {"B", std::string(5'000, 'x')}};
  const auto response = client().Get("/", headers);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
}

TEST_F(ApiServerTest, APortOrACertificateThatCannotBeUsedIsNamed) {
  serve();
  EXPECT_THAT(ApiServer::open(settings_).error(), testing::StartsWith("api.listen: 127.0.0.1:18054 cannot be used: "));
  settings_.certificate = "/nonexistent.pem";
  settings_.private_key = "/nonexistent.pem";
  EXPECT_THAT(ApiServer::open(settings_).error(),
              testing::StartsWith("api.certificate: /nonexistent.pem cannot be used"));
}

}  // namespace api_server_test
}  // namespace tsp::linux_
