// SPDX-License-Identifier: Apache-2.0
//
// Channels over the loopback device.
#include "adapters/linux/client/channel.h"

#include <gtest/gtest.h>

#include <array>
#include <asio/buffer.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <optional>
#include <string>

namespace tsp::linux_ {
namespace channel_test {

using namespace std::chrono_literals;
using client::OpenSocket;
using client::OuterFamily;
using client::SocketId;
using client::Transport;

// What a channel reported, and the io_context that carries it.
struct Observed {
  asio::io_context io;
  std::optional<Endpoint> local;
  std::optional<Endpoint> remote;
  std::optional<std::string> failure;
  int unreachable = 0;
  std::string text;

  ChannelEvents events() {
    return {.opened =
                [this](const Endpoint& l, const Endpoint& r) {
                  local = l;
                  remote = r;
                },
            .failed = [this](std::string reason) { failure = std::move(reason); },
            .unreachable = [this] { ++unreachable; },
            .arrived = [this](ByteView bytes) { text += as_text(bytes); }};
  }
  std::unique_ptr<Channel> open(Transport transport, const std::string& host, std::uint16_t port,
                                OuterFamily family = OuterFamily::IPv4) {
    return open_channel(io, OpenSocket{SocketId{1}, transport, {host, port}, family}, events());
  }
  // Until it holds; false after a time in which it always does.
  template <class Condition>
  bool run_until(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + 5s;
    while (!condition() && std::chrono::steady_clock::now() < give_up) {
      io.restart();
      io.run_one_for(100ms);
    }
    return condition();
  }
};

asio::ip::address loopback_of(OuterFamily family) {
  if (family == OuterFamily::IPv4) return asio::ip::address_v4::loopback();
  return asio::ip::address_v6::loopback();
}

asio::ip::udp::socket udp_server(asio::io_context& io, OuterFamily family = OuterFamily::IPv4) {
  return {io, asio::ip::udp::endpoint(loopback_of(family), 0)};
}

asio::ip::tcp::acceptor tcp_server(asio::io_context& io, OuterFamily family = OuterFamily::IPv4) {
  return {io, asio::ip::tcp::endpoint(loopback_of(family), 0)};
}

TEST(UdpChannel, TellsBothEndsAndCarriesDatagramsBothWays) {
  Observed seen;
  auto server = udp_server(seen.io);
  const auto channel = seen.open(Transport::Udp, "127.0.0.1", server.local_endpoint().port());
  ASSERT_TRUE(seen.run_until([&] { return seen.local.has_value(); }));
  EXPECT_EQ(to_text(seen.remote->ipv4()), "127.0.0.1");
  EXPECT_EQ(to_text(seen.local->ipv4()), "127.0.0.1");
  EXPECT_GE(channel->datagram_fd(), 0);

  channel->send(as_bytes("question"));
  std::array<char, 64> buffer{};
  asio::ip::udp::endpoint from;
  const std::size_t size = server.receive_from(asio::buffer(buffer), from);
  EXPECT_EQ(std::string_view(buffer.data(), size), "question");
  EXPECT_EQ(from.port(), seen.local->port);
  server.send_to(asio::buffer(std::string_view("answer")), from);
  EXPECT_TRUE(seen.run_until([&] { return seen.text == "answer"; }));
}

TEST(UdpChannel, DatagramFromAnotherPortIsNotSeen) {
  Observed seen;
  auto server = udp_server(seen.io);
  auto stranger = udp_server(seen.io);
  const auto channel = seen.open(Transport::Udp, "127.0.0.1", server.local_endpoint().port());
  ASSERT_TRUE(seen.run_until([&] { return seen.local.has_value(); }));
  const asio::ip::udp::endpoint client(asio::ip::address_v4::loopback(), seen.local->port);
  stranger.send_to(asio::buffer(std::string_view("forged")), client);
  server.send_to(asio::buffer(std::string_view("true")), client);
  ASSERT_TRUE(seen.run_until([&] { return !seen.text.empty(); }));
  EXPECT_EQ(seen.text, "true");
}

TEST(UdpChannel, ClosedPortIsReportedAndTheSocketStaysOpen) {
  Observed seen;
  std::uint16_t port = 0;
  {
    auto server = udp_server(seen.io);
    port = server.local_endpoint().port();
  }
  const auto channel = seen.open(Transport::Udp, "127.0.0.1", port);
  ASSERT_TRUE(seen.run_until([&] { return seen.local.has_value(); }));
  channel->send(as_bytes("anybody?"));
  EXPECT_TRUE(seen.run_until([&] { return seen.unreachable > 0; }));
  EXPECT_FALSE(seen.failure);
}

TEST(UdpChannel, NameThatDoesNotExistIsAFailure) {
  Observed seen;
  const auto channel = seen.open(Transport::Udp, "no-such-host.invalid", 3653);
  ASSERT_TRUE(seen.run_until([&] { return seen.failure.has_value(); }));
  EXPECT_NE(seen.failure->find("no-such-host.invalid"), std::string::npos);
}

TEST(UdpChannel, CarriesDatagramsOverIPv6Too) {
  Observed seen;
  auto server = udp_server(seen.io, OuterFamily::IPv6);
  const auto channel = seen.open(Transport::Udp, "::1", server.local_endpoint().port(), OuterFamily::IPv6);
  ASSERT_TRUE(seen.run_until([&] { return seen.local.has_value(); }));
  EXPECT_EQ(to_text(*seen.remote), "[::1]:" + std::to_string(server.local_endpoint().port()));
  EXPECT_EQ(to_text(seen.local->address), "::1");

  channel->send(as_bytes("question"));
  std::array<char, 64> buffer{};
  asio::ip::udp::endpoint from;
  EXPECT_EQ(server.receive_from(asio::buffer(buffer), from), 8U);
  EXPECT_EQ(from.port(), seen.local->port);
  server.send_to(asio::buffer(std::string_view("answer")), from);
  EXPECT_TRUE(seen.run_until([&] { return seen.text == "answer"; }));
}

TEST(UdpChannel, ClosedPortIsReportedOverIPv6Too) {
  Observed seen;
  const std::uint16_t port = udp_server(seen.io, OuterFamily::IPv6).local_endpoint().port();
  const auto channel = seen.open(Transport::Udp, "::1", port, OuterFamily::IPv6);
  ASSERT_TRUE(seen.run_until([&] { return seen.local.has_value(); }));
  channel->send(as_bytes("anybody?"));
  EXPECT_TRUE(seen.run_until([&] { return seen.unreachable > 0; }));
  EXPECT_FALSE(seen.failure);
}

TEST(UdpChannel, AddressOfTheOtherVersionIsAFailure) {
  for (const auto& [host, family] : {std::pair{"127.0.0.1", OuterFamily::IPv6}, std::pair{"::1", OuterFamily::IPv4}}) {
    Observed seen;
    const auto channel = seen.open(Transport::Udp, host, 3653, family);
    ASSERT_TRUE(seen.run_until([&] { return seen.failure.has_value(); })) << host;
    EXPECT_FALSE(seen.local);
  }
}

TEST(UdpChannel, NameGivesAnAddressOfTheFamilyAskedFor) {
  for (const OuterFamily family : {OuterFamily::IPv4, OuterFamily::IPv6}) {
    Observed seen;
    const auto channel = seen.open(Transport::Udp, "localhost", 3653, family);
    ASSERT_TRUE(seen.run_until([&] { return seen.local || seen.failure; }));
    // A host may have no IPv6 name of its own; it must never be the other version.
    if (seen.remote) {
      EXPECT_EQ(client::family_of(seen.remote->address), family);
    }
  }
}

TEST(UdpChannel, NothingIsReportedAfterItIsGone) {
  Observed seen;
  seen.open(Transport::Udp, "127.0.0.1", 3653).reset();
  seen.io.run_for(50ms);
  EXPECT_FALSE(seen.local);
  EXPECT_FALSE(seen.failure);
}

TEST(TcpChannel, CarriesBytesBothWaysAndTellsTheEnd) {
  Observed seen;
  auto listener = tcp_server(seen.io);
  const auto channel = seen.open(Transport::Tcp, "127.0.0.1", listener.local_endpoint().port());
  ASSERT_TRUE(seen.run_until([&] { return seen.local.has_value(); }));
  auto server = std::optional(listener.accept());
  EXPECT_EQ(server->remote_endpoint().port(), seen.local->port);

  channel->send(as_bytes("one "));
  channel->send(as_bytes("two"));
  std::string received(7, ' ');
  seen.io.restart();
  seen.io.run_for(50ms);
  ASSERT_EQ(server->read_some(asio::buffer(received)), 7U);
  EXPECT_EQ(received, "one two");
  asio::write(*server, asio::buffer(std::string_view("answer")));
  EXPECT_TRUE(seen.run_until([&] { return seen.text == "answer"; }));
  server.reset();
  EXPECT_TRUE(seen.run_until([&] { return seen.failure.has_value(); }));
}

TEST(TcpChannel, CarriesBytesOverIPv6Too) {
  Observed seen;
  auto listener = tcp_server(seen.io, OuterFamily::IPv6);
  const auto channel = seen.open(Transport::Tcp, "::1", listener.local_endpoint().port(), OuterFamily::IPv6);
  ASSERT_TRUE(seen.run_until([&] { return seen.local.has_value(); })) << *seen.failure;
  auto server = listener.accept();
  EXPECT_EQ(to_text(seen.local->address), "::1");
  EXPECT_EQ(server.remote_endpoint().port(), seen.local->port);
  asio::write(server, asio::buffer(std::string_view("answer")));
  EXPECT_TRUE(seen.run_until([&] { return seen.text == "answer"; }));
}

TEST(TcpChannel, RefusedConnectionIsAFailure) {
  Observed seen;
  std::uint16_t port = 0;
  {
    auto listener = tcp_server(seen.io);
    port = listener.local_endpoint().port();
  }
  const auto channel = seen.open(Transport::Tcp, "127.0.0.1", port);
  EXPECT_TRUE(seen.run_until([&] { return seen.failure.has_value(); }));
  EXPECT_FALSE(seen.local);
}

TEST(TcpChannel, WhatWasSentBeforeItWasClosedStillArrives) {
  Observed seen;
  auto listener = tcp_server(seen.io);
  auto channel = seen.open(Transport::Tcp, "127.0.0.1", listener.local_endpoint().port());
  ASSERT_TRUE(seen.run_until([&] { return seen.local.has_value(); }));
  auto server = listener.accept();
  channel->send(as_bytes("goodbye"));
  channel.reset();
  std::string received(7, ' ');
  ASSERT_EQ(server.read_some(asio::buffer(received)), 7U);
  EXPECT_EQ(received, "goodbye");
}

}  // namespace channel_test
}  // namespace tsp::linux_
