// SPDX-License-Identifier: Apache-2.0
//
// What one step of the work on a request hands to the next.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <tsp/broker.h>
#include <tsp/store.h>

#include "core/tunnel/tunnel_book.h"
#include "core/wire/message.h"

namespace tsp::broker {

// A tunnel that is to be offered.
struct Draft {
  wire::CreateRequest request;
  TunnelRecord tunnel;
  std::vector<IPv6Prefix> fresh;    // chosen just now, taken in the pool only
  std::vector<IPv6Prefix> offered;  // Offered in the store, by this or another session
  std::vector<IPv6Prefix> outdated;
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

}  // namespace tsp::broker
