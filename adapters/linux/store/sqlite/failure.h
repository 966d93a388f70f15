// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <optional>
#include <string>

#include <tsp/store.h>

namespace tsp::linux_::sqlite {

// Why something was not done: Taken and Missing are refusals by the rules of tsp/store.h, Unavailable and Unknown are
// faults of the database.
struct Failure {
  StoreStatus status = StoreStatus::Unavailable;
  std::string detail;
  bool io_error = false;                 // the disk failed, and what it did until then is not known
  std::optional<IPv6Prefix> occupied{};  // as in StoreDone
};

template <class T = void>
using Result = std::expected<T, Failure>;

// The result code of SQLite in an operator's words, with SQLite's own after it.
[[nodiscard]] std::string describe_code(int code, const char* message);

}  // namespace tsp::linux_::sqlite
