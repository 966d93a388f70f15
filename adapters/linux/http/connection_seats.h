// SPDX-License-Identifier: Apache-2.0
//
// How many connections there are, in all and of each source.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include <tsp/address.h>

namespace tsp::linux_ {

class ConnectionSeats {
 public:
  struct Options {
    std::uint32_t all_max = 0;
    std::uint32_t per_source_max = 0;         // see base/source.h
    std::vector<IPv6Address> shared_sources;  // addresses that many clients have: only the limit of all holds
  };
  explicit ConnectionSeats(Options options) : options_(std::move(options)) {}

  // One connection's place, until it is destroyed. The seats must live longer.
  class Seat {
   public:
    Seat(ConnectionSeats& seats, const IPv6Address& address);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    // Whether there is room for it.
    [[nodiscard]] bool is_free() const;
    // Whether most seats are free, so that whoever has nothing to say just now may keep his.
    [[nodiscard]] bool may_stay() const;

   private:
    ConnectionSeats& seats_;
    IPv6Address source_;
    bool shared_ = false;
    std::uint32_t of_source_ = 0;
    std::uint32_t of_all_ = 0;
  };

 private:
  const Options options_;
  std::mutex mutex_;
  std::map<IPv6Address, std::uint32_t> connections_;
  std::uint32_t all_ = 0;
};

}  // namespace tsp::linux_
