// SPDX-License-Identifier: Apache-2.0
//
// Signalling over UDP: which conversation a datagram belongs to, and what is a repetition. Clients stop and wait, so
// a session needs only its last message and the answer to it.
#include <algorithm>
#include <utility>

#include "core/base/assert.h"
#include "core/base/state_hash.h"
#include "core/broker/impl.h"

namespace tsp {
namespace {

constexpr std::uint16_t kLowPorts = 1024;
constexpr std::int32_t kGapMax = 64;  // lost messages that a client has not waited for

std::uint64_t hash_of(std::string_view text) {
  return StateHash().add(text).value();
}

bool repeats(const session::Session* session, wire::Sequence sequence, std::uint64_t message_hash) {
  return session != nullptr && session->udp.last_sequence == sequence && session->udp.last_message_hash == message_hash;
}

bool follows(const session::Session* session, wire::Sequence sequence) {
  return session != nullptr && sequence == session->udp.last_sequence.next();
}

bool is_legacy(const session::Session* session) {
  return session != nullptr && session->udp.header.little_endian;
}

bool skips_ahead(const session::Session* session, wire::Sequence sequence) {
  if (session == nullptr) return false;
  const std::int32_t distance = sequence.distance_from(session->udp.last_sequence);
  return distance > 1 && distance <= kGapMax;
}

}  // namespace

void Broker::Impl::on(const DatagramArrived& fact) {
  const auto [current, candidate] = sessions_.by_path(fact.path);
  auto header = wire::parse_udp_header(fact.payload, is_legacy(current) || is_legacy(candidate));
  // Another server's port, or a service that reflects what it gets: nothing good comes of answering.
  const std::uint16_t port = fact.path.remote.port;
  const bool suspicious = (port < kLowPorts || port == kTspPort) && !config_->allow_low_source_ports;
  if (!header || suspicious || stopping_) {
    ++counters_.datagrams_ignored;
    return;
  }
  const std::string_view text = as_text(fact.payload.subspan(wire::kUdpHeaderSize));
  if (wire::is_echo_request(text)) {
    if (!may_greet(fact.path)) return;
    order(SendDatagram{.path = fact.path, .payload = with_header(*header, wire::status_line(wire::Status::Success))});
    return;
  }
  const bool hello = wire::parse_version(text).has_value();
  const std::uint64_t message_hash = hash_of(text);
  Session* session = route(fact.path, header->sequence, message_hash);
  if (session == nullptr) {
    // f00000f0 looks the same in both byte orders: what follows tells.
    if (const auto swapped = wire::read_little_endian(*header)) {
      session = route(fact.path, swapped->sequence, message_hash);
      if (session != nullptr) header = swapped;
    }
  }
  if (session != nullptr && repeats(session, header->sequence, message_hash)) {
    // To the same message there is no other answer; an offer that stands no more is not repeated.
    if (session->busy || offer_stands(*session)) {
      resend(*session, *header);
    } else {
      ++counters_.datagrams_ignored;
    }
  } else if (hello && (session == nullptr || session->dialogue.state() != session::State::Start)) {
    greet(fact.path, *header, text);
  } else if (session != nullptr && !session->busy) {
    receive(*session, *header, text);
  } else {
    ++counters_.datagrams_ignored;
  }
}

// The candidate is the younger one: where both would do, it is meant.
Broker::Impl::Session* Broker::Impl::route(const FourTuple& path, wire::Sequence sequence, std::uint64_t message_hash) {
  const auto [current, candidate] = sessions_.by_path(path);
  if (repeats(candidate, sequence, message_hash)) return candidate;
  if (repeats(current, sequence, message_hash)) return current;
  if (follows(candidate, sequence)) return candidate;
  if (follows(current, sequence)) return current;
  if (skips_ahead(candidate, sequence)) return candidate;
  if (skips_ahead(current, sequence)) return current;
  return nullptr;
}

void Broker::Impl::greet(const FourTuple& path, const wire::UdpHeader& header, std::string_view text) {
  if (!may_greet(path)) return;
  if (const auto refusal = greeting_refusal(session::Transport::Datagram, path, text)) {
    count_reply(*refusal);
    order(SendDatagram{.path = path, .payload = with_header(header, *refusal)});
    return;
  }
  const auto version = wire::parse_version(text);
  if (version && !wire::version_supported(*version)) {
    const std::string refused = wire::status_line(wire::Status::UnsupportedVersion);
    count_reply(refused);
    order(SendDatagram{.path = path, .payload = with_header(header, refused)});
    return;
  }
  if (!make_room(path)) return;
  Session& session = sessions_.add(session::Transport::Datagram, path, StreamId{0},
                                   dialogue_options(session::Transport::Datagram, path), now_.mono);
  ++counters_.sessions_started;
  receive(session, header, text);
}

bool Broker::Impl::may_greet(const FourTuple& path) {
  const IPv6Address& source = path.remote.address;
  if (hello_per_source_.take(source_key(source), now_.mono) &&
      hello_per_network_.take(network_key(source), now_.mono)) {
    return true;
  }
  ++counters_.hellos_limited;
  return false;
}

// Room for one more half-open session on the path.
bool Broker::Impl::make_room(const FourTuple& path) {
  const auto [current, candidate] = sessions_.by_path(path);
  if (candidate != nullptr) {
    if (candidate->busy) return false;
    end_session(*candidate);
  } else if (current != nullptr && current->dialogue.state() == session::State::Closed && !current->tunnel) {
    end_session(*current);
  }
  // Who floods, with his own address or a neighbour's behind the same NAT, keeps nobody out for longer than an honest
  // handshake takes: the oldest that has proved nothing goes.
  const bool source_full = sessions_.half_open_from(path.remote.address) >= config_->sessions_half_open_per_source_max;
  if (!source_full && sessions_.half_open() < config_->sessions_half_open_max) return true;
  report(Event{.code = EventCode::SessionRefused,
               .path = path,
               .detail = source_full ? "limits.sessions_half_open_per_source_max" : "limits.sessions_half_open_max"});
  Session* oldest =
      source_full ? sessions_.oldest_unauthenticated_from(path.remote.address) : sessions_.oldest_unauthenticated();
  if (oldest == nullptr) return false;
  hang_up(*oldest);
  return true;
}

void Broker::Impl::receive(Session& session, const wire::UdpHeader& header, std::string_view text) {
  session.udp.header = header;
  session.udp.last_sequence = header.sequence;
  session.udp.last_message_hash = hash_of(text);
  session.udp.last_reply.clear();
  session.udp.resends = 0;
  session.udp.answered = false;
  session.message_at = now_.mono;
  session.busy = true;
  if (!session.tunnel) sessions_.set_deadline(session, now_.mono + config_->session_retention);
  act(session, session.dialogue.on_message(text));
}

void Broker::Impl::resend(Session& session, const wire::UdpHeader& header) {
  if (session.busy) {
    session.udp.header = header;  // the answer, when there is one, goes under the newest timestamp
    return;
  }
  // What was ignored is ignored again: clients take the bare header for a yes.
  if (!session.udp.answered || ++session.udp.resends > config_->reply_resends_max) return;
  ++counters_.replies_resent;
  order(SendDatagram{.path = session.path, .payload = with_header(header, session.udp.last_reply)});
}

}  // namespace tsp
