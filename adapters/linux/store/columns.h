// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <tsp/types.h>

namespace tsp::linux_::store {

// The current row of a result, whatever database it comes from. Columns are counted from 0. None: it is NULL, or of
// another type. What is returned lives as long as the row is the current one.
class Columns {
 public:
  virtual ~Columns() = default;

  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::optional<std::int64_t> integer(int column) const = 0;
  [[nodiscard]] virtual std::optional<std::string_view> text(int column) const = 0;
  [[nodiscard]] virtual std::optional<ByteView> blob(int column) const = 0;
  [[nodiscard]] virtual std::string_view name(int column) const = 0;

 protected:
  Columns() = default;
  Columns(const Columns&) = default;
  Columns(Columns&&) = default;
  Columns& operator=(const Columns&) = default;
  Columns& operator=(Columns&&) = default;
};

}  // namespace tsp::linux_::store
