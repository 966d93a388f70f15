// SPDX-License-Identifier: Apache-2.0
#include "apps/tspctl/lookup_commands.h"

#include "adapters/linux/control/url.h"
#include "apps/tspctl/views.h"

namespace tsp::tspctl {

std::string query_of(const LookupArguments& arguments) {
  std::string query;
  const auto add = [&](const char* name, const std::string& value) {
    query += std::string("&") + name + '=' + linux_::percent_encode(value);
  };
  if (!arguments.address.empty()) add("address", arguments.address);
  if (!arguments.remote.empty()) add("remote", arguments.remote);
  if (arguments.login) add("login", *arguments.login);
  if (!arguments.at.empty()) add("at", arguments.at);
  return query;
}

Output LookupCommands::history(const LookupArguments& arguments) const {
  return show_items(all_of(client_, "history", arguments.entries, query_of(arguments)), "history", json_,
                    history_table);
}

Output LookupCommands::leases(const LookupArguments& arguments) const {
  return show_items(all_of(client_, "leases", SIZE_MAX, query_of(arguments)), "leases", json_, lease_table);
}

Output LookupCommands::reserve(const std::string& login, const std::string& prefix) const {
  return show(client_.call("POST", "leases", {{"login", login}, {"prefix", prefix}}), json_, nothing);
}

Output LookupCommands::release(const std::string& prefix) const {
  return show(client_.call("DELETE", "leases/" + linux_::percent_encode(prefix)), json_, released_text);
}

Output LookupCommands::pools() const {
  return show(client_.call("GET", "pools"), json_, pool_text);
}

}  // namespace tsp::tspctl
