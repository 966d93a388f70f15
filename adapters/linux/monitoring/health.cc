// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/monitoring/health.h"

#include "adapters/linux/terminal/escape.h"

namespace tsp::linux_ {
namespace {

constexpr const char* kStuck = "the main loop does not answer";

Health bad(std::string line) {
  return {.good = false, .line = std::move(line)};
}

}  // namespace

Health liveness(const std::optional<StatusView>& broker) {
  return broker ? Health{.good = true, .line = "ok"} : bad(kStuck);
}

Health readiness(const std::optional<StatusView>& broker, bool stopping) {
  if (!broker) return bad(kStuck);
  if (stopping) return bad("tspd is stopping");
  if (!broker->store_available) return bad("the store is away: " + escape_text(broker->store_detail));
  if (!broker->ready) return bad("store and datapath are not compared yet");
  if (broker->datapath_failed) return bad("the datapath does not take what it should have");
  if (broker->drain) return bad("tspd is draining");
  return {.good = true, .line = "ok"};
}

}  // namespace tsp::linux_
