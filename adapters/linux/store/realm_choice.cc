// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/store/realm_choice.h"

namespace tsp::linux_::store {

Result<std::string> choose_realm(const std::string& stored, const std::string& configured, std::uint64_t accounts) {
  if (configured.empty() || configured == stored) return stored;
  if (accounts == 0) return configured;
  return std::unexpected(Failure{.detail = "the realm of the store is \"" + stored + "\", configured is \"" +
                                           configured + "\": the change would make the passwords of " +
                                           std::to_string(accounts) + " accounts useless",
                                 .fault = Fault::Setup});
}

}  // namespace tsp::linux_::store
