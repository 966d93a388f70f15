// SPDX-License-Identifier: Apache-2.0
//
// Any bytes that come as a name server's answer, or stand in a key's file, are taken without harm; no answer passes for
// success that was not signed.
#include "adapters/linux/dns/answer.h"
#include "adapters/linux/dns/tsig.h"
#include "adapters/linux/dns/tsig_key.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::linux_;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (const auto answer = dns::parse_answer(input)) {
    fuzz::require(answer->size_without_tsig <= size);
    fuzz::require(answer->tsig || answer->size_without_tsig == size);
    const dns::TsigKey key{.name = "tspd", .algorithm = dns::TsigAlgorithm::HmacSha256, .secret = Bytes(32, 7)};
    const Bytes question = {0x12, 0x34, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const WallTime now{std::chrono::seconds(1'700'000'000)};
    fuzz::require(!dns::judge_answer(input, dns::sign(question, key, now), key, now));
  }
  if (const auto key = dns::parse_tsig_key(as_text(input))) fuzz::require(key->secret.size() >= 16);
  return 0;
}
