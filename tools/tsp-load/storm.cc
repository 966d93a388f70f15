// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/storm.h"

#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "adapters/linux/net/clock.h"

namespace tsp::load {
namespace {

double per_second(const StormReport& report) {
  return report.elapsed > Duration{} ? static_cast<double>(report.established) / to_seconds(report.elapsed) : 0;
}

std::size_t failed(const StormReport& report) {
  std::size_t count = 0;
  for (const auto& [reason, times] : report.failures) count += times;
  return count;
}

}  // namespace

std::expected<StormReport, std::string> run_storm(const SwarmOptions& options) {
  StormReport report;
  const Instant start = linux_::read_clock().mono;
  Swarm swarm(options, [&](const Outcome& outcome) {
    if (outcome.result) {
      ++report.established;
      report.latencies.add(outcome.took);
      report.elapsed = linux_::read_clock().mono - start;
    } else {
      ++report.failures[failure_text(outcome.result.error())];
    }
  });
  if (auto ran = swarm.run(); !ran) return std::unexpected(std::move(ran.error()));
  report.retransmissions = swarm.retransmissions();
  return report;
}

std::string failure_text(const client::Failure& failure) {
  std::string text(client::name(failure.kind));
  if (failure.code != 0) text += " " + std::to_string(failure.code);
  return text;
}

std::string to_text(StormReport& report) {
  char line[160];
  std::snprintf(line, sizeof line, "%zu tunnels in %.2f s: %.0f a second\n", report.established,
                to_seconds(report.elapsed), per_second(report));
  std::string text = line;
  const auto ms = [&](unsigned permille) { return to_milliseconds(report.latencies.percentile(permille)); };
  std::snprintf(line, sizeof line, "set-up time in ms: median %.1f, 90 %% %.1f, 99 %% %.1f, longest %.1f\n", ms(500),
                ms(900), ms(990), ms(1000));
  text += line;
  text +=
      std::to_string(report.retransmissions) + " retransmissions, " + std::to_string(failed(report)) + " failures\n";
  for (const auto& [reason, times] : report.failures) text += "  " + std::to_string(times) + " x " + reason + "\n";
  return text;
}

std::string to_json(StormReport& report) {
  const auto ms = [&](unsigned permille) { return to_milliseconds(report.latencies.percentile(permille)); };
  const nlohmann::ordered_json json{
      {"established", report.established},
      {"failed", failed(report)},
      {"failures", report.failures},
      {"seconds", to_seconds(report.elapsed)},
      {"per_second", per_second(report)},
      {"latency_ms", {{"p50", ms(500)}, {"p90", ms(900)}, {"p99", ms(990)}, {"max", ms(1000)}}},
      {"retransmissions", report.retransmissions}};
  return json.dump() + "\n";
}

}  // namespace tsp::load
