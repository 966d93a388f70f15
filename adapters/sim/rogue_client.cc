// SPDX-License-Identifier: Apache-2.0
#include "adapters/sim/rogue_client.h"

#include <algorithm>
#include <string_view>

#include "adapters/sim/gogoc_client.h"
#include "core/base/assert.h"
#include "core/wire/message.h"
#include "core/wire/udp_header.h"

namespace tsp::sim {
namespace {

using std::chrono::milliseconds;

constexpr Duration kReplyPatience = milliseconds(1500);
constexpr unsigned kFloodAtOnce = 40;
constexpr std::string_view kHello = "VERSION=2.0.2\r\n";
constexpr std::array<std::string_view, 12> kBabble{
    "200 Success\r\n",
    "CAPABILITY TUNNEL=V6V4 AUTH=ANONYMOUS\r\n",
    "Content-length: 4\r\n",
    "Content-length: 99999\r\n<tunnel action=\"create\"/>\r\n",
    "Content-length: 12\r\n<tunnel/>\r\n\r\n",
    "AUTHENTICATE \r\n",
    "AUTHENTICATE DIGEST-MD5 PLAIN\r\n",
    "VERSION=9.9.9\r\n",
    "VERSION=\r\n",
    "ECHO REQUEST",
    "\r\n",
    "<!DOCTYPE a [<!ENTITY b \"c\">]><tunnel action=\"&b;\"/>",
};

}  // namespace

std::string_view name_of(RogueKind kind) {
  static constexpr std::array<std::string_view, kRogueKinds.size()> kNames{
      "silent", "hoarder", "guesser", "flooder", "fragmenter", "spoofer", "babbler"};
  return kNames.at(static_cast<std::size_t>(kind));
}

RogueClient::RogueClient(RogueOptions options, Host host)
    : options_(std::move(options)), address_(host.address), random_(host.random), next_(host.now) {
  TSP_ASSERT(options_.pause > Duration{});
  port_ = pick_port();
}

void RogueClient::advance(Instant now) {
  if (now < next_) return;
  switch (options_.kind) {
    case RogueKind::Flooder:
      flood();
      break;
    case RogueKind::Spoofer:
      spoof();
      break;
    case RogueKind::Babbler:
      babble();
      break;
    case RogueKind::Silent:
    case RogueKind::Hoarder:
    case RogueKind::Guesser:
    case RogueKind::Fragmenter:
      if (said_ < script_.size()) return say_next(now);
      return begin_attempt(now);
  }
  next_ = now + options_.pause;
}

// Those with a script say the next thing when anything was answered, or nothing was for a while.
void RogueClient::receive(Instant now, std::uint16_t port, ByteView datagram) {
  if (port != port_ || datagram.empty() || datagram[0] >> 4 != 0xF || said_ >= script_.size()) return;
  say_next(now);
}

void RogueClient::begin_attempt(Instant now) {
  port_ = pick_port();
  sequence_ = static_cast<std::uint32_t>(random_.below(wire::Sequence::kModulus));
  script_.clear();
  said_ = 0;
  write_script();
  say_next(now);
}

void RogueClient::write_script() {
  script_.emplace_back(kHello);
  const auto login = [&](std::string_view password) {
    script_.emplace_back("AUTHENTICATE PLAIN\r\n");
    script_.push_back(std::string(1, '\0') + options_.login + std::string(1, '\0') + std::string(password) + "\r\n");
  };
  switch (options_.kind) {
    case RogueKind::Silent:
      script_.emplace_back("AUTHENTICATE ANONYMOUS\r\n");
      script_.push_back(create_text(0));
      script_.resize(random_.between(1, script_.size()));
      return;
    case RogueKind::Hoarder:
      login(options_.password);
      for (unsigned i = 0; i < 4; ++i) {
        script_.push_back(create_text(static_cast<unsigned>(random_.between(40, 66))));
        if (random_.chance(1, 2)) script_.push_back(wire::framed_request(wire::action_text("accept")));
      }
      return;
    case RogueKind::Guesser:
      login("guess" + std::to_string(random_.below(1000)));
      return;
    case RogueKind::Fragmenter: {
      script_.emplace_back("AUTHENTICATE ANON");
      script_.emplace_back("YMOUS\r\n");
      script_.emplace_back("AUTHENTICATE ANONYMOUS\r\n");
      const std::string create = create_text(0);
      const std::size_t cut = random_.between(1, create.size() - 1);
      script_.push_back(create.substr(0, cut));
      script_.push_back(create.substr(cut));
      return;
    }
    case RogueKind::Flooder:
    case RogueKind::Spoofer:
    case RogueKind::Babbler:
      return;
  }
}

void RogueClient::say_next(Instant now) {
  say(script_[said_]);
  ++said_;
  next_ = now + (said_ < script_.size() ? kReplyPatience : options_.pause);
}

void RogueClient::say(std::string_view text) {
  sequence_ = (sequence_ + 1) % wire::Sequence::kModulus;
  const auto timestamp = static_cast<std::uint32_t>(random_.next_u64());
  departures_.push_back({port_, wire::with_header(wire::make_udp_header(wire::Sequence(sequence_), timestamp), text)});
}

void RogueClient::flood() {
  for (unsigned i = 0; i < kFloodAtOnce; ++i) {
    port_ = pick_port();
    say(kHello);
  }
}

void RogueClient::spoof() {
  const Endpoint victim = pick_victim();
  switch (random_.below(4)) {
    case 0:
      say(kHello);
      break;
    case 1:
      say(wire::framed_request(wire::action_text(random_.chance(1, 2) ? "delete" : "accept")));
      break;
    default: {
      const IPv6Address source = pick_inner();
      departures_.push_back({port_, make_echo_request(source, pick_inner(), 7)});
      break;
    }
  }
  // From its own port too: a tunnel of its own would not make other addresses its own.
  if (random_.chance(2, 3)) departures_.back().forged_source = victim;
}

void RogueClient::babble() {
  std::string text(kBabble[random_.below(kBabble.size())]);
  if (random_.chance(1, 3)) text.resize(random_.below(text.size() + 1));
  if (random_.chance(1, 3) && !text.empty()) {
    text[random_.below(text.size())] = static_cast<char>(random_.below(256));
  }
  if (random_.chance(1, 4)) port_ = pick_port();
  say(text);
  if (random_.chance(1, 8)) departures_.back().payload.resize(random_.below(8));
}

std::string RogueClient::create_text(unsigned prefix_length) {
  wire::CreateRequest request{.type = RequestedType::V6UdpV4, .client_ipv4 = unmap(address_), .keepalive_seconds = 30};
  if (prefix_length > 0) {
    request.router = wire::RouterRequest{.prefix_length = static_cast<std::uint8_t>(prefix_length), .dns_servers = {}};
  }
  return wire::framed_request(wire::create_text(request));
}

Endpoint RogueClient::pick_victim() {
  if (options_.victims.empty()) return Endpoint{address_, pick_port()};
  const IPv4Address& victim = options_.victims[random_.below(options_.victims.size())];
  return make_endpoint(victim, pick_port());
}

// Often enough somebody's: pools are filled from their beginning.
IPv6Address RogueClient::pick_inner() {
  IPv6Address address = options_.pool.base;
  address.octets[7] = static_cast<std::uint8_t>(random_.below(3));
  address.octets[15] = static_cast<std::uint8_t>(random_.below(32));
  return address;
}

std::uint16_t RogueClient::pick_port() {
  return static_cast<std::uint16_t>(random_.between(1, 65535));
}

}  // namespace tsp::sim
