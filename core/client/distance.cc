// SPDX-License-Identifier: Apache-2.0
#include "core/client/distance.h"

#include <algorithm>

#include "core/wire/status.h"

namespace tsp::client {
namespace {

constexpr std::string_view kEchoRequest = "ECHO REQUEST";  // without a line end, as gogoc writes it
constexpr unsigned kStatusSuccess = 200;

Duration farthest_equal(Duration nearest) {
  return nearest + nearest / 8 + kSameDistance;
}

}  // namespace

std::vector<Distance> by_distance(std::vector<Distance> distances, const std::optional<ServerName>& usual) {
  std::vector<Distance> silent;
  std::erase_if(distances, [&silent](const Distance& one) {
    if (!one.round_trip) silent.push_back(one);
    return !one.round_trip;
  });
  const auto first = std::ranges::find_if(distances, [&usual](const Distance& one) { return one.server == usual; });
  if (first != distances.end()) std::rotate(distances.begin(), first, first + 1);
  std::vector<Distance> result;
  while (!distances.empty()) {
    const Duration limit = farthest_equal(*std::ranges::min(distances, {}, &Distance::round_trip).round_trip);
    const auto next =
        std::ranges::find_if(distances, [limit](const Distance& one) { return *one.round_trip <= limit; });
    result.push_back(*next);
    distances.erase(next);
  }
  result.insert(result.end(), silent.begin(), silent.end());
  return result;
}

Survey::Survey(std::vector<std::pair<SocketId, ServerName>> servers, Random random, Instant now) : start_(now) {
  for (auto& [socket, server] : servers) {
    const auto first = wire::Sequence(static_cast<std::uint32_t>(random.next_u64()));
    probes_.push_back({.socket = socket,
                       .distance = {.server = std::move(server), .round_trip = {}},
                       .first_sequence = first,
                       .requests_sent = {},
                       .answers = 0,
                       .repeat_at = {},
                       .done = false});
  }
}

bool Survey::has(SocketId socket) const {
  return std::ranges::find(probes_, socket, &Probe::socket) != probes_.end();
}

Survey::Probe* Survey::find(SocketId socket) {
  const auto found = std::ranges::find(probes_, socket, &Probe::socket);
  return found == probes_.end() || found->done ? nullptr : &*found;
}

void Survey::opened(Instant now, SocketId socket) {
  if (Probe* probe = find(socket); probe && probe->requests_sent.empty()) request(now, *probe);
}

void Survey::failed(SocketId socket) {
  Probe* probe = find(socket);
  if (!probe) return;
  probe->done = true;
  probe->repeat_at.reset();
}

void Survey::receive(Instant now, SocketId socket, ByteView datagram) {
  Probe* probe = find(socket);
  const auto header = wire::parse_udp_header(datagram);
  if (!probe || !header || header->little_endian) return;
  const std::int32_t request = header->sequence.distance_from(probe->first_sequence);
  if (request < 0 || static_cast<std::size_t>(request) >= probe->requests_sent.size()) return;
  // One that is too busy, or that knows no echo requests.
  if (wire::parse_status_code(as_text(datagram.subspan(wire::kUdpHeaderSize))) != kStatusSuccess) return failed(socket);
  answered(now, *probe, now - probe->requests_sent[static_cast<std::size_t>(request)]);
}

void Survey::advance(Instant now) {
  for (Probe& probe : probes_) {
    if (probe.repeat_at && now >= *probe.repeat_at) request(now, probe);
  }
}

std::optional<SendBytes> Survey::poll() {
  if (orders_.empty()) return std::nullopt;
  SendBytes order = std::move(orders_.front());
  orders_.pop_front();
  return order;
}

Instant Survey::next_deadline() const {
  Instant first = ends_at();
  for (const Probe& probe : probes_) {
    if (probe.repeat_at) first = std::min(first, *probe.repeat_at);
  }
  return first;
}

bool Survey::finished(Instant now) const {
  return now >= ends_at() || std::ranges::all_of(probes_, &Probe::done);
}

std::vector<SocketId> Survey::sockets() const {
  std::vector<SocketId> sockets;
  for (const Probe& probe : probes_) sockets.push_back(probe.socket);
  return sockets;
}

std::vector<Distance> Survey::distances() const {
  std::vector<Distance> distances;
  for (const Probe& probe : probes_) distances.push_back(probe.distance);
  return distances;
}

// Under a sequence number of its own, so that its answer tells when it was sent.
void Survey::request(Instant now, Probe& probe) {
  const auto sequence =
      wire::Sequence(probe.first_sequence.value() + static_cast<std::uint32_t>(probe.requests_sent.size()));
  const auto since_start = std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count();
  const auto header = wire::make_udp_header(sequence, static_cast<std::uint32_t>(since_start));
  orders_.push_back({probe.socket, wire::with_header(header, kEchoRequest)});
  probe.requests_sent.push_back(now);
  probe.repeat_at.reset();
  if (probe.requests_sent.size() < kRequestsMax) probe.repeat_at = now + kRepeatAfter;
}

void Survey::answered(Instant now, Probe& probe, Duration round_trip) {
  Distance& distance = probe.distance;
  distance.round_trip = std::min(distance.round_trip.value_or(round_trip), round_trip);
  ++probe.answers;
  probe.repeat_at.reset();
  if (probe.answers < kAnswersWanted && probe.requests_sent.size() < kRequestsMax) return request(now, probe);
  probe.done = true;
  if (!first_measured_) first_measured_ = now;
}

Instant Survey::ends_at() const {
  const Instant end = start_ + kPatience;
  return first_measured_ ? std::min(end, *first_measured_ + kPatienceForOthers) : end;
}

}  // namespace tsp::client
