// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/peer.h"

#include <variant>

#include "core/auth/digest_md5.h"
#include "core/wire/message.h"
#include "core/wire/udp_header.h"

namespace tsp::sim {
namespace {

constexpr Duration kPatience = std::chrono::seconds(2);

}  // namespace

Peer::Peer(World& world, std::uint16_t port, IPv4Address address)
    : world_(world),
      path_{make_endpoint(address, port), make_endpoint(IPv4Address{{192, 0, 2, 1}}, 3653)},
      read_(world.to_nobody().size()) {}

Peer::Peer(World& world, std::uint16_t port, const IPv6Address& address)
    : world_(world),
      path_{Endpoint{address, port}, Endpoint{*parse_ipv6("2001:db8:b::1"), 3653}},
      type_(RequestedType::V4V6),
      read_(world.to_nobody().size()) {}

void Peer::cast(std::uint32_t sequence, std::string_view text) {
  world_.inject(path_, wire::with_header(wire::make_udp_header(wire::Sequence(sequence), 1), text));
}

void Peer::send_inner(const Bytes& packet) {
  world_.inject(path_, packet);
}

std::optional<std::string> Peer::send(std::uint32_t sequence, std::string_view text, std::uint32_t timestamp) {
  const wire::UdpHeader header = wire::make_udp_header(wire::Sequence(sequence), timestamp);
  world_.inject(path_, wire::with_header(header, text));
  std::optional<std::string> answer;
  world_.run_until(
      [&] {
        for (const Bytes& datagram : take_datagrams()) {
          const auto got = wire::parse_udp_header(datagram);
          if (!got || got->raw != header.raw) continue;
          answer = std::string(as_text(ByteView(datagram).subspan(wire::kUdpHeaderSize)));
        }
        return answer.has_value();
      },
      kPatience);
  return answer;
}

void Peer::send_bare(const Bytes& packet) {
  world_.inject(without_ports(path_), packet);
}

std::vector<Bytes> Peer::take_datagrams() {
  return take(path_);
}

std::vector<Bytes> Peer::take_bare() {
  return take(without_ports(path_));
}

std::vector<Bytes> Peer::take(const FourTuple& path) {
  std::vector<Bytes> mine;
  const std::vector<SendDatagram>& all = world_.to_nobody();
  for (; read_ < all.size(); ++read_) {
    if (all[read_].path == path) mine.push_back(all[read_].payload);
  }
  return mine;
}

void Peer::want(RequestedType type, const IPv4Address& claimed) {
  type_ = type;
  claimed_ = claimed;
}

std::optional<std::string> Peer::log_in_anonymously() {
  greet();
  return say(std::string("AUTHENTICATE ANONYMOUS\r\n") + '\0');
}

std::optional<std::string> Peer::log_in_plain(const std::string& login, const std::string& password) {
  greet();
  say(std::string("AUTHENTICATE PLAIN\r\n") + '\0');
  return say(std::string(1, '\0') + login + std::string(1, '\0') + password + "\r\n");
}

std::optional<std::string> Peer::log_in_digest(const std::string& login, const std::string& password) {
  greet();
  auto token = say(std::string("AUTHENTICATE DIGEST-MD5\r\n") + '\0');
  const auto challenge = auth::parse_challenge(token.value_or(""));
  if (!challenge) return token;
  const auto response = auth::make_response(*challenge, login, password, "1700000000", "broker.example");
  auto verdict = say(response.token + "\r\n");
  if (!verdict || !auth::check_rspauth(*verdict, response.expected_rspauth)) return verdict;
  return say("");
}

std::optional<std::string> Peer::create(std::optional<std::uint8_t> router_length) {
  wire::CreateRequest request{.type = type_, .keepalive_seconds = 30};
  if (path_.remote.is_ipv4()) {
    request.client_ipv4 = claimed_;
    request.proxy = proxy_;
  } else {
    request.client_ipv6 = path_.remote.address;
  }
  if (router_length) request.router = wire::RouterRequest{.prefix_length = router_length, .dns_servers = name_servers_};
  return say(wire::framed_request(wire::create_text(request)));
}

std::optional<Offer> Peer::create_offer(std::optional<std::uint8_t> router_length) {
  const auto answer = create(router_length);
  if (!answer) return std::nullopt;
  const auto reply = wire::parse_offer_reply(*answer);
  if (!reply || !std::holds_alternative<Offer>(*reply)) return std::nullopt;
  return std::get<Offer>(*reply);
}

std::string Peer::action(std::string_view name) {
  return wire::framed_request(wire::action_text(name));
}

}  // namespace tsp::sim
