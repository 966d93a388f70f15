// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/reload_command.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "adapters/linux/terminal/escape.h"

namespace tsp::tspctl {
namespace {

using nlohmann::json;

// Values are quoted from a file that may hold anything.
std::string text_of(const json& object, const char* name) {
  const json value = object.value(name, json());
  if (value.is_null()) return "as if it were not there";
  return linux_::escape_text(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string error_line(const json& error) {
  std::string line = text_of(error, "file");
  if (!error.value("line", json()).is_null()) line += ':' + text_of(error, "line");
  if (!error.value("key", json()).is_null()) line += ": " + text_of(error, "key");
  return line + ": " + text_of(error, "message") + '\n';
}

std::string plan_text(const json& plan) {
  std::string text;
  for (const json& error : plan.value("errors", json::array())) text += error_line(error);
  const json changes = plan.value("changes", json::array());
  for (const json& change : changes) {
    text += text_of(change, "key") + ": " + text_of(change, "from") + " -> " + text_of(change, "to");
    text += change.value("needs_restart", false) ? " (needs a restart)\n" : "\n";
  }
  return text.empty() ? "nothing changes\n" : text;
}

}  // namespace

Output reload(const ApiClient& client, bool plan, bool as_json) {
  const auto answer = client.call("POST", plan ? "reload?dry_run=true" : "reload");
  if (!answer) return std::unexpected(answer.error());
  std::string output = as_json ? answer->dump(2) + '\n' : plan_text(*answer);
  if (answer->value("possible", false)) return output;
  return std::unexpected(
      Failure{ExitCode::Invalid, "this configuration cannot be taken over by a reload", std::move(output)});
}

}  // namespace tsp::tspctl
