// SPDX-License-Identifier: Apache-2.0
//
// Any bytes survive encoding and decoding; what is decoded has one encoding only.
#include "core/wire/base64.h"

#include "core/wire/text.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text({data, size});
  fuzz::require(wire::base64_decode(wire::base64_encode(input)) == input);
  if (const auto decoded = wire::base64_decode(input)) {
    fuzz::require(wire::base64_encode(*decoded) == wire::skip_trailing(input, wire::kFiller));
  }
  return 0;
}
