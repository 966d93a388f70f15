// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/dns/server_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>

#include "adapters/linux/net/clock.h"

namespace tsp::linux_::dns {
namespace server_link_test {

using asio::ip::tcp;
using std::chrono::milliseconds;
using testing::HasSubstr;

class TcpLink : public testing::Test {
 protected:
  Endpoint address() { return make_endpoint({{127, 0, 0, 1}}, acceptor_.local_endpoint().port()); }

  // What the server gets first is in `asked_`; then it sends `answer`.
  void serve(Bytes answer) {
    answer_ = std::move(answer);
    asked_.resize(5);
    acceptor_.async_accept(socket_, [this](const asio::error_code& error) {
      ASSERT_FALSE(error);
      asio::async_read(socket_, asio::buffer(asked_), [this](const asio::error_code& read_error, std::size_t) {
        ASSERT_FALSE(read_error);
        asio::write(socket_, asio::buffer(answer_));
        socket_.close();
      });
    });
  }

  std::expected<Bytes, std::string> exchange(Duration timeout = std::chrono::seconds(5)) {
    TcpServerLink link(io_, address(), timeout);
    std::optional<std::expected<Bytes, std::string>> result;
    link.exchange({1, 2, 3}, [&](std::expected<Bytes, std::string> done) { result = std::move(done); });
    EXPECT_FALSE(result) << "from inside exchange()";
    while (!result) io_.run_one();
    return *result;
  }

  asio::io_context io_;
  tcp::acceptor acceptor_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  tcp::socket socket_{io_};
  Bytes asked_;
  Bytes answer_;
};

TEST_F(TcpLink, SendsTheSizeAndTheRequestAndGetsTheAnswer) {
  serve({0, 2, 8, 9});
  EXPECT_EQ(exchange().value(), (Bytes{8, 9}));
  EXPECT_EQ(asked_, (Bytes{0, 3, 1, 2, 3}));
}

TEST_F(TcpLink, AServerThatHangsUpIsAnError) {
  serve({0, 9, 1});
  EXPECT_THAT(exchange().error(), HasSubstr(to_text(address()) + ": the server closed the connection"));
}

TEST_F(TcpLink, ASilentServerIsGivenUpAfterAWhile) {
  EXPECT_THAT(exchange(milliseconds(20)).error(), HasSubstr("no answer within 20 ms"));  // the kernel takes it
}

TEST_F(TcpLink, AServerThatIsDownIsAnError) {
  const Endpoint there = address();
  acceptor_.close();
  TcpServerLink link(io_, there);
  std::string error;
  link.exchange({1}, [&](const std::expected<Bytes, std::string>& done) { error = done.error(); });
  io_.run();
  EXPECT_EQ(error, "DNS server " + to_text(there) + ": Connection refused");
}

TEST_F(TcpLink, ReachesAServerOverIPv6) {
  tcp::acceptor acceptor(io_);
  asio::error_code no_ipv6;
  acceptor.open(tcp::v6(), no_ipv6);
  if (!no_ipv6) acceptor.bind({asio::ip::address_v6::loopback(), 0}, no_ipv6);
  if (no_ipv6) GTEST_SKIP() << "this host has no ::1: " << no_ipv6.message();
  acceptor.listen();
  acceptor_ = std::move(acceptor);
  serve({0, 1, 8});
  TcpServerLink link(io_, {.address = parse_ipv6("::1").value(), .port = acceptor_.local_endpoint().port()});
  Bytes answer;
  link.exchange({1, 2, 3}, [&](const std::expected<Bytes, std::string>& done) { answer = done.value(); });
  io_.run();
  EXPECT_EQ(answer, (Bytes{8}));
}

TEST_F(TcpLink, NothingIsCalledWhenItIsGone) {
  {
    TcpServerLink link(io_, address());
    link.exchange({1}, [](const std::expected<Bytes, std::string>&) { FAIL() << "called"; });
    link.wake_at(link.now().mono, [] { FAIL() << "called"; });
  }
  EXPECT_GT(io_.run(), 0U);
}

TEST_F(TcpLink, WakesAtTheLastTimeAskedFor) {
  TcpServerLink link(io_, address());
  int woken = 0;
  link.wake_at(link.now().mono + std::chrono::hours(1), [] { FAIL() << "called"; });
  link.wake_at(link.now().mono + milliseconds(1), [&] { ++woken; });
  io_.run();
  EXPECT_EQ(woken, 1);
}

}  // namespace server_link_test
}  // namespace tsp::linux_::dns
