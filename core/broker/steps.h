// SPDX-License-Identifier: Apache-2.0
//
// What one step of the work on a request hands to the next, and what the broker keeps of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tsp/broker.h>
#include <tsp/config.h>
#include <tsp/store.h>

#include "core/session/session.h"
#include "core/tunnel/tunnel_book.h"
#include "core/wire/message.h"

namespace tsp::broker {

// A tunnel that is to be offered.
struct Draft {
  wire::CreateRequest request;
  TunnelRecord tunnel;
  std::vector<IPv6Prefix> fresh;    // chosen just now, taken in the pool only
  std::vector<IPv6Prefix> offered;  // Offered in the store, by this or another session
  std::vector<session::Outdated> outdated;
  std::optional<WallTime> quarantine_end{};  // of the delegated prefix, if it is taken back
  bool needs_store = true;

  // To be taken back if nobody accepts.
  [[nodiscard]] std::vector<IPv6Prefix> claims() const {
    std::vector<IPv6Prefix> all = fresh;
    all.insert(all.end(), offered.begin(), offered.end());
    return all;
  }
};

// Who asked for a tunnel, and is told once what became of it.
struct Asker {
  std::function<bool()> waits;  // false: gone meanwhile, and not told any more
  std::function<void(tunnel::Tunnel&)> up;
  std::function<void(const std::string& why)> failed;
};

// A tunnel that is to be made.
struct Installation {
  TunnelRecord record;
  std::vector<IPv6Prefix> claims{};                        // made for it
  std::optional<std::vector<std::string>> name_servers{};  // to be kept with the account
};

using Removed = std::function<void()>;
// `by`: another broker, if it was that one's doing.
struct Removal {
  EndReason reason;
  Removed then;
  std::optional<BrokerId> by{};
};

// The entry about a request of an administrator.
struct Audit {
  AuditEntry entry;
  bool written = false;  // or part of a commit that is under way
};

struct OfferedClaim {
  std::uint32_t offers = 0;
  bool held = false;  // one of them was accepted, and the store has the claim as Held
};

struct Drain {
  Instant end_min;  // who asked for it is told before the end, and kicked clients are sent on
  std::optional<Instant> deadline{};
};

// What an account was published with in the DNS.
struct Published {
  AccountId account{};
  std::uint64_t records = 0;  // their hash
};

}  // namespace tsp::broker

namespace tsp {

// How long an operator waits for the store.
inline constexpr Duration kOperatorsPatience = std::chrono::seconds(5);
inline constexpr const char* kLoginRule = "login: expected 1 to 253 bytes of UTF-8 without control characters and ':'";
// Why a client is turned away.
inline constexpr std::string_view kDraining = "tspd is draining";
inline constexpr std::string_view kFull = "limits.tunnels_max";
[[nodiscard]] RateLimit redirect_limit(const BrokerConfig& config);

}  // namespace tsp
