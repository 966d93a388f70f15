// SPDX-License-Identifier: Apache-2.0
//
// The control API /api/v1 as a function from request to response, apart from any HTTP library. It is described in
// docs/reference/openapi.yaml.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tsp/broker.h>

#include "adapters/linux/config/reload.h"
#include "adapters/linux/control/caller.h"
#include "adapters/linux/control/dns_status.h"
#include "adapters/linux/control/self_test_report.h"
#include "adapters/linux/http/live_body.h"

namespace tsp::linux_ {

struct ApiRequest {
  std::string method;  // "GET"
  std::string target;  // path and query as they came, still encoded
  std::string body;
  std::optional<std::string> idempotency_key{};  // the header of this name
  std::string last_event_id{};                   // likewise; empty: none
  Credentials credentials{};
};

struct ApiResponse {
  int status = 200;
  std::string body;  // without the last line's end
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones
  std::shared_ptr<LiveBody> live{};                            // instead of `body`
};

// What the daemon knows and the core does not.
struct ServiceStatus {
  using Count = std::pair<std::string, std::uint64_t>;

  std::string version;
  std::string realm;
  std::uint32_t broker_id = 1;
  std::vector<std::string> listen;       // where TSP is spoken: "0.0.0.0:3653"
  std::string store_type;                // "sqlite", "mysql"
  std::vector<std::string> other_pools;  // prefixes
  std::vector<OtherBroker> redirect;     // the configured list; empty: the brokers on the store
  std::uint64_t uptime_seconds = 0;
  std::uint64_t store_transactions = 0;
  std::vector<std::string> pool;  // lines for people
  std::string datapath_name;      // "tun", "utun"
  std::string datapath_reason;    // why it is that one
  std::vector<Count> datapath;    // "packets_up" …
  std::vector<Count> drops;       // by reason
  std::vector<std::pair<std::string, bool>> offloads;
};

class ApiGate;
class EventStreams;
class RepeatedRequests;

enum class Reload : std::uint8_t { Plan, Apply };

// What the daemon does beside the core.
struct DaemonCalls {
  std::shared_ptr<EventStreams> events{};  // null: there are none
  // Reads the configuration again, and takes it over if it can and is to. None: there was no answer in time.
  std::function<std::optional<ReloadPlan>(Reload)> reload{};
};

class Api {
 public:
  // None: the core did not answer in time.
  using CoreCall = std::function<std::optional<AdminReply>(AdminCommand, const std::optional<Actor>&)>;
  using Service = std::function<ServiceStatus()>;
  using SelfTestCall = std::function<SelfTestReport()>;

  // `gate`: who lets people log in to the console.
  Api(CoreCall core, std::shared_ptr<ApiGate> gate, Service service, SelfTestCall self_test, DnsCalls dns = {},
      DaemonCalls daemon = {});

  // Each from any thread. Blocks until the core has answered, or the self-test is over. Whatever the caller may not do
  // is refused.
  [[nodiscard]] ApiResponse handle(const ApiRequest& request, const Caller& caller) const;
  // For whom the request's credentials show.
  [[nodiscard]] ApiResponse handle(const ApiRequest& request) const;

 private:
  CoreCall core_;
  std::shared_ptr<ApiGate> gate_;
  Service service_;
  SelfTestCall self_test_;
  DnsCalls dns_;
  DaemonCalls daemon_;
  std::shared_ptr<RepeatedRequests> repeated_;  // of all copies
};

}  // namespace tsp::linux_
