// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/config/api_keys.h"

#include <algorithm>

#include "adapters/linux/config/make_key.h"

namespace tsp::linux_ {
namespace {

constexpr std::int64_t kSessionSecondsMax = 30LL * 24 * 3600;

bool is_loopback(const IPv6Address& address) {
  constexpr IPv6Address kLoopback{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  return is_mapped(address) ? unmap(address).octets[0] == 127 : address == kLoopback;
}

}  // namespace

void settle_api(const DaemonConfig& config, std::vector<ConfigFault>& faults) {
  const ApiSettings& api = config.api;
  if (api.listen.empty()) return;
  if (api.certificate.empty() != api.private_key.empty()) {
    faults.push_back({"api", "expected both or none of certificate and private_key"});
  }
  const auto other =
      std::ranges::find_if(api.listen, [](const Endpoint& endpoint) { return !is_loopback(endpoint.address); });
  if (api.certificate.empty() && other != api.listen.end()) {
    faults.push_back({"api.listen", to_text(*other) +
                                        " is no address of loopback: passwords and tokens would cross the network "
                                        "readably; expected api.certificate and api.private_key"});
  }
}

void add_api_keys(std::vector<Key>& keys) {
  using enum Change;
  const auto file = text("an absolute path", is_path);
  const auto count = number<std::uint32_t>(1, kCountMax);
  keys.push_back(make_key("api", "listen", AtRestart, list(listen_address(), 0), TSP_MEMBER(api.listen),
                          "Where the [API](api.md) is served over HTTPS or, at addresses of loopback such as "
                          "`127.0.0.1:8053`, over HTTP; `[]`: nowhere but on the control socket."));
  keys.push_back(make_key("api", "console", AtRestart, boolean(), TSP_MEMBER(api.console),
                          "Whether the pages of the [console](console.md) are served there too. Without them all that "
                          "the API does is possible still, log-ins of sessions among it."));
  keys.push_back(make_key("api", "certificate", AtRestart, file, TSP_MEMBER(api.certificate),
                          "The certificate in PEM, with those between it and its root. What is in the file is read "
                          "again at each reload.",
                          "none: HTTP"));
  keys.push_back(make_key("api", "private_key", AtRestart, file, TSP_MEMBER(api.private_key),
                          "The key of the certificate, in PEM.", "none"));
  keys.push_back(make_key("api", "trusted_proxies", AtRestart, list(any_address(), 0), TSP_MEMBER(api.trusted_proxies),
                          "Reverse proxies: of their requests the last address of `X-Forwarded-For` is the client's."));
  keys.push_back(make_key("api", "connections_max", AtRestart, count, TSP_MEMBER(api.connections_max),
                          "Connections at the same time; further ones are closed at once."));
  keys.push_back(make_key("api", "connections_per_source_max", AtRestart, count,
                          TSP_MEMBER(api.connections_per_source_max), "The same for one IPv4 address or IPv6 /64."));
  keys.push_back(make_key("api", "requests_per_source_per_second", AtRestart, count,
                          TSP_MEMBER(api.requests_per_source.per_second),
                          "Requests that are answered, from one IPv4 address or IPv6 /64."));
  keys.push_back(make_key("api", "requests_per_source_burst", AtRestart, count,
                          TSP_MEMBER(api.requests_per_source.burst), "As many at once, before the limit above holds."));
  keys.push_back(make_key("api", "session_idle_seconds", AtRestart, seconds(60, kSessionSecondsMax),
                          TSP_MEMBER(api.session_idle), "A session of the console ends when it is not used so long."));
  keys.push_back(make_key("api", "session_seconds_max", AtRestart, seconds(60, kSessionSecondsMax),
                          TSP_MEMBER(api.session_lifetime), "And after so long in any case."));
  keys.push_back(make_key("api", "event_streams_max", AtRestart, number<std::uint32_t>(1, 1000),
                          TSP_MEMBER(api.event_streams_max),
                          "[Streams of events](api.md#events) at the same time, those on the control socket too."));
  keys.push_back(make_key("api", "event_streams_per_source_max", AtRestart, number<std::uint32_t>(1, 1000),
                          TSP_MEMBER(api.event_streams_per_source_max),
                          "The same for one IPv4 address or IPv6 /64, not on the control socket."));
}

}  // namespace tsp::linux_
