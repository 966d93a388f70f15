// SPDX-License-Identifier: Apache-2.0
//
// What tsp-connect tells about what it does: for people, or one JSON object a line for programs.
#pragma once

#include <string>
#include <vector>

#include "adapters/linux/client/client_options.h"
#include "core/client/messages.h"

namespace tsp::tsp_connect {

// One or more lines, with line ends. `done`: what was changed on this host for the tunnel that is up. `asked`: what
// the server was asked for.
[[nodiscard]] std::string report_text(const client::Report& report, const std::vector<std::string>& done,
                                      const client::ClientConfig& asked);

// {"event": "tunnel_up", …} and a line end. Names and fields are in docs/operating/tsp-connect.md.
[[nodiscard]] std::string report_json(const client::Report& report, const linux_::HostOptions& host);

// What --check says.
[[nodiscard]] std::string describe(const linux_::ClientOptions& options);

}  // namespace tsp::tsp_connect
