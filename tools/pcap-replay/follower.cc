// SPDX-License-Identifier: Apache-2.0
#include "tools/pcap-replay/follower.h"

#include <algorithm>
#include <span>
#include <variant>

#include "core/auth/digest_value.h"
#include "core/dataplane/headers.h"
#include "core/dataplane/ip_view.h"
#include "core/dataplane/packet.h"
#include "core/wire/base64.h"
#include "core/wire/message.h"
#include "core/wire/text.h"

namespace tsp::replay {
namespace {

void note(std::string_view answer, std::optional<auth::DigestChallenge>& challenge, std::optional<Offer>& offer) {
  if (auto read = auth::parse_challenge(answer)) {
    challenge = std::move(*read);
    return;
  }
  if (!wire::starts_with_ignoring_case(answer, "content-length")) return;
  const auto reply = wire::parse_offer_reply(answer);
  if (reply && std::holds_alternative<Offer>(*reply)) offer = std::get<Offer>(*reply);
}

auth::DigestValues values_for(const auth::DigestResponse& response, const std::string& realm, const std::string& nonce,
                              const std::string& password) {
  return auth::digest_values({.verifier = auth::make_verifier(response.username, realm, password),
                              .nonce = nonce,
                              .nc = response.nc,
                              .cnonce = response.cnonce,
                              .qop = response.qop,
                              .digest_uri = response.digest_uri});
}

// The text of a directive as it stands behind "NAME=", up to the comma; quotes are left where they are.
void replace_directive(std::string& text, std::string_view name, std::string_view value) {
  const std::string wanted = std::string(name) + "=";
  for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
    if (at > 0 && text[at - 1] != ',' && text[at - 1] != ' ') continue;
    std::size_t begin = at + wanted.size();
    const bool quoted = begin < text.size() && text[begin] == '"';
    if (quoted) ++begin;
    const std::size_t end = std::min(text.find(quoted ? '"' : ',', begin), text.size());
    text.replace(begin, end - begin, value);
    return;
  }
}

// The first `length` bits of one address, the others of another one.
IPv6Address splice(const IPv6Address& head, const IPv6Address& tail, unsigned length) {
  IPv6Address spliced = tail;
  const IPv6Address kept_out = make_prefix(tail, length).base;
  for (std::size_t i = 0; i < spliced.octets.size(); ++i) {
    spliced.octets[i] = static_cast<std::uint8_t>((spliced.octets[i] ^ kept_out.octets[i]) | head.octets[i]);
  }
  return spliced;
}

// Of a checksum with the addresses in it; 0: there is none. ICMP in IPv4 leaves them out.
std::size_t checksum_at(ByteView packet) {
  const std::size_t transport = dataplane::ip_header_size(packet);
  if (dataplane::is_ipv4_fragment(packet)) return 0;
  switch (dataplane::protocol_of(packet)) {
    case dataplane::kTcp:
      return transport + dataplane::kTcpChecksumAt;
    case dataplane::kUdp:
      return transport + dataplane::kUdpChecksumAt;
    case dataplane::kIcmpv6:
      return transport + dataplane::kIcmpChecksumAt;
    default:
      return 0;
  }
}

// RFC 1624: a checksum over other addresses.
void adjust_checksum(std::span<std::uint8_t> packet, std::size_t at, std::uint16_t sum_before) {
  if (at == 0 || at + 2 > packet.size()) return;
  const std::uint16_t sum_now = dataplane::ones_sum(dataplane::addresses_in(packet));
  const auto inverted = [](std::uint16_t value) { return std::uint32_t{static_cast<std::uint16_t>(~value)}; };
  const std::uint32_t sum = inverted(dataplane::get16(packet, at)) + inverted(sum_before);
  dataplane::put16(packet, at, static_cast<std::uint16_t>(~dataplane::ones_sum({}, sum + sum_now)));
}

}  // namespace

void Follower::recorded(std::string_view answer) {
  note(answer, recorded_challenge_, recorded_offer_);
}

void Follower::answered(std::string_view answer) {
  note(answer, challenge_, offer_);
}

std::string Follower::rewrite(std::string_view message) {
  const auto response = auth::parse_response(message);
  if (!response || !challenge_) return std::string(message);
  const auto known = passwords_.find(response->username);
  if (known == passwords_.end()) return std::string(message);
  const std::string password = password_for(*response, known->second);
  const auth::DigestValues values = values_for(*response, challenge_->realm, challenge_->nonce, password);
  expected_rspauth_ = values.rspauth;
  std::string text = wire::base64_decode(message).value_or("");
  replace_directive(text, "realm", challenge_->realm);
  replace_directive(text, "nonce", challenge_->nonce);
  replace_directive(text, "response", values.response);
  const std::string_view tail = message.substr(wire::skip_trailing(message, wire::kFiller).size());
  return wire::base64_encode(text).append(tail);
}

// Without the recorded challenge nobody can say whether the client was right; it gets the benefit of the doubt.
std::string Follower::password_for(const auth::DigestResponse& response, const std::string& known) const {
  if (!recorded_challenge_) return known;
  const auto values = values_for(response, recorded_challenge_->realm, recorded_challenge_->nonce, known);
  return values.response == response.response ? known : known + " but wrong";
}

IPv6Address Follower::translate(const IPv6Address& address) const {
  if (address == recorded_offer_->client_inner) return offer_->client_inner;
  if (address == recorded_offer_->server_inner) return offer_->server_inner;
  if (address == recorded_offer_->keepalive_address) return offer_->keepalive_address;
  const auto& recorded = recorded_offer_->delegated;
  const auto& ours = offer_->delegated;
  if (!recorded || !ours || recorded->length != ours->length || !recorded->contains(address)) return address;
  return splice(ours->base, address, ours->length);
}

Bytes Follower::rewrite_packet(ByteView packet) const {
  Bytes rewritten(packet.begin(), packet.end());
  if (!recorded_offer_ || !offer_) return rewritten;
  const std::uint16_t sum_before = dataplane::ones_sum(dataplane::addresses_in(packet));
  const auto put = [&](std::size_t at, const auto& address) {
    std::ranges::copy(address.octets, rewritten.begin() + static_cast<std::ptrdiff_t>(at));
  };
  const IPv6Address source = translate(dataplane::source_of(packet));
  const IPv6Address destination = translate(dataplane::destination_of(packet));
  if (dataplane::is_ipv4(packet)) {
    put(dataplane::kIPv4SourceAt, unmap(source));
    put(dataplane::kIPv4SourceAt + 4, unmap(destination));
    adjust_checksum(rewritten, dataplane::kHeaderChecksumAt, sum_before);
  } else {
    put(dataplane::kSourceAt, source);
    put(dataplane::kDestinationAt, destination);
  }
  adjust_checksum(rewritten, checksum_at(packet), sum_before);
  return rewritten;
}

}  // namespace tsp::replay
