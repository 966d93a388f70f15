// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/control/api_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

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
  EXPECT_THAT(client().Get("/x", headers)->body, testing::StartsWith("127.0.0.1|"));
  server_.reset();
  settings_.trusted_proxies = {map_ipv4(kLoopback)};
  serve();
  EXPECT_THAT(client().Get("/x", headers)->body, testing::StartsWith("2001:db8::7|"));
}

TEST_F(ApiServerTest, ASourceThatAsksTooOftenIsToldSoAndThenNoMore) {
  settings_.requests_per_source = {.per_second = 1, .burst = 3};
  serve();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client().Get("/x")->status, 200);
  for (int i = 0; i < 3; ++i) {
    const auto response = client().Get("/x");
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
  const auto response = client().Get("/x", headers);
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 400);
}

TEST_F(ApiServerTest, TheConsoleIsServedBesideTheApi) {
  serve();
  const auto page = client().Get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->get_header_value("Content-Type"), "text/html; charset=utf-8");
  EXPECT_THAT(page->get_header_value("Content-Security-Policy"), testing::HasSubstr("default-src 'none'"));
  EXPECT_EQ(page->get_header_value("X-Content-Type-Options"), "nosniff");
  const auto head = client().Head("/");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->get_header_value("Content-Length"), std::to_string(page->body.size()));
  const auto known = client().Get("/", {{"If-None-Match", page->get_header_value("ETag")}});
  ASSERT_TRUE(known);
  EXPECT_EQ(known->status, 304);
  EXPECT_THAT(client().Get("/nothing")->body, testing::StartsWith("127.0.0.1|"));
  EXPECT_THAT(client().Post("/", "{}", "application/json")->body, testing::StartsWith("127.0.0.1|"));
}

TEST_F(ApiServerTest, WithoutTheConsoleTheApiStays) {
  settings_.console = false;
  serve();
  EXPECT_THAT(client().Get("/")->body, testing::StartsWith("127.0.0.1|"));
  EXPECT_THAT(client().Get("/main.js")->body, testing::StartsWith("127.0.0.1|"));
}

// Bytes as they are, and what comes back until the server closes the connection or `enough` of it is there.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(io_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
  }
  void send(const std::string& text) { asio::write(socket_, asio::buffer(text)); }
  std::string receive(const std::string& enough = {}) {
    std::string text;
    std::error_code error;
    while (!error && (enough.empty() || !text.contains(enough))) {
      std::array<char, 4096> some{};
      const std::size_t size = socket_.read_some(asio::buffer(some), error);
      text.append(some.data(), size);
    }
    return text;
  }

 private:
  asio::io_context io_;
  asio::ip::tcp::socket socket_;
};

