// SPDX-License-Identifier: Apache-2.0
#include "tools/tspd-sim/test_requests.h"

#include <algorithm>
#include <array>
#include <asio/post.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tsp::tspd_sim {
namespace {

using Json = nlohmann::json;
using linux_::ApiRequest;
using linux_::ApiResponse;

constexpr std::string_view kRoot = "/api/v1/test/";
constexpr auto kPatience = std::chrono::seconds(60);

constexpr std::array<std::pair<std::string_view, sim::StoreFault>, 8> kStoreFaults{{
    {"none", sim::StoreFault::None},
    {"unavailable", sim::StoreFault::Unavailable},
    {"read-only", sim::StoreFault::ReadOnly},
    {"stalled", sim::StoreFault::Stalled},
    {"lost-before-done", sim::StoreFault::LostBeforeDone},
    {"lost-after-done", sim::StoreFault::LostAfterDone},
    {"deadlocked", sim::StoreFault::Deadlocked},
    {"disconnected", sim::StoreFault::Disconnected},
}};
constexpr std::array<std::pair<std::string_view, sim::DatapathFault>, 6> kDatapathFaults{{
    {"none", sim::DatapathFault::None},
    {"failed", sim::DatapathFault::Failed},
    {"failed-after-done", sim::DatapathFault::FailedAfterDone},
    {"conflicting", sim::DatapathFault::Conflicting},
    {"cut-short", sim::DatapathFault::CutShort},
    {"stalled", sim::DatapathFault::Stalled},
}};

template <class Faults>
auto fault_named(const Faults& faults, const std::string& name) {
  for (const auto& [known, fault] : faults) {
    if (known == name) return fault;
  }
  throw std::invalid_argument("fault: no such fault: " + name);
}

// A misspelt request must not pass for one that was obeyed.
void allow_only(const Json& body, std::initializer_list<std::string_view> fields) {
  for (const auto& [field, value] : body.items()) {
    if (std::ranges::find(fields, field) == fields.end()) throw std::invalid_argument(field + ": no such field");
  }
}

Duration time_to_pass(const Json& body) {
  return std::chrono::milliseconds(body.value("advance_ms", std::int64_t{0}));
}

void act_on_clock(const Json& body, SimulatedHost& host) {
  allow_only(body, {"advance_ms", "step_wall_ms"});
  if (time_to_pass(body) < Duration::zero()) {
    throw std::out_of_range("advance_ms: expected 0 or more; step_wall_ms sets the wall clock back");
  }
  if (body.contains("step_wall_ms"))
    host.step_wall(std::chrono::milliseconds(body.at("step_wall_ms").get<std::int64_t>()));
}

void act_on_store(const Json& body, SimulatedHost& host) {
  allow_only(body, {"fault", "orders"});
  host.store().inject(fault_named(kStoreFaults, body.at("fault")), body.value("orders", sim::SimStore::kForever));
}

void act_on_datapath(const Json& body, SimulatedHost& host) {
  allow_only(body, {"fault", "orders", "lose", "reset"});
  sim::SimDatapath& datapath = host.datapath();
  if (body.contains("fault")) {
    datapath.inject(fault_named(kDatapathFaults, body.at("fault")), body.value("orders", sim::SimDatapath::kForever));
  }
  if (body.contains("lose") && !datapath.lose(TunnelId{std::stoull(body.at("lose").get<std::string>())})) {
    throw std::invalid_argument("lose: the datapath has no such tunnel");
  }
  if (body.value("reset", false)) datapath.reset();
}

Json show_datapath(SimulatedHost& host) {
  Json tunnels = Json::array();
  for (const TunnelSpec& tunnel : host.datapath().tunnels().list()) {
    tunnels.push_back({{"id", std::to_string(tunnel.id.value)},
                       {"client", to_text(tunnel.path.remote)},
                       {"inner", to_text(tunnel.inner)},
                       {"confirmed", tunnel.confirmed}});
  }
  return {{"tunnels", tunnels}};
}

Json act(std::string_view what, const ApiRequest& request, SimulatedHost& host) {
  if (request.method == "GET" && what == "datapath") return show_datapath(host);
  const Json body = Json::parse(request.body);
  if (what == "clock") {
    act_on_clock(body, host);
  } else if (what == "store") {
    act_on_store(body, host);
  } else if (what == "datapath") {
    act_on_datapath(body, host);
  } else {
    throw std::invalid_argument("no such request");
  }
  return Json::object();
}

Duration time_to_pass(std::string_view what, const ApiRequest& request) {
  if (what != "clock") return {};
  return time_to_pass(Json::parse(request.body));
}

ApiResponse refusal(int status, const std::exception& error) {
  return {.status = status, .body = Json{{"error", error.what()}}.dump()};
}

}  // namespace

std::optional<ApiResponse> answer_test(const ApiRequest& request, asio::io_context& io, SimulatedHost& host) {
  if (!request.target.starts_with(kRoot)) return std::nullopt;
  const std::string what = request.target.substr(kRoot.size());
  const auto answer = std::make_shared<std::promise<ApiResponse>>();
  asio::post(io, [&host, request, what, answer] {
    try {
      const std::string shown = act(what, request, host).dump();
      host.advance(time_to_pass(what, request), [answer, shown] { answer->set_value({.status = 200, .body = shown}); });
    } catch (const std::out_of_range& error) {
      answer->set_value(refusal(422, error));
    } catch (const std::exception& error) {
      answer->set_value(refusal(400, error));
    }
  });
  auto future = answer->get_future();
  if (future.wait_for(kPatience) == std::future_status::ready) return future.get();
  return ApiResponse{.status = 503, .body = R"({"error": "the loop does not come to rest"})"};
}

}  // namespace tsp::tspd_sim
