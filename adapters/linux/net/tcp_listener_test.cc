// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/net/tcp_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/io_context.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/net/udp_message.h"

namespace tsp::linux_ {
namespace tcp_listener_test {

using namespace std::chrono_literals;

constexpr IPv4Address kLoopback{{127, 0, 0, 1}};

// A client made of a plain socket, so that nothing hides what arrives.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer_bytes = 0) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer_bytes > 0) {
      setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void send(std::string_view text) {
    EXPECT_EQ(::send(fd_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  // What is there now; none at the end of the stream.
  std::optional<std::string> receive() {
    std::string text(65536, '\0');
    const ssize_t size = recv(fd_, text.data(), text.size(), MSG_DONTWAIT);
    if (size == 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    return text;
  }
  [[nodiscard]] std::uint32_t data_segments() const {
    // The member tcpi_data_segs_in of the kernel's tcp_info, which the C library's is too old to have.
    std::array<std::uint32_t, 64> info{};
    socklen_t size = sizeof info;
    getsockopt(fd_, IPPROTO_TCP, TCP_INFO, info.data(), &size);
    return info[152 / sizeof(std::uint32_t)];
  }

 private:
  int fd_;
};

class TcpListenerTest : public testing::Test {
 protected:
  void open(TcpOptions options = {}) {
    options.listen = {make_endpoint(kLoopback, 0)};
    auto opened = TcpListener::open(options, io_, [this](const Fact& fact) { record(fact); });
    ASSERT_TRUE(opened) << opened.error();
    listener_ = std::move(*opened);
  }
  [[nodiscard]] std::uint16_t port() const { return listener_->endpoints().front().port; }

  // Runs the loop until `done`, or fails after a time that only a broken listener needs.
  template <class Predicate>
  [[nodiscard]] bool run_until(Predicate done) {
    const auto give_up = std::chrono::steady_clock::now() + 10s;
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      io_.restart();
      io_.run_one_for(5ms);
    }
    return true;
  }

  void record(const Fact& fact) {
    if (const auto* opened = std::get_if<StreamOpened>(&fact)) opened_.push_back(*opened);
    if (const auto* bytes = std::get_if<StreamBytesArrived>(&fact)) received_ += as_text(bytes->bytes);
    if (std::holds_alternative<StreamDrained>(fact)) ++drained_;
    if (std::holds_alternative<StreamClosed>(fact)) ++closed_;
  }

  StreamId wait_for_stream() {
    const std::size_t before = opened_.size();
    EXPECT_TRUE(run_until([&] { return opened_.size() > before; }));
    return opened_.back().stream;
  }
  void send(StreamId stream, std::string_view text, bool report_drained = false) {
    listener_->execute(SendStream{stream, Bytes(text.begin(), text.end()), report_drained});
  }

  asio::io_context io_;
  std::unique_ptr<TcpListener> listener_;
  std::vector<StreamOpened> opened_;
  std::string received_;
  int drained_ = 0;
  int closed_ = 0;
};

TEST_F(TcpListenerTest, ConnectionAndItsBytesAreReported) {
  open();
  Client client(port());
  wait_for_stream();
  client.send("VERSION=2.0.0\r\n");

  EXPECT_TRUE(run_until([&] { return received_ == "VERSION=2.0.0\r\n"; }));
  EXPECT_EQ(opened_.front().path.local, make_endpoint(kLoopback, port()));
  EXPECT_EQ(opened_.front().path.remote.ipv4(), kLoopback);
}

TEST_F(TcpListenerTest, EachOrderIsASegmentOfItsOwn) {
  open();
  Client client(port());
  const StreamId stream = wait_for_stream();
  const std::uint32_t before = client.data_segments();
  send(stream, "first\r\n");
  send(stream, "second\r\n");

  std::string text;
  EXPECT_TRUE(run_until([&] {
    text += client.receive().value_or("");
    return text == "first\r\nsecond\r\n";
  }));
  EXPECT_EQ(client.data_segments() - before, 2U);
}

TEST_F(TcpListenerTest, DrainedIsReportedWhenThePeerHasAcknowledged) {
  open();
  Client client(port());
  const StreamId stream = wait_for_stream();
  send(stream, "rspauth", true);

  EXPECT_TRUE(run_until([&] { return drained_ == 1; }));
  EXPECT_EQ(client.receive(), "rspauth");
}

TEST_F(TcpListenerTest, DrainedWaitsForAPeerWithoutRoom) {
  open();
  Client client(port(), 2048);
  const StreamId stream = wait_for_stream();
  const std::string much(60000, 'x');
  send(stream, much, true);
  for (int turn = 0; turn < 20; ++turn) io_.run_one_for(5ms);
  const int drained_before_reading = drained_;

  std::string text;
  EXPECT_TRUE(run_until([&] {
    text += client.receive().value_or("");
    return drained_ == 1 && text == much;
  }));
  EXPECT_EQ(drained_before_reading, 0);
}

TEST_F(TcpListenerTest, CloseComesAfterEverythingWasSent) {
  open();
  Client client(port(), 2048);
  const StreamId stream = wait_for_stream();
  const std::string much(60000, 'x');
  send(stream, much);
  listener_->execute(CloseStream{stream});

  std::string text;
  bool ended = false;
  EXPECT_TRUE(run_until([&] {
    const auto piece = client.receive();
    ended = !piece;
    text += piece.value_or("");
    return ended;
  }));
  EXPECT_EQ(text, much);
  client.close();
  EXPECT_TRUE(run_until([&] { return listener_->connections() == 0; }));
  EXPECT_EQ(closed_, 0) << "the core ordered it";
}

TEST_F(TcpListenerTest, PeerThatNeverClosesIsDroppedAfterTheLingerTime) {
  open({.linger_timeout = 20ms});
  Client client(port());
  listener_->execute(CloseStream{wait_for_stream()});

  EXPECT_TRUE(run_until([&] { return listener_->connections() == 0; }));
}

TEST_F(TcpListenerTest, PeersCloseIsReportedOnce) {
  open();
  Client client(port());
  const StreamId stream = wait_for_stream();
  client.close();

  EXPECT_TRUE(run_until([&] { return listener_->connections() == 0; }));
  EXPECT_EQ(closed_, 1);
  send(stream, "into the void");
  listener_->execute(CloseStream{stream});
  EXPECT_EQ(closed_, 1);
}

TEST_F(TcpListenerTest, PeerThatDoesNotReadIsGivenUp) {
  open({.write_timeout = 50ms});
  Client client(port(), 2048);
  send(wait_for_stream(), std::string(60000, 'x'), true);

  EXPECT_TRUE(run_until([&] { return closed_ == 1 && listener_->connections() == 0; }));
  EXPECT_EQ(drained_, 0);
}

TEST_F(TcpListenerTest, StreamWithTooMuchUnsentIsGivenUp) {
  open();
  Client client(port(), 2048);
  const StreamId stream = wait_for_stream();
  for (int i = 0; i < 3; ++i) send(stream, std::string(60000, 'x'));

  EXPECT_TRUE(run_until([&] { return closed_ == 1 && listener_->connections() == 0; }));
}

TEST_F(TcpListenerTest, ConnectionsBeyondTheMaximumWait) {
  open({.connections_max = 2});
  Client first(port());
  Client second(port());
  Client third(port());
  ASSERT_TRUE(run_until([&] { return opened_.size() == 2; }));
  for (int turn = 0; turn < 20; ++turn) io_.run_one_for(5ms);
  EXPECT_EQ(opened_.size(), 2U);

  first.close();
  EXPECT_TRUE(run_until([&] { return opened_.size() == 3; }));
}

TEST_F(TcpListenerTest, BurstIsAcceptedOverSeveralTicks) {
  open({.accepts_per_tick_max = 2});
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 7; ++i) clients.push_back(std::make_unique<Client>(port()));

  EXPECT_TRUE(run_until([&] { return opened_.size() == 7; }));
}

TEST_F(TcpListenerTest, TakenPortIsNamed) {
  open();
  TcpOptions options;
  options.listen = listener_->endpoints();
  const auto again = TcpListener::open(options, io_, [](const Fact&) {});

  ASSERT_FALSE(again);
  EXPECT_THAT(again.error(), testing::HasSubstr("TCP 127.0.0.1:" + std::to_string(port())));
}

TEST_F(TcpListenerTest, NothingIsReportedAfterTheListenerIsGone) {
  open();
  Client client(port());
  wait_for_stream();
  client.send("late");
  listener_.reset();
  io_.restart();
  io_.run_for(20ms);

  EXPECT_EQ(received_, "");
  EXPECT_EQ(closed_, 0);
}

TEST_F(TcpListenerTest, IPv6IsServedBesideIPv4OnTheSamePort) {
  const IPv6Address loopback = *parse_ipv6("::1");
  const TcpOptions options{.listen = {make_endpoint({}, 0)}};
  auto ipv4 = TcpListener::open(options, io_, [](const Fact&) {});
  ASSERT_TRUE(ipv4) << ipv4.error();
  const std::uint16_t shared = (*ipv4)->endpoints().front().port;
  auto ipv6 = TcpListener::open({.listen = {{IPv6Address{}, shared}}}, io_, [this](const Fact& fact) { record(fact); });
  ASSERT_TRUE(ipv6) << ipv6.error();
  EXPECT_EQ((*ipv6)->endpoints().front(), (Endpoint{IPv6Address{}, shared}));

  const FileDescriptor client(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress to = to_socket_address({loopback, shared});
  ASSERT_EQ(connect(client.get(), &to.any, to.size()), 0);

  wait_for_stream();
  EXPECT_EQ(opened_.front().path.local, (Endpoint{loopback, shared}));
  EXPECT_EQ(opened_.front().path.remote.address, loopback);
}

TEST_F(TcpListenerTest, WhoWaitsAtAnInheritedSocketIsServedWhenItBegins) {
  FileDescriptor listening(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listening.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listening.get(), 5), 0);
  ASSERT_EQ(getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const Endpoint endpoint = make_endpoint({{127, 0, 0, 1}}, ntohs(address.sin_port));
  std::vector<FileDescriptor> descriptors;
  descriptors.push_back(std::move(listening));
  InheritedDescriptors inherited(std::move(descriptors));
  std::size_t opened = 0;
  auto listener = TcpListener::open({.listen = {endpoint}, .inherited = &inherited}, io_, [&](const Fact& fact) {
    opened += std::holds_alternative<StreamOpened>(fact) ? 1 : 0;
  });
  ASSERT_TRUE(listener) << listener.error();
  const FileDescriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address), size), 0);

  io_.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(opened, 0U);
  (*listener)->begin();
  io_.restart();
  io_.run_for(std::chrono::milliseconds(50));
  EXPECT_EQ(opened, 1U);
  EXPECT_EQ((*listener)->descriptors().size(), 1U);
}

}  // namespace tcp_listener_test
}  // namespace tsp::linux_
