// SPDX-License-Identifier: Apache-2.0
//
// Any bytes that come to the API's port: a head, and behind it a body. Whoever shows neither a token nor a session that
// is known gets no further than to be looked for.
#include <memory>
#include <string>

#include "adapters/linux/control/api.h"
#include "adapters/linux/control/api_gate.h"
#include "adapters/linux/control/http_api.h"
#include "fuzz/fuzz_target.h"

using namespace tsp;
using namespace tsp::linux_;

namespace {

constexpr Passwords::Cost kCheapest{.operations = 1, .memory_bytes = 8192};

bool is_a_look(const AdminCommand& command) {
  return std::holds_alternative<FindTokenRequest>(command) || std::holds_alternative<FindConsoleLoginRequest>(command);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text({data, size});
  const std::size_t end = input.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  auto head = parse_http_head(input.substr(0, end + 4));
  if (!head) return 0;
  const auto length = body_length(*head, kApiBodyBytesMax);
  if (!length) {
    fuzz::require(length.error() == 400 || length.error() == 411 || length.error() == 413);
    return 0;
  }
  fuzz::require(*length <= kApiBodyBytesMax);
  const std::string body(input.substr(end + 4, *length));
  const Api::CoreCall core = [](const AdminCommand& command, const std::optional<Actor>&) {
    fuzz::require(is_a_look(command));
    return std::optional(AdminReply{.status = AdminStatus::NotFound});
  };
  const auto gate = std::make_shared<ApiGate>(
      core, Sessions::Lifetimes{}, kCheapest, [] { return Instant{}; }, [] { return WallTime{}; });
  const Api api(core, gate, [] { return ServiceStatus{}; }, [] { return SelfTestReport{}; });
  const HttpRequest request{.head = std::move(*head), .body = body, .peer = {}};
  static_cast<void>(forwarded_address(request.head));
  const std::string response =
      http_response(answer_as_api(request, {}, [&api](const ApiRequest& asked) { return api.handle(asked); }));
  fuzz::require(response.starts_with("HTTP/1.1 4") && response.ends_with("}\n"));
  return 0;
}
