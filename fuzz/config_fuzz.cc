// SPDX-License-Identifier: Apache-2.0
//
// Any text as a configuration: either a broker can be made of it, or each fault is told in one line.
#include <memory>

#include <tsp/broker.h>

#include "adapters/linux/config/describe.h"
#include "adapters/linux/config/load.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::linux_;

namespace {

void require_words(const std::vector<ConfigError>& errors) {
  fuzz::require(!errors.empty());
  for (const ConfigError& error : errors) {
    const std::string line = to_text("tspd.toml", error);
    fuzz::require(!error.message.empty() && line.find('\n') == std::string::npos);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto config = parse_config(as_text({data, size}), {map_ipv4({{192, 0, 2, 1}})});
  if (!config) {
    require_words(config.error());
    return 0;
  }
  fuzz::require(!describe_config(*config).empty());
  (void)config_warnings(*config);
  const Broker broker(std::make_shared<const BrokerConfig>(config->broker), Seed{1}, Now{});
  broker.check_invariants();
  return 0;
}
