// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/sqlite/store_reader.h"

#include <variant>

namespace tsp::linux_::sqlite {

StoreDone StoreReader::execute(const store::ReadOrder& order) {
  StoreDone done;
  store::SkippedRows skipped;
  const auto read_all = [&]() -> Result<> {
    if (auto begun = begin_.run(); !begun) return begun;
    auto answered = std::visit([&](const auto& o) { return store::read(tables_, o, done, skipped); }, order);
    return answered ? end_.run() : answered;
  };
  if (auto answered = read_all()) {
    done.detail = skipped.text();
  } else {
    connection_.roll_back();
    done = {};
    done.status = answered.error().status;
    done.detail = answered.error().detail;
  }
  done.op = std::visit([](const auto& o) { return o.op; }, order);
  return done;
}

}  // namespace tsp::linux_::sqlite
