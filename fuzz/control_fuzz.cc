// SPDX-License-Identifier: Apache-2.0
//
// Any request to the control API. The input is "METHOD TARGET", a line feed, the body. Every answer is JSON; whoever is
// refused learns why, and a request that does not read well reaches nobody.
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/linux/control/api.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::linux_;

namespace {

const std::string kStrange = "a\x80\n\"<&\xE2\x80\xAE";  // a login that nobody should be able to have

AdminReply reply_to(const AdminCommand& command) {
  AdminReply reply;
  AccountView account;
  account.record.account.login = kStrange;
  reply.accounts.assign(1 + command.index() % 3, account);
  reply.tunnels.resize(1 + command.index() % 2);
  reply.state.emplace();
  return reply;
}

ApiRequest read_request(std::string_view input) {
  const std::size_t line_end = std::min(input.find('\n'), input.size());
  const std::string_view line = input.substr(0, line_end);
  const std::size_t space = std::min(line.find(' '), line.size());
  ApiRequest request;
  request.method = line.substr(0, space);
  request.target = line.substr(std::min(space + 1, line.size()));
  request.body = input.substr(std::min(line_end + 1, input.size()));
  return request;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int asked = 0;
  const Api api(
      [&](const AdminCommand& command) {
        ++asked;
        return std::optional(reply_to(command));
      },
      [] { return ServiceStatus{}; }, [] { return SelfTestReport{}; });
  const ApiResponse response = api.handle(read_request(as_text({data, size})));
  fuzz::require(response.status >= 200 && response.status < 600);
  if (response.body.empty()) {
    fuzz::require(response.status == 204);
    return 0;
  }
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  fuzz::require(!json.is_discarded());
  if (response.status < 400) return 0;
  fuzz::require(asked == 0 && !json.at("error").at("message").get<std::string>().empty());
  return 0;
}
