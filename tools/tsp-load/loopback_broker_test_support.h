// SPDX-License-Identifier: Apache-2.0
//
// The real core behind a UDP socket on the loopback interface, with a simulated store and a datapath that agrees to
// everything.
#pragma once

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <variant>

#include <tsp/broker.h>

#include "adapters/linux/net/clock.h"
#include "adapters/linux/net/file_descriptor.h"
#include "adapters/linux/net/udp_message.h"
#include "adapters/sim/store.h"
#include "core/base/assert.h"
#include "core/dataplane/packet.h"
#include "core/pool/layout.h"

namespace tsp::load::testing {

class LoopbackBroker {
 public:
  struct Options {
    bool anonymous = true;
    unsigned datagrams_to_lose = 0;      // the first ones that come in
    unsigned echo_requests_to_lose = 0;  // the first ones of those
  };

  explicit LoopbackBroker(Options options)
      : options_(options),
        fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)),
        store_(contents_, [this](StoreDone done) { broker_->handle(linux_::read_clock(), std::move(done)); }) {
    const sockaddr_in any_port = linux_::to_sockaddr(make_endpoint({{127, 0, 0, 1}}, 0));
    TSP_ASSERT(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&any_port), sizeof any_port) == 0);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    TSP_ASSERT(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &size) == 0);
    endpoint_ = linux_::to_endpoint(bound);
    const timeval patience{.tv_sec = 0, .tv_usec = 10'000};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    BrokerConfig config;
    config.realm = "test";
    config.pool = pool::derive_layout(*parse_prefix("2001:db8:1::/48")).value();
    config.auth_anonymous = options.anonymous;
    config.dns_servers = {config.pool.server_address};
    broker_ = std::make_unique<Broker>(std::make_shared<const BrokerConfig>(config), Seed{}, linux_::read_clock());
    execute_orders();
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  LoopbackBroker(const LoopbackBroker&) = delete;
  LoopbackBroker& operator=(const LoopbackBroker&) = delete;

  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] unsigned echo_requests() const { return echo_requests_; }

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::array<std::uint8_t, 4096> buffer;
      sockaddr_in from{};
      socklen_t from_size = sizeof from;
      const ssize_t size =
          ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &from_size);
      if (size <= 0) continue;
      if (options_.datagrams_to_lose > 0) {
        --options_.datagrams_to_lose;
        continue;
      }
      const ByteView datagram(buffer.data(), static_cast<std::size_t>(size));
      if (datagram[0] >> 4 == 6) {
        answer_echo(datagram, from);
        continue;
      }
      broker_->handle(linux_::read_clock(), DatagramArrived{{linux_::to_endpoint(from), endpoint_}, datagram});
      execute_orders();
    }
  }

  void answer_echo(ByteView request, const sockaddr_in& from) {
    ++echo_requests_;
    if (options_.echo_requests_to_lose > 0) {
      --options_.echo_requests_to_lose;
      return;
    }
    const auto reply = dataplane::make_echo_reply(request);
    TSP_ASSERT(reply);
    send(*reply, from);
  }

  void send(ByteView payload, const sockaddr_in& to) {
    ::sendto(fd_.get(), payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }

  void execute_orders() {
    while (auto order = broker_->poll()) {
      if (const auto* datagram = std::get_if<SendDatagram>(&*order)) {
        send(datagram->payload, linux_::to_sockaddr(datagram->path.remote));
      } else if (const auto* stored = std::get_if<StoreOrder>(&*order)) {
        store_.submit(*stored);
        store_.step();
      } else if (const auto* forwarded = std::get_if<DatapathOrder>(&*order)) {
        const OpId op = std::visit([](const auto& known) { return known.op; }, *forwarded);
        broker_->handle(linux_::read_clock(), DatapathDone{.op = op});
      }
    }
  }

  Options options_;
  linux_::FileDescriptor fd_;
  Endpoint endpoint_;
  std::atomic<unsigned> echo_requests_ = 0;
  sim::StoreContents contents_;
  sim::SimStore store_;
  std::unique_ptr<Broker> broker_;
  std::jthread thread_;  // last: it uses all of the others
};

}  // namespace tsp::load::testing
