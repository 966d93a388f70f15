// SPDX-License-Identifier: Apache-2.0
//
// Sessions of the console: in the memory of this process, so that a restart ends them. The browser has a cookie whose
// hash names the session here, and scripts of the console a second secret without which nothing is changed (CSRF).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <tsp/store.h>
#include <tsp/time.h>

namespace tsp::linux_ {

class Sessions {
 public:
  static constexpr std::size_t kAllMax = 10'000;
  static constexpr std::size_t kPerLoginMax = 16;  // the one that was used longest ago ends
  struct Lifetimes {
    Duration idle = std::chrono::minutes(30);
    Duration whole = std::chrono::hours(12);
  };
  struct Session {
    ConsoleLogin login;      // as it was when the session began
    std::string csrf_token;  // 64 hexadecimal digits
    Instant begun;
    Instant used;
  };
  struct Begun {
    std::string cookie;  // 64 hexadecimal digits
    std::string csrf_token;
  };

  explicit Sessions(const Lifetimes& lifetimes) : lifetimes_(lifetimes) {}

  // Each from any thread. None: there are too many.
  [[nodiscard]] std::optional<Begun> begin(const ConsoleLogin& login, Instant now);
  // Counts as a use of it. None: there is no such session any more.
  [[nodiscard]] std::optional<Session> find(const std::string& cookie, Instant now);
  // The same, and no use of it.
  [[nodiscard]] std::optional<Session> look_at(const std::string& cookie, Instant now);
  void end(const std::string& cookie);
  [[nodiscard]] const Lifetimes& lifetimes() const { return lifetimes_; }

 private:
  using Hash = std::array<std::uint8_t, 32>;
  // Null: there is none. The lock is held.
  [[nodiscard]] Session* live_session(const std::string& cookie, Instant now);
  [[nodiscard]] bool is_over(const Session& session, Instant now) const;
  void make_room(const std::string& login, Instant now);

  const Lifetimes lifetimes_;
  std::mutex mutex_;
  std::map<Hash, Session> sessions_;
};

// Takes the same time whatever they have in common.
[[nodiscard]] bool same_secret(const std::string& a, const std::string& b);

}  // namespace tsp::linux_
