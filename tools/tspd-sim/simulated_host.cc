// SPDX-License-Identifier: Apache-2.0
#include "tools/tspd-sim/simulated_host.h"

#include <unistd.h>

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

namespace tsp::tspd_sim {
namespace {

// A fact that is posted in one turn is handled before the next, and may lead to orders; two more to be sure that the
// core has no more to say.
constexpr int kIdleTurns = 3;

class MemoryStore final : public port::Store {
 public:
  explicit MemoryStore(SimulatedHost& host) : host_(host) {}
  void submit(StoreOrder order) override { host_.submit(std::move(order)); }

 private:
  SimulatedHost& host_;
};

class MemoryDatapath final : public port::Datapath {
 public:
  explicit MemoryDatapath(SimulatedHost& host) : host_(host) {}
  void submit(DatapathOrder order) override { host_.submit(std::move(order)); }

 private:
  SimulatedHost& host_;
};

class MovedTime final : public linux_::TimeSource {
 public:
  explicit MovedTime(std::shared_ptr<SimulatedHost> host) : host_(std::move(host)) {}
  [[nodiscard]] Now now() const override { return host_->now(); }
  void wake_at(Instant at, std::function<void()> wake) override { host_->wake_at(at, std::move(wake)); }

 private:
  std::shared_ptr<SimulatedHost> host_;  // the last of the parts to go
};

}  // namespace

// ---- time -----------------------------------------------------------------------------------------------------

Now SimulatedHost::now() const {
  const std::lock_guard lock(clocks_mutex_);
  return clocks_.both();
}

void SimulatedHost::step_wall(Duration by) {
  const std::lock_guard lock(clocks_mutex_);
  clocks_.step_wall(by);
}

void SimulatedHost::wake_at(Instant at, std::function<void()> wake) {
  wake_ = Wake{at, std::move(wake)};
  go_on();
}

void SimulatedHost::advance(Duration time, std::function<void()> then) {
  target_ = now().mono + time;
  on_target_ = std::move(then);
  go_on();
}

// One thing a turn, so that what it leads to comes before the next: facts wait in the loop's queue, like turns.
void SimulatedHost::go_on() {
  if (std::exchange(taking_turns_, true)) return;
  asio::post(io_, [this] { take_turn(); });
}

void SimulatedHost::take_turn() {
  idle_turns_ = do_one_thing() ? 0 : idle_turns_ + 1;
  if (idle_turns_ < kIdleTurns) return asio::post(io_, [this] { take_turn(); });
  taking_turns_ = false;
  idle_turns_ = 0;
  {
    const std::lock_guard lock(clocks_mutex_);
    clocks_.move_to(target_);
  }
  if (const auto then = std::exchange(on_target_, nullptr)) then();
}

bool SimulatedHost::do_one_thing() {
  return store_->step() || datapath_->step() || wake_if_due();
}

bool SimulatedHost::wake_if_due() {
  if (!wake_ || wake_->at > std::max(target_, now().mono)) return false;
  const Wake due = *std::exchange(wake_, std::nullopt);
  {
    const std::lock_guard lock(clocks_mutex_);
    clocks_.move_to(due.at);
  }
  due.call();
  return true;
}

// ---- parts ----------------------------------------------------------------------------------------------------

std::expected<linux_::DaemonParts, linux_::StartError> SimulatedHost::open(const linux_::DaemonConfig& config,
                                                                           const linux_::DaemonSinks& sinks,
                                                                           linux_::InheritedDescriptors& inherited) {
  linux_::DaemonParts parts;
  auto control = linux_::open_control(config);
  if (!control) return std::unexpected(std::move(control.error()));
  if (auto error = open_sockets(config.listen)) return std::unexpected(std::move(*error));
  auto tcp = linux_::open_tcp(config, io_, sinks.tcp, inherited);
  if (!tcp) return std::unexpected(std::move(tcp.error()));
  auto dns = linux_::open_dns(config, io_);
  if (!dns) return std::unexpected(std::move(dns.error()));
  auto metrics = linux_::open_metrics(config);
  if (!metrics) return std::unexpected(std::move(metrics.error()));
  auto api = linux_::open_api(config);
  if (!api) return std::unexpected(std::move(api.error()));
  realm_ = config.broker.realm.empty() ? "tspd-sim" : config.broker.realm;
  store_.emplace(contents_, sinks.store);
  open_datapath(config, sinks);
  parts.control = std::move(*control);
  parts.tcp = std::move(*tcp);
  parts.dns = std::move(*dns);
  parts.metrics = std::move(*metrics);
  parts.api = std::move(*api);
  parts.time = std::make_unique<MovedTime>(shared_from_this());
  parts.store = std::make_unique<MemoryStore>(*this);
  parts.datapath = std::make_unique<MemoryDatapath>(*this);
  parts.realm = [this] { return realm_; };
  // Tests ask for what the broker counts, not for these.
  parts.store_transactions = [] { return std::uint64_t{0}; };
  parts.datapath_name = "simulated";
  parts.datapath_reason = "nothing of the host is used";
  parts.datapath_counters = [] { return linux_::DatapathCounters{}; };
  parts.clamp_mss = [this](bool wanted) { datapath_->clamp_mss(wanted); };
  parts.send = [this](const FourTuple& path, ByteView payload) { send(path, payload); };
  return parts;
}

void SimulatedHost::open_datapath(const linux_::DaemonConfig& config, const linux_::DaemonSinks& sinks) {
  const sim::SimDatapathOptions options{.pool = config.broker.pool.prefix,
                                        .server_address = config.broker.pool.server_address,
                                        .ipv4_pool = port::ipv4_pool_of(config.broker)};
  datapath_.emplace(options,
                    sim::SimDatapathWires{
                        .clock = [this] { return now().mono; },
                        .to_client = [this](const FourTuple& path, ByteView payload) { send(path, payload); },
                        .to_host = [](const FourTuple*, ByteView) {},  // nobody is behind it
                        .signalling = sinks.signalling,
                    },
                    sinks.datapath);
}

void SimulatedHost::submit(StoreOrder order) {
  store_->submit(std::move(order));
  go_on();
}

void SimulatedHost::submit(DatapathOrder order) {
  datapath_->submit(std::move(order));
  go_on();
}

// ---- sockets --------------------------------------------------------------------------------------------------

std::optional<linux_::StartError> SimulatedHost::open_sockets(const std::vector<Endpoint>& listen) {
  for (const Endpoint& local : listen) {
    auto socket = linux_::OuterSocket::open_udp({.local = local});
    if (!socket) return linux_::StartError{linux_::ExitCode::Network, socket.error()};
    const int descriptor = dup(socket->fd());
    listeners_.push_back({std::move(*socket), asio::posix::stream_descriptor(io_, descriptor)});
    await_datagrams(listeners_.back());
  }
  return std::nullopt;
}

void SimulatedHost::await_datagrams(Listener& listener) {
  listener.readable.async_wait(
      asio::posix::stream_descriptor::wait_read, [this, &listener](const std::error_code& error) {
        if (error) return;
        const std::size_t messages = batch_.receive(listener.socket);
        for (std::size_t i = 0; i < messages; ++i) {
          const auto received = batch_.at(i);
          if (!received) continue;
          for (ByteView left = received->bytes; !left.empty();) {
            const ByteView datagram = left.first(std::min(received->segment_size, left.size()));
            datapath_->receive(received->path, datagram);
            left = left.subspan(datagram.size());
          }
        }
        await_datagrams(listener);
      });
}

void SimulatedHost::send(const FourTuple& path, ByteView payload) {
  for (const Listener& listener : listeners_) {
    if (!listener.socket.serves(path.local)) continue;
    static_cast<void>(linux_::send_datagram(listener.socket, path, payload));
    return;
  }
}

}  // namespace tsp::tspd_sim
