// SPDX-License-Identifier: Apache-2.0
#include "apps/tsp-connect/hook_report.h"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "adapters/linux/terminal/escape.h"

namespace tsp::tsp_connect {
namespace {

using json = nlohmann::ordered_json;

std::string_view operation(linux_::HookEvent event) {
  return event == linux_::HookEvent::Up ? "up" : "down";
}

double seconds(const linux_::HookResult& result) {
  return std::chrono::duration<double>(result.took).count();
}

std::string with_one_decimal(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", number);
  return text;
}

}  // namespace

std::string hook_text(const linux_::HookResult& result) {
  std::string text = "hook " + std::string(operation(result.event)) + ": ";
  text += (result.problem.empty() ? "done" : result.problem) + ", " + with_one_decimal(seconds(result)) + " s\n";
  for (const std::string& line : result.output) text += "  \"" + linux_::escape_text(line) + "\"\n";
  if (result.output_cut) text += "  and more\n";
  return text;
}

std::string hook_json(const linux_::HookResult& result) {
  json object;
  object["event"] = "hook";
  object["operation"] = operation(result.event);
  object["done"] = result.problem.empty();
  object["seconds"] = seconds(result);
  if (!result.problem.empty()) object["detail"] = result.problem;
  object["output"] = result.output;
  if (result.output_cut) object["output_cut"] = true;
  // It may have written any bytes: what is not UTF-8 is replaced.
  return object.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string describe_hook(const linux_::HookOptions& hook) {
  if (hook.program.empty()) return "";
  const std::string_view task =
      hook.configures() ? " to set this host up, and to take it back" : " when the tunnel comes up or goes down";
  return "runs " + hook.program + std::string(task) + "; " + std::to_string(hook.patience.count()) + " s at most\n";
}

}  // namespace tsp::tsp_connect
