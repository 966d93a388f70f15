// SPDX-License-Identifier: Apache-2.0
//
// Any request to the control API. The input is "METHOD TARGET", a line feed, the body. Every answer is JSON; whoever is
// refused learns why, and a request that does not read well reaches nobody.
#include <nlohmann/json.hpp>
#include <string>

#include "adapters/linux/control/api.h"
#include "adapters/linux/control/api_gate.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::linux_;

namespace {

constexpr Passwords::Cost kCheapest{.operations = 1, .memory_bytes = 8192};
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
  const Api::CoreCall core = [&](const AdminCommand& command, const std::optional<Actor>&) {
    ++asked;
    return std::optional(reply_to(command));
  };
  const auto gate = std::make_shared<ApiGate>(
      core, Sessions::Lifetimes{}, kCheapest, [] { return Instant{}; }, [] { return WallTime{}; });
  const Api api(core, gate, [] { return ServiceStatus{}; }, [] { return SelfTestReport{}; });
  const ApiRequest request = read_request(as_text({data, size}));
  // Whoever is not known is told so, but for logging in, and reaches nobody.
  const ApiResponse strangers = api.handle(request, Caller{.source = "192.0.2.7"});
  fuzz::require(strangers.status >= 400);
  asked = 0;
  const ApiResponse response = api.handle(request, local_caller(0));
  fuzz::require(response.status >= 200 && response.status < 600);
  if (response.body.empty()) {
    fuzz::require(response.status == 204);
    return 0;
  }
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  fuzz::require(!json.is_discarded());
  if (response.status < 400) return 0;
  // A password is wrong only after it was looked for.
  const bool may_ask = request.target.find("session") != std::string::npos;
  fuzz::require((asked == 0 || may_ask) && !json.at("error").at("message").get<std::string>().empty());
  return 0;
}
