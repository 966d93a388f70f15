// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/import_report.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include <nlohmann/json.hpp>

#include "adapters/linux/terminal/escape.h"

namespace tsp::tspctl {

using linux_::escape_text;
using linux_::ddtb::AccountFate;
using linux_::ddtb::Fate;
using nlohmann::json;

namespace {

std::string_view word_for(Fate fate, bool applied) {
  switch (fate) {
    case Fate::Added:
      return applied ? "added" : "would be added";
    case Fate::Present:
      return "there already";
    case Fate::Refused:
      return "not taken";
  }
  return {};
}

struct Counts {
  explicit Counts(const std::vector<AccountFate>& accounts) : in_all(accounts.size()) {
    for (const AccountFate& account : accounts) {
      added += account.fate == Fate::Added;
      present += account.fate == Fate::Present;
      refused += account.fate == Fate::Refused;
      prefixes += account.fate == Fate::Added && account.prefix;
      disabled += account.fate == Fate::Added && !account.enabled;
      with_notes += !account.notes.empty();
    }
  }
  std::size_t in_all;
  std::size_t added = 0;
  std::size_t present = 0;
  std::size_t refused = 0;
  std::size_t prefixes = 0;
  std::size_t disabled = 0;
  std::size_t with_notes = 0;
};

template <class T>
std::string lease_part(std::string_view name, const std::optional<T>& value) {
  return value ? ", " + std::string(name) + " " + to_text(*value) : std::string();
}

std::string text_of(const AccountFate& account, bool applied) {
  std::string text = "\"" + escape_text(account.login) + "\": " + std::string(word_for(account.fate, applied));
  text += lease_part("prefix", account.prefix);
  text += lease_part("address", account.address);
  text += lease_part("server address", account.server_address);
  if (account.fate != Fate::Refused && !account.enabled) text += ", disabled";
  text += '\n';
  for (const std::string& note : account.notes) text += "  - " + escape_text(note) + '\n';
  return text;
}

json json_of(const AccountFate& account) {
  json object = {{"login", account.login},
                 {"fate", account.fate == Fate::Added     ? "added"
                          : account.fate == Fate::Present ? "present"
                                                          : "refused"},
                 {"enabled", account.fate != Fate::Refused && account.enabled},
                 {"notes", account.notes}};
  const auto add = [&](const char* name, const auto& value) { object[name] = value ? json(to_text(*value)) : json(); };
  add("prefix", account.prefix);
  add("address", account.address);
  add("server_address", account.server_address);
  return object;
}

}  // namespace

std::string report_text(const ImportReport& report) {
  const auto& plan = report.import.plan;
  std::string text = "old database: " + escape_text(report.old_place) + "\ndatabase: " + escape_text(report.place) +
                     "\nrealm: " + report.import.realm + "\n\n";
  for (const AccountFate& account : plan.accounts) text += text_of(account, report.applied);
  if (!plan.remarks.empty()) text += '\n';
  for (const std::string& remark : plan.remarks) text += escape_text(remark) + '\n';
  const Counts counts(plan.accounts);
  const auto number = [](std::size_t count) { return std::to_string(count); };
  text += "\naccounts: " + number(counts.in_all) + " in the old database; " + number(counts.added) + " " +
          std::string(word_for(Fate::Added, report.applied)) + ", " + number(counts.prefixes) +
          " of them with their prefix, " + number(counts.disabled) + " disabled; " + number(counts.present) +
          " there already; " + number(counts.refused) + " not taken; notes about " + number(counts.with_notes) + "\n";
  if (!report.applied) text += "Nothing was written. With --apply it is done.\n";
  return text;
}

json report_json(const ImportReport& report) {
  const auto& plan = report.import.plan;
  const Counts counts(plan.accounts);
  json accounts = json::array();
  for (const AccountFate& account : plan.accounts) accounts.push_back(json_of(account));
  return {{"old_database", report.old_place},
          {"database", report.place},
          {"realm", report.import.realm},
          {"applied", report.applied},
          {"counts",
           {{"accounts", counts.in_all},
            {"added", counts.added},
            {"present", counts.present},
            {"refused", counts.refused},
            {"prefixes", counts.prefixes},
            {"disabled", counts.disabled},
            {"with_notes", counts.with_notes}}},
          {"accounts", accounts},
          {"remarks", plan.remarks}};
}

}  // namespace tsp::tspctl
