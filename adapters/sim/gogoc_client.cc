// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/gogoc_client.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "core/auth/digest_md5.h"
#include "core/dataplane/ip_header.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/packet.h"
#include "core/wire/message.h"

namespace tsp::sim {
namespace {

using std::chrono::seconds;

constexpr unsigned kImpatientTransmissions = 25;
constexpr Duration kImpatientPause = std::chrono::milliseconds(200);
constexpr std::uint16_t kPortMin = 32768;
constexpr std::uint16_t kPortMax = 60999;
constexpr unsigned kEchoesLostMax = 3;
constexpr Duration kEchoPatience = seconds(5);
constexpr std::uint32_t kFirstSequence = 0x00000F0;
constexpr std::uint8_t kEchoRequest = 128;
constexpr std::uint8_t kEchoReply = 129;
constexpr std::uint8_t kIPv4EchoRequest = 8;
constexpr std::uint8_t kIPv4EchoReply = 0;
constexpr std::uint8_t kRouterSolicitation = 133;
constexpr unsigned kRouterSolicitations = 3;  // RFC 4861, section 10
constexpr Duration kSolicitationInterval = seconds(4);
constexpr std::uint32_t kBusy = 530;

bool is_echo_reply(ByteView packet) {
  if (!dataplane::has_ip_header(packet)) return false;
  const bool ipv4 = dataplane::is_ipv4(packet);
  const std::size_t at = dataplane::ip_header_size(packet);
  return dataplane::protocol_of(packet) == (ipv4 ? dataplane::kIcmpv4 : dataplane::kIcmpv6) &&
         packet.size() >= at + dataplane::kIcmpHeaderSize && packet[at] == (ipv4 ? kIPv4EchoReply : kEchoReply);
}

std::uint32_t timestamp_at(Instant now) {
  return static_cast<std::uint32_t>(now.since_boot / std::chrono::milliseconds(1));
}

// Of the addresses' family; `icmp`: without its checksum.
Bytes make_icmp_packet(const IPv6Address& source, const IPv6Address& destination, std::uint8_t hop_limit, Bytes icmp) {
  const bool ipv4 = is_mapped(source);
  dataplane::put16(icmp, dataplane::kIcmpChecksumAt, dataplane::icmp_checksum(ipv4, source, destination, icmp));
  Bytes packet = ipv4 ? dataplane::make_ipv4_packet(unmap(source), unmap(destination), dataplane::kIcmpv4, hop_limit, 0,
                                                    icmp.size())
                      : dataplane::make_ipv6_packet(source, destination, dataplane::kIcmpv6, hop_limit, icmp.size());
  std::ranges::copy(icmp, packet.end() - static_cast<std::ptrdiff_t>(icmp.size()));
  return packet;
}

Bytes make_router_solicitation(const IPv6Address& host) {
  static constexpr IPv6Address kAllRouters{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
  IPv6Address link_local{{0xfe, 0x80}};
  std::ranges::copy(std::span(host.octets).last(8), link_local.octets.begin() + 8);
  Bytes icmp(8, 0);
  icmp[0] = kRouterSolicitation;
  return make_icmp_packet(link_local, kAllRouters, 255, std::move(icmp));
}

}  // namespace

Bytes make_echo_request(const IPv6Address& source, const IPv6Address& destination, std::uint16_t sequence) {
  Bytes icmp(24, 0);
  icmp[0] = is_mapped(source) ? kIPv4EchoRequest : kEchoRequest;
  icmp[6] = static_cast<std::uint8_t>(sequence);  // in the host's byte order
  icmp[7] = static_cast<std::uint8_t>(sequence >> 8);
  return make_icmp_packet(source, destination, 64, std::move(icmp));
}

GogocClient::GogocClient(GogocOptions options, Host host)
    : options_(std::move(options)), address_(host.address), random_(host.random), retry_delay_(options_.retry_delay) {
  deadline_ = host.now + std::chrono::milliseconds(random_.below(1000));
}

bool GogocClient::content() const {
  switch (options_.hope) {
    case Hope::Tunnel:
      return state_ == GogocState::Up;
    case Hope::Refusal:
      return refused_;
    case Hope::Nothing:
      break;
  }
  return true;
}

void GogocClient::restart(Instant now) {
  state_ = GogocState::Waiting;
  offer_.reset();
  named_servers_ = false;
  retry_delay_ = RetryDelay(options_.retry_delay);
  chatter_at_ = solicitation_at_ = Instant{Duration::max()};
  deadline_ = now;
}

void GogocClient::switch_off() {
  restart(Instant{Duration::max()});
}

void GogocClient::advance(Instant now) {
  if (now >= chatter_at_) chat(now);
  if (now >= solicitation_at_) solicit(now);
  if (now < deadline_) return;
  switch (state_) {
    case GogocState::Waiting:
      begin_attempt(now);
      return;
    case GogocState::Up:
      keep_alive(now);
      return;
    case GogocState::Greeting:
    case GogocState::Choosing:
    case GogocState::Proving:
    case GogocState::Polling:
    case GogocState::Requesting:
    case GogocState::Accepting:
      transmit(now);
      return;
  }
}

void GogocClient::begin_attempt(Instant now) {
  ++attempts_;
  port_ = static_cast<std::uint16_t>(random_.between(kPortMin, kPortMax));
  sequence_ = wire::Sequence(kFirstSequence - 1);
  timer_ = RetransmissionTimer();
  refusal_.reset();
  offer_.reset();
  say(now, "VERSION=2.0.2\r\n", GogocState::Greeting);
}

void GogocClient::say(Instant now, std::string text, GogocState next) {
  state_ = next;
  message_ = std::move(text);
  sequence_ = sequence_.next();
  timer_.begin_message();
  transmissions_ = 0;
  transmit(now);
}

std::optional<Duration> GogocClient::next_pause() {
  if (!options_.impatient) return timer_.next_pause();
  if (transmissions_++ == kImpatientTransmissions) return std::nullopt;
  return kImpatientPause;
}

void GogocClient::transmit(Instant now) {
  const auto pause = next_pause();
  if (!pause) {
    // No listener: it waits. A listener that has fallen silent: at once.
    if (!timer_.was_answered() && goes_elsewhere({})) return;
    return give_up(now, timer_.was_answered() ? Duration{} : retry_delay_.unreachable());
  }
  depart(now);
  deadline_ = now + *pause;
}

void GogocClient::depart(Instant now) {
  if (options_.changes_port && random_.chance(1, 16)) {
    port_ = static_cast<std::uint16_t>(random_.between(kPortMin, kPortMax));
  }
  Bytes datagram = wire::with_header(wire::make_udp_header(sequence_, timestamp_at(now)), message_);
  if (options_.little_endian) std::reverse(datagram.begin(), datagram.begin() + 4);
  departures_.push_back({port_, std::move(datagram)});
}

void GogocClient::give_up(Instant now, Duration delay) {
  refused_ = refused_ || refusal_.has_value();
  chatter_at_ = solicitation_at_ = Instant{Duration::max()};
  state_ = GogocState::Waiting;
  offer_.reset();
  deadline_ = now + delay;
}

void GogocClient::refused(Instant now, unsigned code, const std::vector<std::string>& brokers) {
  refusal_ = code;
  if (!brokers.empty() && goes_elsewhere(brokers)) return;
  give_up(now, code == kBusy ? retry_delay_.busy() : retry_delay_.refused());
}

bool GogocClient::goes_elsewhere(const std::vector<std::string>& brokers) {
  if (!options_.follow || !options_.follow(brokers)) return false;
  switch_off();
  return true;
}

// In the data phase it connects anew at once; before, nobody listens.
void GogocClient::refuse(Instant now, std::uint16_t port) {
  if (port != port_ || state_ == GogocState::Waiting) return;
  if (state_ == GogocState::Up) return give_up(now, Duration{});
  if (!goes_elsewhere({})) give_up(now, retry_delay_.unreachable());
}

std::uint16_t GogocClient::tunnel_port() const {
  return offer_ && offer_->type != TunnelType::V6UdpV4 ? std::uint16_t{0} : port_;
}

void GogocClient::receive(Instant now, std::uint16_t port, ByteView datagram) {
  if (datagram.empty()) return;
  const unsigned version = offer_ && carries_ipv4(offer_->type) ? 4 : 6;
  if (datagram[0] >> 4 == version && port == tunnel_port()) return on_inner(datagram);
  if (port != port_) return;
  Bytes copy(datagram.begin(), datagram.end());
  if (options_.little_endian && copy.size() >= 4) std::reverse(copy.begin(), copy.begin() + 4);
  const auto header = wire::parse_udp_header(copy);
  if (!header || state_ == GogocState::Waiting || state_ == GogocState::Up) return;
  if (!(header->sequence == sequence_)) return;
  timer_.answered(timestamp_at(now), header->timestamp());
  on_reply(now, as_text(datagram.subspan(wire::kUdpHeaderSize)));
}

void GogocClient::on_reply(Instant now, std::string_view text) {
  switch (state_) {
    case GogocState::Greeting:
      return on_capability(now, text);
    case GogocState::Choosing:
      if (options_.mechanism == AuthMechanism::Anonymous) break;
      if (options_.mechanism == AuthMechanism::DigestMd5) return on_challenge(now, text);
      return say(now, std::string("\0", 1) + options_.login + std::string("\0", 1) + options_.password + "\r\n",
                 GogocState::Proving);
    case GogocState::Proving:
      if (options_.mechanism != AuthMechanism::DigestMd5) break;
      if (!auth::check_rspauth(text, expected_rspauth_)) {
        return refused(now, wire::parse_status_code(text).value_or(300));
      }
      return say(now, "", GogocState::Polling);
    case GogocState::Polling:
      break;
    case GogocState::Requesting:
      return on_offer(now, text);
    case GogocState::Accepting:
      return come_up(now);
    case GogocState::Waiting:
    case GogocState::Up:
      return;
  }
  if (wire::parse_status_code(text) == 200U) return create(now);
  refused(now, wire::parse_status_code(text).value_or(0));
}

void GogocClient::come_up(Instant now) {
  state_ = GogocState::Up;
  ++times_up_;
  retry_delay_.succeeded();
  solicitations_ = 0;
  solicitation_at_ = now + std::chrono::milliseconds(random_.between(10, 60));
  if (options_.chatter_interval > Duration{}) chatter_at_ = now + options_.chatter_interval;
  echoes_lost_ = 0;
  echo_pending_ = false;
  const bool keeps_alive = offer_->keepalive_seconds > 0 && options_.keeps_alive;
  next_echo_ = keeps_alive ? now + seconds(offer_->keepalive_seconds) : Instant{Duration::max()};
  deadline_ = next_echo_;
}

void GogocClient::on_capability(Instant now, std::string_view text) {
  const auto capabilities = wire::parse_capability(text);
  if (!capabilities) {
    const auto redirect = wire::parse_redirect(text);
    return refused(now, wire::parse_status_code(text).value_or(0),
                   redirect ? redirect->brokers : std::vector<std::string>());
  }
  const bool offered =
      std::ranges::find(capabilities->mechanisms, options_.mechanism) != capabilities->mechanisms.end();
  if (!offered) return refused(now, 300);
  const std::string name(wire::mechanism_name(options_.mechanism));
  say(now, "AUTHENTICATE " + name + "\r\n" + std::string("\0", 1), GogocState::Choosing);
}

void GogocClient::on_challenge(Instant now, std::string_view text) {
  const auto challenge = auth::parse_challenge(text);
  if (!challenge) return refused(now, wire::parse_status_code(text).value_or(0));
  const std::string cnonce = std::to_string(now.since_boot / seconds(1));
  auth::ClientResponse response =
      auth::make_response(*challenge, options_.login, options_.password, cnonce, "broker.example");
  expected_rspauth_ = std::move(response.expected_rspauth);
  say(now, response.token + "\r\n", GogocState::Proving);
}

void GogocClient::create(Instant now) {
  wire::CreateRequest request{.type = options_.type};
  if (is_mapped(address_)) {
    request.client_ipv4 = unmap(address_);
  } else {
    request.client_ipv6 = address_;
  }
  if (options_.keeps_alive) request.keepalive_seconds = 30;
  if (options_.router_length) {
    request.router = wire::RouterRequest{.prefix_length = options_.router_length, .dns_servers = options_.name_servers};
    if (std::exchange(named_servers_, true) && !options_.name_servers.empty()) request.router->dns_servers.resize(1);
  }
  say(now, wire::framed_request(wire::create_text(request)), GogocState::Requesting);
}

void GogocClient::on_offer(Instant now, std::string_view text) {
  const auto reply = wire::parse_offer_reply(text);
  if (!reply || !std::holds_alternative<Offer>(*reply)) {
    const auto* refusal = reply ? std::get_if<wire::Refusal>(&*reply) : nullptr;
    const auto* redirect = reply ? std::get_if<wire::Redirect>(&*reply) : nullptr;
    return refused(now, refusal != nullptr ? refusal->code : 0,
                   redirect != nullptr ? redirect->brokers : std::vector<std::string>());
  }
  offer_ = std::get<Offer>(*reply);
  say(now, wire::framed_request(wire::action_text("accept")), GogocState::Accepting);
}

void GogocClient::on_inner(ByteView packet) {
  if (state_ != GogocState::Up || !is_echo_reply(packet)) return;
  if (dataplane::destination_of(packet) != offer_->client_inner || !echo_pending_) return;
  echo_pending_ = false;
  echoes_lost_ = 0;
  ++echoes_answered_;
  deadline_ = next_echo_;
}

void GogocClient::send_echo(Instant now) {
  departures_.push_back(
      {tunnel_port(), make_echo_request(offer_->client_inner, offer_->keepalive_address, echo_sequence_++)});
  echo_pending_ = true;
  next_echo_ = next_echo_ + seconds(offer_->keepalive_seconds);
  deadline_ = std::min(now + kEchoPatience, next_echo_);
}

void GogocClient::keep_alive(Instant now) {
  if (!echo_pending_) return send_echo(now);
  echo_pending_ = false;
  if (++echoes_lost_ == kEchoesLostMax) return give_up(now, Duration{});
  deadline_ = next_echo_;
}

// The kernel of its host asks for routers, as on any device that comes up; nobody answers.
void GogocClient::solicit(Instant now) {
  solicitation_at_ = ++solicitations_ < kRouterSolicitations ? now + kSolicitationInterval : Instant{Duration::max()};
  if (!carries_ipv4(offer_->type)) departures_.push_back({tunnel_port(), make_router_solicitation(address_)});
}

// To the broker, to a neighbour in the pool, to the world behind the broker.
void GogocClient::chat(Instant now) {
  static constexpr IPv6Address kElsewhere{{0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  static const IPv6Address kIPv4Elsewhere = map_ipv4({{192, 0, 2, 99}});
  chatter_at_ = now + options_.chatter_interval;
  IPv6Address neighbour = offer_->client_inner;
  neighbour.octets[15] = static_cast<std::uint8_t>(neighbour.octets[15] ^ random_.between(1, 15));
  const std::array<IPv6Address, 3> choices{offer_->server_inner, neighbour,
                                           carries_ipv4(offer_->type) ? kIPv4Elsewhere : kElsewhere};
  const IPv6Address& to = choices[random_.below(choices.size())];
  departures_.push_back({tunnel_port(), make_echo_request(offer_->client_inner, to, echo_sequence_++)});
}

}  // namespace tsp::sim
