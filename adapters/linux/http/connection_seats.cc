// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/http/connection_seats.h"

#include <algorithm>

#include "core/base/source.h"

namespace tsp::linux_ {

ConnectionSeats::Seat::Seat(ConnectionSeats& seats, const IPv6Address& address)
    : seats_(seats),
      source_(source_of(address)),
      shared_(std::ranges::find(seats.options_.shared_sources, address) != seats.options_.shared_sources.end()) {
  const std::lock_guard lock(seats_.mutex_);
  of_source_ = ++seats_.connections_[source_];
  of_all_ = ++seats_.all_;
}

ConnectionSeats::Seat::~Seat() {
  const std::lock_guard lock(seats_.mutex_);
  const auto count = seats_.connections_.find(source_);
  if (--count->second == 0) seats_.connections_.erase(count);
  --seats_.all_;
}

bool ConnectionSeats::Seat::may_stay() const {
  const std::lock_guard lock(seats_.mutex_);
  if (seats_.all_ > seats_.options_.all_max / 2) return false;
  return shared_ || seats_.connections_.at(source_) <= seats_.options_.per_source_max / 2;
}

bool ConnectionSeats::Seat::is_free() const {
  if (of_all_ > seats_.options_.all_max) return false;
  return shared_ || of_source_ <= seats_.options_.per_source_max;
}

}  // namespace tsp::linux_
