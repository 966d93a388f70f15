// SPDX-License-Identifier: Apache-2.0
//
// A client driven by hand, one datagram at a time, for scenarios.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tsp/address.h>
#include <tsp/client.h>

#include "adapters/sim/world.h"

namespace tsp::sim {

class Peer {
 public:
  // The world's links must be without faults.
  Peer(World& world, std::uint16_t port, IPv4Address address = {{198, 18, 0, 7}});
  // One that speaks over IPv6, and asks for v4v6.
  Peer(World& world, std::uint16_t port, const IPv6Address& address);

  // One datagram; the text of its answer, none if there was none within two seconds.
  std::optional<std::string> send(std::uint32_t sequence, std::string_view text, std::uint32_t timestamp = 1);
  // The same with the next sequence number.
  std::optional<std::string> say(std::string_view text) { return send(++sequence_, text); }
  // Without waiting for the answer.
  void cast(std::uint32_t sequence, std::string_view text);
  void send_inner(const Bytes& packet);
  // The same in protocol 41, or over IPv6 as IPv4 in IPv6.
  void send_bare(const Bytes& packet);
  // Packets that have come in the same way since the last call of this or of take_datagrams().
  std::vector<Bytes> take_bare();

  std::optional<std::string> greet() { return say("VERSION=2.0.2\r\n"); }
  // VERSION and AUTHENTICATE; the last status line.
  std::optional<std::string> log_in_anonymously();
  std::optional<std::string> log_in_plain(const std::string& login, const std::string& password);
  std::optional<std::string> log_in_digest(const std::string& login, const std::string& password);
  // From now on "create" asks for that type, and claims that address as its own; at first v6udpv4 from behind a NAT.
  void want(RequestedType type, const IPv4Address& claimed);
  // And that it asks for the machine with that address, and not for itself.
  void act_as_proxy() { proxy_ = true; }
  // And that it names these name servers when it asks for a prefix.
  void name_servers(std::vector<std::string> names) { name_servers_ = std::move(names); }
  // "create", as a host or a router with that prefix length.
  std::optional<std::string> create(std::optional<std::uint8_t> router_length = std::nullopt);
  // The offer of the answer, or none.
  std::optional<Offer> create_offer(std::optional<std::uint8_t> router_length = std::nullopt);
  bool accept() { return say(action("accept")) == ""; }
  static std::string action(std::string_view name);

  // Everything that has come since the last call, headers and all.
  std::vector<Bytes> take_datagrams();
  [[nodiscard]] const FourTuple& path() const { return path_; }
  [[nodiscard]] std::uint32_t sequence() const { return sequence_; }
  void set_sequence(std::uint32_t sequence) { sequence_ = sequence; }

 private:
  std::vector<Bytes> take(const FourTuple& path);

  World& world_;
  FourTuple path_;
  RequestedType type_ = RequestedType::V6UdpV4;
  IPv4Address claimed_{{10, 0, 0, 2}};
  bool proxy_ = false;
  std::vector<std::string> name_servers_;
  std::uint32_t sequence_ = 0xEF;  // the first message goes out under f00000f0
  std::size_t read_ = 0;
};

}  // namespace tsp::sim
