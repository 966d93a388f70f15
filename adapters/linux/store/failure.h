// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>

#include <tsp/store.h>

namespace tsp::linux_::store {

// What a fault of the database means for what is tried next.
enum class Fault : std::uint8_t {
  Other,
  Device,      // the disk failed, and what it did until then is not known
  Conflict,    // another transaction was in the way; the same one may succeed now
  Connection,  // the server cannot be reached, or not any more
  Setup,       // it stays until somebody changes something: a password, a key of the configuration
};

// Why something was not done: Taken and Missing are refusals by the rules of tsp/store.h, Unavailable and Unknown are
// faults of the database.
struct Failure {
  StoreStatus status = StoreStatus::Unavailable;
  std::string detail;
  Fault fault = Fault::Other;
  std::optional<IPv6Prefix> occupied{};  // as in StoreDone
};

template <class T = void>
using Result = std::expected<T, Failure>;

}  // namespace tsp::linux_::store
