// SPDX-License-Identifier: Apache-2.0
//
// Signalling over UDP: what is answered to whom (invariants 9, 10, 11 and 12).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "adapters/sim/checkers/family.h"

namespace tsp::sim {

class Protocol final : public Family {
 public:
  using Family::Family;

  void on_start() override { ++life_; }
  void on_departure(const FourTuple& path, ByteView datagram) override;

 private:
  struct NonceUse {
    FourTuple path;
    std::uint64_t life = 0;
  };

  void check_origin(const FourTuple& path, const Reply& reply);
  void check_gate(const FourTuple& path, const Reply& reply, const IPv6Prefix& prefix);
  void check_stranger(const FourTuple& path, const Conversation& conversation);
  void check_nonce(const FourTuple& path, std::string_view body);
  void check_redirect(const FourTuple& path, std::string_view body);
  void check_refusal(const FourTuple& path, std::string_view body);

  std::uint64_t life_ = 0;
  std::unordered_map<std::uint64_t, NonceUse> nonces_;  // by hash
  std::deque<std::uint64_t> nonces_in_order_;
  std::optional<std::string> refusal_;
  std::unordered_map<std::uint64_t, std::deque<Instant>> redirects_;  // by the hash of the source's address
};

}  // namespace tsp::sim
