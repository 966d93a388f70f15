// SPDX-License-Identifier: Apache-2.0
//
// Clients that the broker could do without. None of them wants a tunnel that works; all of them go on for ever.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "adapters/sim/client.h"

namespace tsp::sim {

enum class RogueKind : std::uint8_t {
  Silent,      // asks for everything and never says another word, again and again from new ports
  Hoarder,     // asks for one prefix length after the other and accepts some
  Guesser,     // knows a login and tries passwords
  Flooder,     // VERSION, as fast as it can, from all ports
  Fragmenter,  // its messages come in pieces, each with a header
  Spoofer,     // with the addresses of others, outer and inner ones
  Babbler,     // what looks like answers, half messages, wrong lengths, wrong bytes
};
inline constexpr std::array kRogueKinds{RogueKind::Silent,  RogueKind::Hoarder,    RogueKind::Guesser,
                                        RogueKind::Flooder, RogueKind::Fragmenter, RogueKind::Spoofer,
                                        RogueKind::Babbler};
[[nodiscard]] std::string_view name_of(RogueKind kind);

struct RogueOptions {
  RogueKind kind = RogueKind::Silent;
  std::string login{};                       // Hoarder, Guesser
  std::string password{};                    // Hoarder
  Duration pause = std::chrono::seconds(5);  // between two attempts
  IPv6Prefix pool{};                         // Spoofer: where it takes inner addresses from
  std::vector<IPv4Address> victims{};        // Spoofer: whose outer addresses it forges
};

class RogueClient final : public Client {
 public:
  RogueClient(RogueOptions options, Host host);

  void receive(Instant now, std::uint16_t port, ByteView datagram) override;
  void refuse(Instant, std::uint16_t) override {}
  void advance(Instant now) override;
  [[nodiscard]] Instant next_deadline() const override { return next_; }
  [[nodiscard]] std::vector<Departure> take_departures() override { return std::exchange(departures_, {}); }
  void restart(Instant now) override { next_ = now; }
  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] bool content() const override { return true; }

 private:
  void begin_attempt(Instant now);
  void write_script();
  void say_next(Instant now);
  void say(std::string_view text);
  void flood();
  void spoof();
  void babble();
  [[nodiscard]] std::string create_text(unsigned prefix_length);
  [[nodiscard]] Endpoint pick_victim();
  [[nodiscard]] IPv6Address pick_inner();
  [[nodiscard]] std::uint16_t pick_port();

  RogueOptions options_;
  IPv6Address address_;
  Random random_;
  Instant next_;
  std::uint16_t port_ = 0;
  std::uint32_t sequence_ = 0;
  std::vector<std::string> script_;  // of this attempt
  std::size_t said_ = 0;             // of the script
  std::vector<Departure> departures_;
};

}  // namespace tsp::sim
