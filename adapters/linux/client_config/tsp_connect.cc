// SPDX-License-Identifier: Apache-2.0
#include "adapters/linux/client_config/quoting.h"
#include "adapters/linux/client_config/tsp_snippets.h"

namespace tsp::linux_ {

std::expected<std::string, std::string> tsp_connect_snippet(const TspFacts& facts) {
  std::string out = "# tsp-connect for account " + quote_comment(facts.login) + ", to be run as root.\n";
  out +=
      "# The broker knows no passwords: write the account's into the password file, and let only root read "
      "it.\n";
  // A name of letters, digits and dots, or an address in brackets; '[' is a pattern for a shell.
  out += "tsp-connect --server " + quote_shell(client::to_text(facts.server));
  // With '=', so that a login may begin with '-'.
  out += " --login=" + quote_shell(facts.login) + " --password-file /etc/tsp-connect.password";
  if (facts.type == TunnelType::V6V4) out += " --type v6v4";
  if (facts.type == TunnelType::V4V6) out += " --type v4v6";
  if (facts.prefix_length) out += " --router " + std::to_string(*facts.prefix_length);
  // A tunnel of GET /nic/update has none. A client needs some to notice that its tunnel is gone.
  if (facts.keepalive_seconds.value_or(0) != 0) out += " --keepalive " + std::to_string(*facts.keepalive_seconds);
  out += '\n';
  if (facts.prefix_length) {
    const char* part = facts.type == TunnelType::V4V6 ? "the whole prefix" : "the first /64 of the prefix";
    out += std::string("# With --lan DEVICE, the LAN gets ") + part + ".\n";
  }
  return out;
}

}  // namespace tsp::linux_
