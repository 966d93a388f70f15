// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/checkers/overload.h"

#include <algorithm>
#include <string>
#include <variant>

namespace tsp::sim {
namespace {

constexpr std::string_view kOverload = "23, overload";

// For what has no client: loads, probes, operators.
constexpr std::uint64_t kSpare = 64;
// A device that is replaced has its own order, that of its successor, and those of the addresses.
constexpr std::uint64_t kUnderWayEach = 4;
// A reset of the datapath brings each tunnel an event, an installation and what is in the DNS.
constexpr std::uint64_t kAtOnceEach = 8;

}  // namespace

void Overload::forget() {
  sources_.clear();
  under_way_.clear();
  orders_now_ = 0;
}

std::uint64_t Overload::occasions() const {
  return truth_.records().size() + truth_.forwarded().size() + world_.broker().status().counters.sessions_now;
}

void Overload::on_arrival(const FourTuple& path, ByteView /*datagram*/) {
  sources_.insert(path.remote.address);
}

void Overload::on_fact(const Fact& fact) {
  if (const auto* opened = std::get_if<StreamOpened>(&fact)) sources_.insert(opened->path.remote.address);
  if (const auto* done = std::get_if<StoreDone>(&fact)) under_way_.erase(done->op);
  if (const auto* done = std::get_if<DatapathDone>(&fact)) under_way_.erase(done->op);
}

void Overload::on_order(const Order& order) {
  if (const auto* store = std::get_if<StoreOrder>(&order)) under_way_.insert(op_of(*store));
  if (const auto* datapath = std::get_if<DatapathOrder>(&order)) under_way_.insert(op_of(*datapath));
  ++orders_now_;
  if (orders_now_ <= kSpare || !world_.alive()) return;
  if (orders_now_ > kSpare + kAtOnceEach * occasions())
    report(kOverload, "more orders in one moment than all tunnels need");
}

// Strangers cost nothing but sessions, and of these each source has so many.
void Overload::sweep() {
  if (!world_.alive()) return;
  const Counters counters = world_.broker().status().counters;
  const BrokerConfig& config = world_.config();
  const std::uint64_t strangers = std::min<std::uint64_t>(config.sessions_half_open_max,
                                                          config.sessions_half_open_per_source_max * sources_.size());
  if (counters.sessions_now > strangers + counters.auth_succeeded) {
    report(kOverload, std::to_string(counters.sessions_now) + " sessions");
  }
  if (under_way_.size() > kSpare + kUnderWayEach * occasions()) {
    report(kOverload, std::to_string(under_way_.size()) + " orders under way");
  }
}

}  // namespace tsp::sim
