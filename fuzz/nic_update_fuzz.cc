// SPDX-License-Identifier: Apache-2.0
//
// Any bytes that come to the port for routers' updates are taken without harm, and lead to a request that names an
// account, or to an answer.
#include "adapters/linux/update/nic_update.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::linux_;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto head = parse_http_head(as_text(ByteView(data, size)));
  if (!head) return 0;
  const FourTuple peer{make_endpoint({{198, 51, 100, 7}}, 50000), make_endpoint({{192, 0, 2, 1}}, 8053)};
  const auto request = read_nic_update(*head, peer);
  if (request) {
    fuzz::require(!request->login.empty() && !request->key.empty());
  } else {
    const std::string response = http_response(request.error());
    fuzz::require(response.starts_with("HTTP/1.1 ") && response.size() < 1000);
  }
  return 0;
}
