// SPDX-License-Identifier: Apache-2.0
//
// The update of dynamic DNS services, as routers know it, as a function from request to answer: GET /nic/update with
// HTTP basic authentication. docs/operating/nic-update.md describes it.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include <tsp/broker.h>

#include "adapters/linux/http/http_head.h"
#include "adapters/linux/http/http_response.h"

namespace tsp::linux_ {

// The text of each answer begins with the word that routers look for.

// What is to be asked of the core, or the answer at once. `peer`: whose address is meant if none is named.
[[nodiscard]] std::expected<UpdateEndpointRequest, HttpAnswer> read_nic_update(const HttpHead& head,
                                                                               const FourTuple& peer);
// `detail`: from where the tunnel has come to this broker, or why there is none; may be empty.
[[nodiscard]] HttpAnswer answer_of(UpdateOutcome outcome, const UpdateEndpointRequest& request,
                                   const std::string& detail = {});
// Of a source that asks too often.
[[nodiscard]] HttpAnswer too_many_requests();

}  // namespace tsp::linux_
