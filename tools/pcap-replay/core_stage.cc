// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/core_stage.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include "adapters/sim/checkers/checkers.h"
#include "core/pool/layout.h"

namespace tsp::replay {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr Duration kStartUp = std::chrono::seconds(2);
constexpr Duration kStep = std::chrono::milliseconds(10);

sim::WorldOptions world_for(const CoreSetting& setting) {
  sim::WorldOptions options = sim::default_world();
  options.store_delay_max = Duration{};
  options.datapath_delay_max = Duration{};
  options.broker.pool = pool::derive_layout(setting.pool).value();
  options.broker.prefix_limits = pool::default_prefix_limits(options.broker.pool.prefix);
  options.broker.auth_anonymous = setting.anonymous;
  options.broker.auth_plain = setting.plain;
  options.broker.auth_digest_md5 = setting.digest_md5;
  options.broker.ipv4_pool = pool::derive_ipv4_layout(*parse_ipv4_prefix("100.64.0.0/16")).value();
  options.broker.types.push_back(TunnelType::V4V6);
  if (setting.tunnels_max) options.broker.tunnels_max = *setting.tunnels_max;
  options.broker.other_brokers = setting.brokers;
  return options;
}

Answer make_answer(AnswerKind kind, const Endpoint& client, ByteView bytes) {
  return {.kind = kind, .client = client, .bytes = Bytes(bytes.begin(), bytes.end())};
}

}  // namespace

class CoreStage::Ears final : public sim::Observer {
 public:
  explicit Ears(std::vector<Answer>& answers) : answers_(answers) {}

  void on_departure(const FourTuple& path, ByteView payload) override {
    answers_.push_back(make_answer(AnswerKind::Datagram, path.remote, payload));
  }
  void on_inner_to_host(const FourTuple* path, ByteView packet) override {
    if (path != nullptr) answers_.push_back(make_answer(AnswerKind::ToHost, path->remote, packet));
  }

 private:
  std::vector<Answer>& answers_;
};

CoreStage::CoreStage(const CoreSetting& setting, Duration wall) : world_(world_for(setting), kSeed) {
  sim::add_checkers(world_);
  world_.add_observer(std::make_unique<Ears>(answers_));
  for (const auto& [login, password] : setting.accounts) static_cast<void>(world_.add_account(login, password));
  world_.run_for(kStartUp);
  if (setting.store_away) {
    world_.store().inject(sim::StoreFault::Unavailable);
    // It is by an order that fails that the broker learns of it.
    static_cast<void>(world_.ask(ListAccountsRequest{}));
  }
  world_.step_wall_clock(wall - world_.clocks().both().wall.since_epoch);
  first_ = world_.now();
}

void CoreStage::wait_until(Duration since_first) {
  const Instant until = first_ + since_first;
  if (until > world_.now()) world_.run_for(until - world_.now());
  settle_streams();
}

bool CoreStage::wait_for_answer(Duration patience) {
  const Instant end = world_.now() + patience;
  settle_streams();
  // What is written to a stream is collected between steps.
  while (answers_.empty() && world_.now() < end) {
    world_.run_for(std::min(kStep, end - world_.now()));
    settle_streams();
  }
  return !answers_.empty();
}

void CoreStage::send(const FourTuple& path, ByteView datagram) {
  world_.inject(path, Bytes(datagram.begin(), datagram.end()));
  world_.run_for(Duration{});
}

void CoreStage::open_stream(const FourTuple& path) {
  const StreamId stream{++streams_};
  open_.insert_or_assign(path.remote, stream);
  clients_.emplace(stream, path.remote);
  world_.tell(StreamOpened{stream, path});
  settle_streams();
}

void CoreStage::write_stream(const Endpoint& client, ByteView bytes) {
  const auto stream = open_.find(client);
  if (stream == open_.end()) return;
  world_.tell(StreamBytesArrived{stream->second, bytes});
  settle_streams();
}

void CoreStage::close_stream(const Endpoint& client) {
  const auto stream = open_.extract(client);
  if (stream.empty()) return;
  world_.tell(StreamClosed{stream.mapped()});
  settle_streams();
}

// The client's host acknowledges at once.
void CoreStage::settle_streams() {
  for (const Order& order : world_.take_stream_orders()) {
    if (const auto* write = std::get_if<SendStream>(&order)) {
      answers_.push_back(make_answer(AnswerKind::StreamBytes, clients_.at(write->stream), write->bytes));
      if (write->report_drained) world_.tell(StreamDrained{write->stream});
    } else if (const auto* close = std::get_if<CloseStream>(&order)) {
      const Endpoint& client = clients_.at(close->stream);
      answers_.push_back(make_answer(AnswerKind::StreamClosed, client, {}));
      const auto open = open_.find(client);
      if (open != open_.end() && open->second == close->stream) open_.erase(open);
    }
  }
}

std::vector<Answer> CoreStage::take_answers() {
  return std::exchange(answers_, {});
}

}  // namespace tsp::replay