TEST_F(ApiServerTest, RequestsFollowEachOtherOnOneConnection) {
  serve();
  RawClient raw(kPort);
  for (const char* body : {"first", "second"}) {
    raw.send("POST /x HTTP/1.1\r\nContent-Length: " + std::to_string(std::string(body).size()) + "\r\n\r\n" + body);
    const std::string answer = raw.receive(std::string(body) + "|\n");
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, testing::Not(testing::HasSubstr("Connection: close")));
  }
  // Two at once, the second of which wants to be the last; what is behind it is nobody's.
  raw.send(
      "POST /x HTTP/1.1\r\nContent-Length: 1\r\n\r\naPOST /x HTTP/1.1\r\nConnection: close\r\n"
      "Content-Length: 1\r\n\r\nbGET /x HTTP/1.1\r\n\r\n");
  const std::string rest = raw.receive();
  EXPECT_THAT(rest, testing::HasSubstr("|a|\nHTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(rest, testing::HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(rest, testing::EndsWith("|b|\n"));
}

TEST_F(ApiServerTest, ARequestThatIsRefusedUnreadIsTheLast) {
  serve();
  for (const char* text : {"POST /x HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.0\r\n\r\n",
                           "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    RawClient raw(kPort);
    raw.send(text);
    raw.send("GET /x HTTP/1.1\r\n\r\n");
    const std::string answer = raw.receive();
    EXPECT_THAT(answer, testing::HasSubstr("Connection: close\r\n")) << text;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << answer;
  }
}

TEST_F(ApiServerTest, WhoAsksTooOftenLosesHisConnection) {
  settings_.requests_per_source = {.per_second = 1, .burst = 1};
  serve();
  RawClient raw(kPort);
  raw.send("GET /x HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\nGET /x HTTP/1.1\r\n\r\n");
  const std::string answers = raw.receive();
  EXPECT_THAT(answers, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answers, testing::EndsWith("\"too many requests; wait a second\"}}\n"));
  EXPECT_EQ(answers.find("429"), answers.rfind("429"));
}

TEST_F(ApiServerTest, NoConnectionIsKeptWhenMostAreTaken) {
  settings_.connections_per_source_max = 2;
  serve();
  RawClient one(kPort);
  one.send("GET /x HTTP/1.1\r\n\r\n");
  EXPECT_THAT(one.receive("|\n"), testing::Not(testing::HasSubstr("Connection: close")));
  RawClient other(kPort);
  other.send("GET /x HTTP/1.1\r\n\r\n");
  EXPECT_THAT(other.receive(), testing::HasSubstr("Connection: close"));
}

TEST_F(ApiServerTest, PagesAreRequestsAmongOthers) {
  settings_.requests_per_source = {.per_second = 1, .burst = 1};
  serve();
  EXPECT_EQ(client().Get("/")->status, 200);
  EXPECT_EQ(client().Get("/")->status, 429);
}

bool take_all(const char* /*data*/, std::size_t /*size*/) {
  return true;
}

// Writes what it is told to, when it is.
class ToldBody final : public LiveBody {
 public:
  ~ToldBody() override { gone = true; }
  void begin(Wake wake) override {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  std::optional<std::string> next(Occasion /*occasion*/) override {
    const std::lock_guard lock(mutex_);
    if (ended_) return std::nullopt;
    return std::exchange(text_, {});
  }
  void write(const std::string& text) {
    const std::lock_guard lock(mutex_);
    text_ += text;
    if (wake_) wake_();
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    if (wake_) wake_();
  }
  static inline std::atomic<bool> gone = false;

 private:
  std::mutex mutex_;
  Wake wake_;
  std::string text_;
  bool ended_ = false;
};

TEST_F(ApiServerTest, ALiveBodyIsWrittenAsItComesAndTakesNoThread) {
  settings_.connections_max = 64;
  settings_.connections_per_source_max = 64;
  constexpr int kSilent = 16;  // more than there are threads
  std::atomic<int> silent_ones = 0;
  const auto body = std::make_shared<ToldBody>();
  auto opened = ApiServer::open(settings_);
  ASSERT_TRUE(opened) << opened.error();
  server_ = std::move(*opened);
  server_->serve([&](const ApiRequest& request) {
    if (request.target == "/id") return ApiResponse{200, request.last_event_id};
    ApiResponse response{.status = 200, .body = {}, .content_type = "text/event-stream"};
    if (request.target == "/silent") ++silent_ones;
    response.live = request.target == "/told" ? body : std::make_shared<ToldBody>();
    return response;
  });
  std::vector<std::thread> silent;
  for (int i = 0; i < kSilent; ++i) silent.emplace_back([] { client().Get("/silent", take_all); });
  while (silent_ones < kSilent) std::this_thread::yield();
  std::string received;
  std::thread reader([&] {
    const auto result = client().Get("/told", [&](const char* data, std::size_t size) {
      received.append(data, size);
      if (received == "a") body->write("b");
      if (received == "ab") body->end();
      return true;
    });
    EXPECT_TRUE(result && !result->has_header("Content-Length"));
  });
  EXPECT_EQ(client().Get("/id", {{"Last-Event-ID", "7-1"}})->body, "7-1\n");
  body->write("a");
  reader.join();
  EXPECT_EQ(received, "ab");
  server_.reset();
  for (std::thread& one : silent) one.join();
}

TEST_F(ApiServerTest, AClientThatIsGoneIsNoticed) {
  auto opened = ApiServer::open(settings_);
  ASSERT_TRUE(opened) << opened.error();
  server_ = std::move(*opened);
  server_->serve([&](const ApiRequest& /*request*/) {
    ApiResponse response;
    response.live = std::make_shared<ToldBody>();
    return response;
  });
  ToldBody::gone = false;
  client().Get("/x", [](const httplib::Response& /*head*/) { return false; }, take_all);
  for (int i = 0; i < 500 && !ToldBody::gone; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(ToldBody::gone);
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
