// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/update/update_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <utility>

#include "adapters/linux/net/file_descriptor.h"

namespace tsp::linux_ {
namespace update_server_test {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::uint16_t kPort = 18053;
constexpr IPv4Address kLoopback{{127, 0, 0, 1}};
// "alice:key"
const std::string kRequest =
    "GET /nic/update?hostname=alice HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWxpY2U6a2V5\r\n\r\n";

class UpdateServerTest : public testing::Test {
 protected:
  UpdateServerTest() {
    options_.listen = {make_endpoint(kLoopback, kPort)};
    options_.requests_per_source = {.per_second = 1000, .burst = 1000};
  }
  void serve() {
    auto opened = UpdateServer::open(options_);
    ASSERT_TRUE(opened) << opened.error();
    server_ = std::move(*opened);
    server_->serve([this](AdminCommand command) -> std::optional<AdminReply> {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::get<UpdateEndpointRequest>(command));
      return reply_;
    });
  }
  static FileDescriptor connect() {
    FileDescriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(kPort);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return client;
  }
  static void send(const FileDescriptor& client, const std::string& text) {
    EXPECT_EQ(::send(client.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // Until the server closes; "timeout" at the end if it does not.
  static std::string read_all(const FileDescriptor& client) {
    std::string all;
    std::array<char, 1024> buffer{};
    while (true) {
      const ssize_t size = recv(client.get(), buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EAGAIN) return all + "timeout";
      if (size <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }
  static std::string exchange(const std::string& text) {
    const FileDescriptor client = connect();
    send(client, text);
    return read_all(client);
  }

  UpdateOptions options_;
  std::optional<AdminReply> reply_ = AdminReply{.update = UpdateOutcome::Changed};
  std::mutex mutex_;
  std::vector<UpdateEndpointRequest> requests_;
  std::unique_ptr<UpdateServer> server_;
};

TEST_F(UpdateServerTest, ARequestReachesTheCoreAndItsAnswerTheClient) {
  serve();
  const std::string answer = exchange(kRequest);

  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\ngood 127.0.0.1\n"));
  ASSERT_EQ(requests_.size(), 1U);
  EXPECT_EQ(requests_[0].peer.remote.ipv4(), kLoopback);
  EXPECT_EQ(requests_[0].peer.local, make_endpoint(kLoopback, kPort));
}

TEST_F(UpdateServerTest, ACoreThatDoesNotAnswerInTimeIs911) {
  reply_ = std::nullopt;
  serve();
  EXPECT_THAT(exchange(kRequest), HasSubstr("\r\n\r\n911"));
}

TEST_F(UpdateServerTest, ARequestMayComeByteByByte) {
  serve();
  const FileDescriptor client = connect();
  for (const char byte : kRequest) send(client, std::string(1, byte));
  EXPECT_THAT(read_all(client), HasSubstr("good"));
}

TEST_F(UpdateServerTest, ATooLongHeadIsRefusedAndNotKept) {
  serve();
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x')), StartsWith("HTTP/1.1 400"));
  EXPECT_TRUE(requests_.empty());
}

TEST_F(UpdateServerTest, WhatIsSentBehindTheHeadDoesNotCostTheAnswer) {
  serve();
  EXPECT_THAT(exchange(kRequest + std::string(20'000, 'x')), HasSubstr("good"));
}

TEST_F(UpdateServerTest, ASlowClientIsCutOffHoweverBusyItIs) {
  options_.timeout = milliseconds(300);
  serve();
  const FileDescriptor client = connect();
  const auto begun = std::chrono::steady_clock::now();
  const timeval tick{.tv_sec = 0, .tv_usec = 20'000};
  setsockopt(client.get(), SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
  send(client, "GET / HTTP/1.1\r\n");
  char byte = 0;
  while (recv(client.get(), &byte, 1, 0) < 0 && errno == EAGAIN) {
    ASSERT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(10));
    ::send(client.get(), "x", 1, MSG_NOSIGNAL);
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(300));
}

TEST_F(UpdateServerTest, ASourceHasSoManyConnectionsAndNoMore) {
  options_.connections_per_source_max = 2;
  serve();
  FileDescriptor first = connect();
  const FileDescriptor second = connect();
  EXPECT_EQ(exchange(""), "") << "closed at once";
  // Its place is free again when the server has seen that it is gone.
  send(first, kRequest);
  EXPECT_THAT(read_all(first), HasSubstr("good"));
  first = FileDescriptor();
  std::string answer;
  const auto begun = std::chrono::steady_clock::now();
  while (answer.empty() && std::chrono::steady_clock::now() - begun < std::chrono::seconds(10)) {
    const FileDescriptor third = connect();
    ::send(third.get(), kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
    answer = read_all(third);
  }
  EXPECT_THAT(answer, HasSubstr("good"));
}

TEST_F(UpdateServerTest, ASourceThatAsksTooOftenIsToldSo) {
  options_.requests_per_source = {.per_second = 1, .burst = 3};
  serve();
  for (int i = 0; i < 3; ++i) EXPECT_THAT(exchange(kRequest), HasSubstr("good"));
  EXPECT_THAT(exchange(kRequest), HasSubstr("abuse"));
  EXPECT_EQ(requests_.size(), 3U);
}

TEST_F(UpdateServerTest, OnlyATrustedProxySaysWhoItsClientIs) {
  const std::string forwarded =
      "GET /nic/update?hostname=alice HTTP/1.1\r\nX-Forwarded-For: 203.0.113.7\r\n"
      "Authorization: Basic YWxpY2U6a2V5\r\n\r\n";
  serve();
  EXPECT_THAT(exchange(forwarded), HasSubstr("good 127.0.0.1"));
  server_.reset();
  options_.trusted_proxies = {kLoopback};
  serve();
  EXPECT_THAT(exchange(forwarded), HasSubstr("good 203.0.113.7"));
}

TEST_F(UpdateServerTest, APortOrACertificateThatCannotBeUsedIsNamed) {
  serve();
  const auto second = UpdateServer::open(options_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error(), StartsWith("update.listen: 127.0.0.1:18053 cannot be used: "));
  options_.certificate = "/nonexistent.pem";
  options_.private_key = "/nonexistent.pem";
  EXPECT_THAT(UpdateServer::open(options_).error(), StartsWith("update.certificate: /nonexistent.pem cannot be used"));
}

}  // namespace update_server_test
}  // namespace tsp::linux_
