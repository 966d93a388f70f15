// SPDX-License-Identifier: Apache-2.0
//
// A create request that is read can be written, and reads the same then.
#include "core/wire/message.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto request = wire::parse_request(as_text({data, size}));
  if (!request) {
    fuzz::require(request.error() == wire::Status::InvalidRequest);
    return 0;
  }
  const auto* create = std::get_if<wire::CreateRequest>(&*request);
  if (create == nullptr || !create->type || create->bad_ipv4 || create->bad_ipv6) return 0;
  const auto again = wire::parse_request(wire::create_text(*create));
  fuzz::require(again.has_value() && *again == *request);
  return 0;
}
