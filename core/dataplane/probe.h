// SPDX-License-Identifier: Apache-2.0
//
// Packets of the self-test: sent through the host, and known again when they come back.
#pragma once

#include <cstdint>
#include <optional>

#include <tsp/address.h>
#include <tsp/types.h>

namespace tsp::dataplane {

// Which one of a run's probes it is. `token` is drawn at random for each run, so that nobody else can make one.
struct ProbeMark {
  std::uint64_t token = 0;
  std::uint8_t number = 0;

  friend bool operator==(const ProbeMark&, const ProbeMark&) = default;
};

// As the payload of a datagram to the broker's port, where it is taken for signalling (classify.h).
[[nodiscard]] Bytes make_probe_payload(const ProbeMark& mark);
// The same in an ICMPv6 echo request, and in a UDP packet over IPv6 or, where `to` is an IPv4 endpoint, over IPv4;
// `from` is of the same version.
[[nodiscard]] Bytes make_echo_probe(const IPv6Address& from, const IPv6Address& to, const ProbeMark& mark);
[[nodiscard]] Bytes make_udp_probe(const IPv6Address& from, const Endpoint& to, const ProbeMark& mark);

// The mark of such a payload; none if it is anything else.
[[nodiscard]] std::optional<ProbeMark> read_probe_payload(ByteView payload);
// Of an IPv6 packet: a UDP probe, or the reply to an echo probe.
[[nodiscard]] std::optional<ProbeMark> read_probe(ByteView packet);

}  // namespace tsp::dataplane
