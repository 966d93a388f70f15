// SPDX-License-Identifier: Apache-2.0
//
// What a test asks of the simulated host, over the control socket:
//
//   POST /api/v1/test/clock     {"advance_ms": 70000} {"step_wall_ms": -3600000}
//   POST /api/v1/test/store     {"fault": "unavailable", "orders": 3}   (without "orders": for ever; "none": no more)
//   POST /api/v1/test/datapath  {"fault": "failed", "orders": 1} {"lose": "TUNNEL"} {"reset": true}
//   GET  /api/v1/test/datapath  {"tunnels": [{"id", "client", "inner", "confirmed"}]}
//
// Each answers when all that it led to has happened: 200; 400 for what is not understood, 422 for time that is to go
// back.
#pragma once

#include <optional>

#include <asio/io_context.hpp>

#include "adapters/linux/control/api.h"
#include "tools/tspd-sim/simulated_host.h"

namespace tsp::tspd_sim {

// From any thread but the loop's. None: no request of a test.
[[nodiscard]] std::optional<linux_::ApiResponse> answer_test(const linux_::ApiRequest& request, asio::io_context& io,
                                                             SimulatedHost& host);

}  // namespace tsp::tspd_sim
