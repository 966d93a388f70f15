// SPDX-License-Identifier: Apache-2.0
#include "tools/tsp-load/conformance/conformance.h"

#include <algorithm>
#include <chrono>

#include <nlohmann/json.hpp>

#include "adapters/linux/net/clock.h"
#include "tools/tsp-load/conformance/dialogue.h"

namespace tsp::load::conformance {
namespace {

constexpr std::size_t kStatementWidth = 64;
constexpr int kRoundTripsOfPatience = 4;

std::string_view name(Result result) {
  switch (result) {
    case Result::Pass:
      return "pass";
    case Result::Fail:
      return "fail";
    case Result::NotTested:
      return "not tested";
  }
  return {};
}

// The newest version that it takes, and what it offers then. None: it does not greet.
std::optional<wire::Capabilities> greet(Peer& peer, Target& target) {
  try {
    const std::string reply = peer.ask(version_line(target.version));
    target.busy = status_of(reply) == 530;
    if (status_of(reply) == 302 && target.version != "2.0.0") {
      target.version = target.version == "2.0.2" ? "2.0.1" : "2.0.0";
      UdpPeer again(target);
      return greet(again, target);
    }
    return wire::parse_capability(reply);
  } catch (const Violation&) {
    return std::nullopt;
  }
}

void greet_over_udp(Target& target) {
  target.udp.emplace();
  UdpPeer peer(target);
  const Instant start = linux_::read_clock().mono;
  target.udp = greet(peer, target);
  if (!target.udp) return;
  target.patience = std::max(target.patience, kRoundTripsOfPatience * (linux_::read_clock().mono - start));
}

void greet_over_tcp(Target& target) {
  if (!accepts_tcp(target.server)) return;
  target.tcp.emplace();
  TcpPeer peer(target);
  target.tcp = greet(peer, target);
}

// A wrong password would be one failure for each statement that needs a login.
std::optional<std::string> refusal_of_account(const Target& target) {
  if (!target.account) return std::nullopt;
  try {
    if (target.udp) {
      UdpPeer peer(target);
      log_in_with_account(peer, target);
    } else {
      TcpPeer peer(target);
      log_in_with_account(peer, target);
    }
  } catch (const Violation& violation) {
    const std::string what = violation.what();
    // Any other answer is a fault of the server's, and belongs into the table.
    if (what.find("\"300 ") == std::string::npos) return std::nullopt;
    return "the server does not take the login " + target.account->login + " with this password: " + what;
  } catch (const NotTestable&) {
    return std::nullopt;  // no mechanism that needs an account
  }
  return std::nullopt;
}

std::string padded(std::string_view text, std::size_t width) {
  std::string result(text);
  result.resize(std::max(width, text.size()), ' ');
  return result;
}

}  // namespace

std::size_t Report::count(Result result) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(verdicts, [=](const Verdict& verdict) { return verdict.result == result; }));
}

std::vector<Check> all_checks() {
  std::vector<Check> all;
  for (const auto& part :
       {tcp_checks(), udp_checks(), login_checks(), request_checks(), offer_checks(), packet_checks()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

Verdict ask(const Check& check, const Target& target) {
  Verdict verdict{.check = check};
  try {
    if (check.ask != nullptr) {
      check.ask(target);
      verdict.result = Result::Pass;
    }
    if (!check.unseen.empty()) verdict.why = (check.ask != nullptr ? "unseen: " : "") + std::string(check.unseen);
  } catch (const Violation& violation) {
    verdict.result = Result::Fail;
    verdict.why = violation.what();
  } catch (const NotTestable& reason) {
    verdict.why = reason.what();
  }
  return verdict;
}

std::expected<Report, std::string> run_conformance(const Options& options) {
  const auto local = local_address_towards(options.server);
  if (!local) return std::unexpected(local.error());
  Target target{.server = options.server, .local = *local, .account = options.account};
  greet_over_udp(target);
  greet_over_tcp(target);
  if (target.busy) return std::unexpected(to_text(options.server) + " is too busy (530); ask again later");
  if (!target.udp && !target.tcp) return std::unexpected("no TSP server answers at " + to_text(options.server));
  if (const auto refusal = refusal_of_account(target)) return std::unexpected(*refusal);
  Report report{.server = options.server};
  for (const Check& check : all_checks()) report.verdicts.push_back(ask(check, target));
  return report;
}

std::string to_text(const Report& report) {
  std::string text;
  for (const Verdict& verdict : report.verdicts) {
    std::string line = std::string(verdict.check.number) + " " + static_cast<char>(verdict.check.level) + "  " +
                       padded(name(verdict.result), 12) + padded(verdict.check.statement, kStatementWidth) +
                       verdict.why;
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text + std::to_string(report.count(Result::Pass)) + " passed, " + std::to_string(report.count(Result::Fail)) +
         " failed, " + std::to_string(report.count(Result::NotTested)) + " not tested\n";
}

std::string to_json(const Report& report) {
  nlohmann::ordered_json statements = nlohmann::ordered_json::array();
  for (const Verdict& verdict : report.verdicts) {
    statements.push_back({{"number", verdict.check.number},
                          {"level", std::string(1, static_cast<char>(verdict.check.level))},
                          {"statement", verdict.check.statement},
                          {"result", name(verdict.result)},
                          {"why", verdict.why}});
  }
  const nlohmann::ordered_json json{{"server", to_text(report.server)},
                                    {"passed", report.count(Result::Pass)},
                                    {"failed", report.count(Result::Fail)},
                                    {"not_tested", report.count(Result::NotTested)},
                                    {"statements", std::move(statements)}};
  return json.dump() + "\n";
}

}  // namespace tsp::load::conformance
