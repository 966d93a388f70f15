// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/datapath.h"

#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/dataplane/classify.h"
#include "core/dataplane/fragment.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/mss.h"
#include "core/dataplane/packet.h"

namespace tsp::sim {

using dataplane::DropReason;

namespace {

DatapathDone answer(OpId op, DatapathStatus status = DatapathStatus::Done, std::string detail = {}) {
  return {.op = op, .status = status, .detail = std::move(detail), .tunnels = {}, .usages = {}};
}

bool is_of(const IPv6Prefix& pool, const IPv6Address& server_address, const IPv6Address& address) {
  return pool.contains(address) && address != server_address;
}

// What a router does with a packet.
Bytes one_hop_further(ByteView packet) {
  Bytes routed(packet.begin(), packet.end());
  const bool ipv4 = dataplane::is_ipv4(packet);
  --routed[ipv4 ? dataplane::kTimeToLiveAt : dataplane::kHopLimitAt];
  if (ipv4) dataplane::write_header_checksum(routed);
  return routed;
}

}  // namespace

SimDatapath::SimDatapath(const SimDatapathOptions& options, SimDatapathWires wires, Sink sink)
    : options_(options), wires_(std::move(wires)), sink_(std::move(sink)) {
  TSP_ASSERT(wires_.clock && wires_.to_client && wires_.to_host && wires_.signalling && sink_);
}

// ---- orders ---------------------------------------------------------------------------------------------------

void SimDatapath::submit(DatapathOrder order) {
  pending_.push_back({std::move(order), std::nullopt});
}

std::vector<OpId> SimDatapath::waiting() const {
  std::vector<OpId> ops;
  for (const Pending& pending : pending_) ops.push_back(op_of(pending.order));
  return ops;
}

bool SimDatapath::execute(OpId op) {
  const auto target = find(op);
  if (target == pending_.end() || fault_ == DatapathFault::Stalled) return false;
  for (auto order = pending_.begin(); order != target; ++order) carry_out(*order);
  carry_out(*target);
  return true;
}

bool SimDatapath::report(OpId op) {
  if (!execute(op)) return false;
  const auto target = find(op);
  DatapathDone done = std::move(*target->done);
  pending_.erase(target);
  sink_(std::move(done));
  return true;
}

bool SimDatapath::step() {
  return !pending_.empty() && report(op_of(pending_.front().order));
}

void SimDatapath::inject(DatapathFault fault, std::uint64_t orders) {
  fault_ = orders == 0 ? DatapathFault::None : fault;
  faulty_orders_ = orders;
}

std::deque<SimDatapath::Pending>::iterator SimDatapath::find(OpId op) {
  return std::ranges::find(pending_, op, [](const Pending& pending) { return op_of(pending.order); });
}

void SimDatapath::carry_out(Pending& pending) {
  if (pending.done) return;
  const OpId op = op_of(pending.order);
  switch (meet_fault()) {
    case DatapathFault::Failed:
      pending.done = answer(op, DatapathStatus::Failed, "the simulated datapath did nothing");
      return;
    case DatapathFault::FailedAfterDone:
      run_order(pending.order);
      pending.done = answer(op, DatapathStatus::Failed, "the simulated datapath lost the answer");
      return;
    case DatapathFault::Conflicting:
      if (!std::holds_alternative<InstallTunnel>(pending.order)) break;
      pending.done = answer(op, DatapathStatus::Conflict, "the simulated datapath has such a tunnel already");
      return;
    case DatapathFault::CutShort:
      pending.done = run_order(pending.order);
      if (!std::holds_alternative<ListTunnels>(pending.order)) return;
      pending.done->status = DatapathStatus::Failed;
      pending.done->tunnels.resize(pending.done->tunnels.size() / 2);
      return;
    case DatapathFault::None:
    case DatapathFault::Stalled:
      break;
  }
  pending.done = run_order(pending.order);
}

DatapathDone SimDatapath::run_order(const DatapathOrder& order) {
  DatapathDone done = std::visit([this](const auto& known) { return run(known); }, order);
  if (wires_.executed) wires_.executed(order, done.status);
  return done;
}

DatapathFault SimDatapath::meet_fault() {
  const DatapathFault met = fault_;
  if (faulty_orders_ == kForever || faulty_orders_ == 0) return met;
  --faulty_orders_;
  if (faulty_orders_ == 0) fault_ = DatapathFault::None;
  return met;
}

DatapathDone SimDatapath::run(const InstallTunnel& order) {
  const DatapathStatus status = table_.install(order.spec, order.replaces);
  if (status != DatapathStatus::Done) return answer(order.op, status, "an address, prefix or path belongs to another");
  for (const TunnelId id : order.replaces) {
    if (id != order.spec.id) uses_.erase(id);
  }
  uses_.try_emplace(order.spec.id, Use{.usage = {.id = order.spec.id, .last_seen = wires_.clock()}});
  return answer(order.op);
}

DatapathDone SimDatapath::run(const RemoveTunnel& order) {
  const auto use = uses_.find(order.id);
  if (use == uses_.end()) return answer(order.op);
  if (order.unless_seen_since && use->second.seen && use->second.usage.last_seen >= *order.unless_seen_since) {
    return answer(order.op, DatapathStatus::Refused, "in use");
  }
  lose(order.id);
  return answer(order.op);
}

DatapathDone SimDatapath::run(const ListTunnels& order) const {
  DatapathDone done = answer(order.op);
  done.tunnels = table_.list();
  return done;
}

DatapathDone SimDatapath::run(const QueryUsage& order) const {
  DatapathDone done = answer(order.op);
  for (const TunnelId id : order.ids) {
    if (const auto use = uses_.find(id); use != uses_.end()) done.usages.push_back(use->second.usage);
  }
  return done;
}

bool SimDatapath::lose(TunnelId id) {
  uses_.erase(id);
  return table_.remove(id);
}

void SimDatapath::reset() {
  table_ = {};
  uses_.clear();
  sink_(DatapathReset{});
}

void SimDatapath::reset_usage() {
  for (auto& [id, use] : uses_) use = Use{.usage = {.id = id, .last_seen = wires_.clock()}};
}

// ---- from clients ---------------------------------------------------------------------------------------------

void SimDatapath::receive(const FourTuple& path, ByteView payload) {
  if (path.remote.port == 0) {
    return dataplane::has_ip_header(payload) ? receive_inner(path, payload) : drop(DropReason::Garbage);
  }
  switch (dataplane::classify(payload)) {
    case dataplane::DatagramKind::Signalling:
    case dataplane::DatagramKind::LegacySignalling:
      wires_.signalling(path, payload);
      return;
    case dataplane::DatagramKind::Inner:
      receive_inner(path, payload);
      return;
    case dataplane::DatagramKind::Garbage:
      drop(DropReason::Garbage);
      return;
  }
}

void SimDatapath::receive_inner(const FourTuple& path, ByteView packet) {
  const TunnelSpec* found = table_.find_by_path(path);
  if (!found) return drop(DropReason::UnknownEndpoint);
  TunnelSpec& tunnel = *table_.find(found->id);
  const dataplane::UplinkVerdict verdict = dataplane::check_uplink(tunnel, packet);
  if (verdict.alive) note_alive(tunnel, packet);
  switch (verdict.action) {
    case dataplane::UplinkAction::Forward:
      return give_to_host(&path, clamped(tunnel, packet));
    case dataplane::UplinkAction::EchoReply:
      return answer_echo(tunnel, packet);
    case dataplane::UplinkAction::Consume:
    case dataplane::UplinkAction::Drop:
      return drop(verdict.reason);
  }
}

Bytes SimDatapath::clamped(const TunnelSpec& tunnel, ByteView packet) {
  Bytes copy(packet.begin(), packet.end());
  if (options_.mss_clamp && dataplane::clamp_mss(copy, tunnel.mtu, dataplane::ChecksumState::Finished)) ++mss_clamped_;
  return copy;
}

void SimDatapath::note_alive(TunnelSpec& tunnel, ByteView packet) {
  Use& use = uses_.at(tunnel.id);
  use.seen = true;
  use.usage.last_seen = wires_.clock();
  ++use.usage.packets_up;
  use.usage.bytes_up += packet.size();
  if (tunnel.confirmed) return;
  tunnel.confirmed = true;
  if (confirmations_to_lose_ > 0) {
    --confirmations_to_lose_;
    confirmations_lost_ = true;
    return;
  }
  sink_(TunnelConfirmed{tunnel.id});
}

void SimDatapath::answer_echo(const TunnelSpec& tunnel, ByteView packet) {
  const auto reply = dataplane::make_echo_reply(packet);
  if (!reply) return drop(DropReason::BadChecksum);
  send_to_client(tunnel, *reply);
}

// The host routes what is for the pool back into the device, one hop further.
void SimDatapath::give_to_host(const FourTuple* path, ByteView packet) {
  wires_.to_host(path, packet);
  if (is_for_pool(packet) && dataplane::hop_limit_of(packet) > 1) route(one_hop_further(packet));
}

bool SimDatapath::is_for_pool(ByteView packet) const {
  const IPv6Address destination = dataplane::destination_of(packet);
  const auto& ipv4 = options_.ipv4_pool;
  return is_of(options_.pool, options_.server_address, destination) ||
         (ipv4 && is_of(ipv4->prefix, ipv4->server_address, destination));
}

// ---- to clients -----------------------------------------------------------------------------------------------

void SimDatapath::route(ByteView packet) {
  if (!dataplane::has_ip_header(packet)) return drop(DropReason::NotIp);
  const IPv6Address destination = dataplane::destination_of(packet);
  const TunnelSpec* tunnel = table_.find_by_inner(destination);
  if (!tunnel || !dataplane::leads_to_client(*tunnel, destination)) return answer_no_tunnel(packet);
  const dataplane::DownlinkVerdict verdict = dataplane::check_downlink(*tunnel, packet, packet.size());
  switch (verdict.action) {
    case dataplane::DownlinkAction::Forward:
      return send_to_client(*tunnel, clamped(*tunnel, packet));
    case dataplane::DownlinkAction::Fragment:
      return send_fragments(*tunnel, packet);
    case dataplane::DownlinkAction::PacketTooBig:
      return answer_too_big(*tunnel, packet);
    case dataplane::DownlinkAction::Drop:
      return drop(verdict.reason);
  }
}

void SimDatapath::send_fragments(const TunnelSpec& tunnel, ByteView packet) {
  dataplane::Fragmenter fragmenter(packet, tunnel.mtu);
  Bytes fragment(tunnel.mtu);
  while (const std::size_t size = fragmenter.next(fragment)) send_to_client(tunnel, ByteView(fragment).first(size));
}

void SimDatapath::send_to_client(const TunnelSpec& tunnel, ByteView packet) {
  TunnelUsage& usage = uses_.at(tunnel.id).usage;
  ++usage.packets_down;
  usage.bytes_down += packet.size();
  wires_.to_client(tunnel.path, packet);
}

void SimDatapath::answer_too_big(const TunnelSpec& tunnel, ByteView packet) {
  drop(DropReason::TooBig);
  answer_with_error(dataplane::make_packet_too_big(tunnel.server_address, tunnel.mtu, packet), packet);
}

void SimDatapath::answer_no_tunnel(ByteView packet) {
  drop(DropReason::NoTunnel);
  const auto& ipv4 = options_.ipv4_pool;
  if (!dataplane::is_ipv4(packet)) {
    answer_with_error(dataplane::make_address_unreachable(options_.server_address, packet), packet);
  } else if (ipv4) {
    answer_with_error(dataplane::make_address_unreachable(ipv4->server_address, packet), packet);
  }
}

void SimDatapath::answer_with_error(const std::optional<Bytes>& error, ByteView about) {
  if (!error) return;
  if (!limiter_.allow(dataplane::source_of(about), dataplane::destination_of(about), wires_.clock())) {
    return drop(DropReason::IcmpRateLimited);
  }
  give_to_host(nullptr, *error);
}

void SimDatapath::drop(DropReason reason) {
  ++drops_[static_cast<std::size_t>(reason)];
}

std::uint64_t SimDatapath::dropped(DropReason reason) const {
  return drops_[static_cast<std::size_t>(reason)];
}

}  // namespace tsp::sim
