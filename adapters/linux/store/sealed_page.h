// SPDX-License-Identifier: Apache-2.0
//
// Rows whose secrets are sealed anew, a number of them at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <tsp/store.h>

#include "adapters/linux/store/row_reader.h"

namespace tsp::linux_::store {

inline constexpr std::int64_t kSealedAtOnce = 500;

struct SealedPage {
  std::int64_t last = 0;  // the id of its last row
  std::size_t rows = 0;
  std::vector<std::string> unreadable;  // those that are left as they are, and why
};

// Several pages together.
struct Sealing {
  std::size_t sealed = 0;
  std::vector<std::string> unreadable;  // what could not be sealed anew, and why
};

// The accounts that are not sealed with the current key, in the order of their ids, which is their first column; those
// that `read` can read are written to `table` as they are, which seals them.
template <class Rows, class Read, class Table>
Result<SealedPage> seal_rows(Result<Rows> rows, Read read, Table& table) {
  SealedPage page;
  std::vector<Account> accounts;
  const auto keep = [&](const Columns& row) -> Result<> {
    page.last = row.integer(0).value_or(page.last);
    ++page.rows;
    if (auto account = read(row)) {
      accounts.push_back(std::move(*account));
    } else {
      page.unreadable.push_back(std::move(account.error()));
    }
    return {};
  };
  if (auto done = for_each_row(std::move(rows), keep); !done) return std::unexpected(std::move(done.error()));
  for (const Account& account : accounts) {
    auto sealed = table.apply(UpdateAccount{.account = account, .before = account});
    if (!sealed) return std::unexpected(std::move(sealed.error()));
  }
  return page;
}

}  // namespace tsp::linux_::store
